"""A check of files that have not changed says what it said before, to the byte; of any that has, it is made anew."""

import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plumbline.cli import kept_file, main, replay
from tests.calling import plumb

pytestmark = pytest.mark.slow

Call = Callable[..., tuple[int, str, str]]
EDITS: dict[str, Callable[[Path], object]] = {
    "a comment": lambda root: _append(root / "data/platform.yaml", "# more\n"),
    "a fault": lambda root: _append(root / "data/services/web.yaml", "unheard: of\n"),
    "broken YAML": lambda root: _append(root / "data/networks.yaml", "]\n"),
    "a template": lambda root: (root / "data/config").mkdir(exist_ok=True) or _append(root / "data/config/x.j2", "{{"),
    "an artifact": lambda root: _append(root / "generated.json", " "),
    "an artifact's end": lambda root: shutil.rmtree(root / "docs", ignore_errors=True),
    "a foreign file": lambda root: _append(root / "deploy/foreign.yaml", "a: 1\n"),
    "a service's end": lambda root: (root / "data/services/web.yaml").unlink(missing_ok=True),
    "a port": lambda root: _replace(root / "data/services/web.yaml", "8000", "8001"),
    "the port as it was": lambda root: _replace(root / "data/services/web.yaml", "8001", "8000"),
    "an expression": lambda root: _replace(root / "data/services/web.yaml", "'http'", "'htp'"),
    "a script": lambda root: _replace(root / "data/runbooks/start.yaml", "up -d", "up -d || sh -c 'a; b'"),
    "the same again": lambda root: _append(root / "data/platform.yaml", ""),
}


def _append(file: Path, text: str) -> None:
    if file.parent.is_dir():
        file.write_text((file.read_text() if file.exists() else "") + text)


def _replace(file: Path, old: str, new: str) -> None:
    if file.exists():
        file.write_text(file.read_text().replace(old, new))


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A user's cache that nobody else has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was started and built."""
    root = tmp_path_factory.mktemp("replay")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for words in (["init", "data"], ["build"]):
            patch.setattr(sys, "argv", ["plumb", *words])
            with pytest.raises(SystemExit) as left:
                main()
            assert not left.value.code
    return root


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """`plumb check`; the moment is over at once."""
    monkeypatch.setattr(replay, "MOMENT_NS", 0)
    monkeypatch.setattr(kept_file, "MOMENT_NS", 0)

    def called(root: Path, *words: str) -> tuple[int, str, str]:
        monkeypatch.chdir(root)
        monkeypatch.setattr(sys, "argv", ["plumb", "check", *words])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return called


def kept(root: Path) -> list[Path]:
    return sorted((root / ".cache/plumb/check").glob("*.json"))


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "project"))


def test_the_second_time_nothing_is_checked(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    first = call(project)
    assert len(kept(project)) == 1
    monkeypatch.setattr("plumbline.cli.app.run", lambda: pytest.fail("it was carried out"))
    assert call(project) == first


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=st.lists(st.sampled_from(sorted(EDITS)), min_size=1, max_size=4))
def test_what_is_kept_is_what_a_check_made_anew_says(
    built: Path, call: Call, tmp_path_factory: pytest.TempPathFactory, edits: list[str]
) -> None:
    project = Path(shutil.copytree(built, tmp_path_factory.mktemp("edited") / "project"))
    for edit in edits:
        EDITS[edit](project)
        first, again = call(project), call(project)
        assert first == again == call(project, replay.FRESH), edit


@pytest.mark.slow
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=st.permutations(sorted(EDITS)))
def test_a_process_that_has_kept_answers_says_what_one_without_says(
    built: Path, tmp_path_factory: pytest.TempPathFactory, edits: list[str]
) -> None:
    project = Path(shutil.copytree(built, tmp_path_factory.mktemp("kept") / "project"))
    for edit in edits[:5]:
        EDITS[edit](project)
        kept, fresh = plumb("check", cwd=project), plumb("check", replay.FRESH, cwd=project)
        assert (kept.returncode, kept.stdout, kept.stderr) == (fresh.returncode, fresh.stdout, fresh.stderr), edit


@pytest.mark.parametrize("edit", ["a comment", "a fault", "a foreign file", "an artifact's end"])
def test_any_change_is_seen(project: Path, call: Call, edit: str) -> None:
    words = ["check"]
    call(project)
    before = replay.key_of(words)
    EDITS[edit](project)
    assert replay.key_of(words) not in (None, before)


@pytest.mark.parametrize(
    "file", ["data/services/web.yaml", "data/config/site/x.j2", "data/config/reports/x.j2", "data/stand-ins/venv/x"]
)
def test_a_change_is_seen_beside_a_link_to_nothing_and_below_any_name(project: Path, call: Call, file: str) -> None:
    for folder in ("data", "data/services"):
        (project / folder / ".#lock").symlink_to("u@host.12:34")  # as Emacs makes, of whatever is not saved yet
    (project / file).parent.mkdir(parents=True, exist_ok=True)
    _append(project / file, "")
    words = ["check", "--spec", str(project / "data")]
    before = replay.key_of(words)
    _append(project / file, "# more\n")
    assert replay.key_of(words) not in (None, before)


def test_a_change_is_seen_in_a_spec_of_any_name(project: Path, call: Call) -> None:
    spec = (project / "data").rename(project / "site")
    words = ["check", "--spec", str(spec)]
    before = replay.key_of(words)
    _append(spec / "platform.yaml", "# more\n")
    assert replay.key_of(words) not in (None, before)


def test_what_cannot_be_looked_at_has_no_key(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refused)
    assert replay.key_of(["check", "--spec", str(project / "data")]) is None


def test_a_file_of_this_moment_keeps_nothing(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "MOMENT_NS", 3_600_000_000_000)
    call(project)
    assert kept(project) == []


def test_another_day_another_colour_and_another_format_are_other_calls(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    keys = {replay.key_of(["check"]), replay.key_of(["check", "--format", "json"])}
    monkeypatch.setenv("FORCE_COLOR", "1")
    keys.add(replay.key_of(["check"]))

    class Tomorrow(date):
        @classmethod
        def today(cls) -> "Tomorrow":
            return cls(2999, 1, 1)

    monkeypatch.setattr(replay, "date", Tomorrow)
    keys.add(replay.key_of(["check"]))
    assert len(keys) == 4


@pytest.mark.parametrize("content", ["", "{", "[]", '{"out": 1}', '{"out": "", "err": "", "code": "x"}'])
def test_what_is_broken_is_passed_over(project: Path, call: Call, content: str) -> None:
    first = call(project)
    (file,) = kept(project)
    file.write_text(content)
    assert call(project) == first


def test_only_an_answer_is_kept(project: Path, call: Call) -> None:
    (project / "data/platform.yaml").write_text("[")
    assert call(project)[0] == 2
    assert kept(project) == []


@pytest.mark.parametrize("words", [["build"], ["check", "-vv"], ["check", "--help"], ["check", "--spec", "/none/x"]])
def test_other_calls_have_no_key(words: list[str]) -> None:
    assert replay.key_of(words) is None
