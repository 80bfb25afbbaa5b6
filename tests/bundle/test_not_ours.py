"""What another installation, an operator or a user made: a script neither takes it over, nor stumbles over its name."""

import subprocess
from pathlib import Path

import pytest

from plumbline.bundle import manifest
from tests.bundle.bench_host import BenchHost
from tests.bundle.small import described
from tests.bundle.swapping import good_files, trusting
from tests.bundle.tampering import Keys, signed
from tests.bundle.test_tired import answer, asked, bench, export, pytestmark

__all__ = ["bench", "pytestmark"]
ELSEWHERE = "'ps --all'*working_dir*"
ODD = [
    "SHA256SUMS",
    "ends in a blank ",
    " begins with one",
    "back\\slash",
    "two\nlines",
    "-rf",
    "*",
    "ünï",
    "'",
    '"$(id)"',
]


@pytest.fixture
def bundle(bench: BenchHost, keys: Keys) -> Path:
    (bench.folder / "bundle").write_bytes(signed(keys.publisher, good_files()))
    return bench.folder / "bundle"


class TestAnotherInstallation:
    """Compose knows the project by its name alone: with a slip in --home it would take over what runs."""

    @pytest.mark.parametrize("script", ["install", "uninstall", "rollback", "restore", "export"])
    def test_its_containers_are_not_touched(
        self, script: str, bench: BenchHost, bundle: Path, keys: Keys, tmp_path: Path
    ) -> None:
        other = bench.folder / "other"
        other.mkdir()
        answer(bench, ELSEWHERE, f"echo '{other}'")
        words: dict[str, list[str | Path]] = {
            "install": [*trusting(keys.publisher), bundle],
            "restore": [export(bench)],
            "export": [tmp_path],
        }
        done = bench.run(script, *words.get(script, []))
        assert (done.returncode, f"containers of docpipe-offline belong to {other}" in done.stderr) == (3, True), (
            done.stderr
        )
        assert not [call for call in asked(bench) if call.startswith("compose --project") or call.startswith("load")]

    @pytest.mark.parametrize("script", ["install", "uninstall"])
    def test_the_same_folder_by_another_name_is_the_same(
        self, script: str, bench: BenchHost, bundle: Path, keys: Keys
    ) -> None:
        (bench.folder / "link").symlink_to(bench.home)
        answer(bench, ELSEWHERE, f"echo '{bench.folder}/link'")
        done = bench.run(script, *([*trusting(keys.publisher), bundle] if script == "install" else []))
        assert done.returncode == 0, done.stderr

    def test_its_data_is_not_met_with_new_secrets(self, bench: BenchHost, bundle: Path, keys: Keys) -> None:
        answer(bench, "'volume ls'*", "echo docpipe-offline_pgdata")
        done = bench.run("install", "--home", bench.folder / "new", *trusting(keys.publisher), bundle)
        assert (done.returncode, "its secrets are not in" in done.stderr) == (3, True), done.stderr
        assert not (bench.folder / "new" / "secrets").exists()
        assert not [call for call in asked(bench) if call.startswith("load")]


class TestFilesOfAnOperator:
    """A slip in --home, or a name that a later release brings too."""

    @pytest.mark.parametrize("name", ["site/notes.txt", "scripts/mine.sh", "compose.yaml", ".env.example"])
    def test_a_first_installation_replaces_and_removes_nothing(
        self, name: str, bench: BenchHost, bundle: Path, keys: Keys
    ) -> None:
        home = bench.folder / "mine"
        (home / name).parent.mkdir(parents=True)
        (home / name).write_text("mine")
        done = bench.run("install", "--home", home, *trusting(keys.publisher), bundle)
        assert (
            done.returncode,
            f"{home}/{name.split('/', maxsplit=1)[0]} is there, and no release brought it" in done.stderr,
        ) == (
            3,
            True,
        ), done.stderr
        assert (home / name).read_text() == "mine"

    def test_nor_does_a_later_release(self, bench: BenchHost, keys: Keys) -> None:
        (bench.home / "notes").mkdir()
        (bench.home / "notes" / "mine").write_text("mine")
        more = good_files() | {"deployment/notes/new": b"theirs\n"}
        (bench.folder / "bundle").write_bytes(signed(keys.publisher, more, release="1.1"))
        done = bench.run("install", *trusting(keys.publisher), bench.folder / "bundle")
        assert (done.returncode, "notes is there, and no release brought it" in done.stderr) == (3, True), done.stderr
        assert (bench.home / "notes" / "mine").read_text() == "mine"


class TestNamesOfUsers:
    """A document is called what its user called it."""

    @pytest.mark.parametrize("name", ODD)
    def test_what_was_exported_can_be_put_back(self, name: str, bench: BenchHost, tmp_path: Path) -> None:
        (bench.folder / "name").write_text(name)
        text = (bench.folder / "bin" / "docker").read_text()
        made = f"""folder=$(printf '%s\\n' "$*" | sed -n 's/.*--volume \\([^:]*\\):.export .*/\\1/p')
        [ -z "$folder" ] || {{ mkdir "$folder/bucket"; echo x > "$folder/bucket/$(cat '{bench.folder}/name'; printf .)"
        for made in "$folder/bucket"/*. "$folder/bucket"/.*.; do [ ! -f "$made" ] || mv -- "$made" "${{made%.}}"; done; }}
        case "$*" in"""
        bench.stub("docker", text.replace('case "$*" in', made, 1))
        done = bench.run("export", tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        (file,) = tmp_path.glob("*.tar.zst")
        assert (
            name
            in subprocess.run(
                ["tar", "--zstd", "-tf", file, "--quoting-style=literal"], capture_output=True, text=True, check=True
            ).stdout
        )
        told = bench.run("restore", "--dry-run", file)
        assert (told.returncode, "the export is whole" in told.stdout) == (0, True), told.stdout + told.stderr


@pytest.mark.parametrize("other", [{"platform": "another"}, {"mode": "another"}])
def test_an_export_of_another_system_replaces_nothing(other: dict[str, str], bench: BenchHost) -> None:
    file = export(bench)
    subprocess.run(["rm", "-r", bench.folder / "content"], check=True)
    content = manifest.text_of(described(good_files(), **other))
    script = """mkdir content; cd content; zstd -dcq ../export | tar -xf -; cat > RELEASE.json
        find . -type f ! -name SHA256SUMS | sort | xargs sha256sum > SHA256SUMS; tar -cf - . | zstd -qf -o ../export"""
    subprocess.run(["sh", "-ec", script], cwd=bench.folder, input=content, check=True)
    done = bench.run("restore", file)
    assert (done.returncode, "it is of another" in done.stderr) == (1, True), done.stdout + done.stderr
    assert not [call for call in asked(bench) if " exec " in call or " run " in call]


def test_a_medium_whose_name_ends_in_a_blank_is_read(bench: BenchHost, bundle: Path, keys: Keys) -> None:
    bundle.rename(bench.folder / "bundle ")
    for script in ("verify", "install"):
        done = bench.run(script, *trusting(keys.publisher), bench.folder / "bundle ")
        assert done.returncode == 0, (script, done.stderr)


@pytest.mark.parametrize("home", ["plain", "-opt", "a b/c*d", "-rf", "../x"])
def test_a_folder_may_be_named_in_any_way(home: str, bench: BenchHost, bundle: Path, keys: Keys) -> None:
    calls: list[tuple[str, list[str | Path]]] = [
        ("install", [*trusting(keys.publisher), bundle]),
        ("uninstall", ["--delete-data", "docpipe"]),
    ]
    for script, words in calls:
        (bench.folder / home).mkdir(parents=True, exist_ok=True)
        done = bench.run(script, "--home", home, "--state", "-state", *words)
        assert done.returncode == 0, (script, done.stdout[-500:], done.stderr)
    assert not (bench.folder / home).exists()
    assert (bench.home / "MANIFEST.json").exists()


class TestAnEngineThatFails:
    """What was not answered is no answer."""

    @pytest.mark.parametrize(
        ("script", "pattern"),
        [("install", ELSEWHERE), ("install", "'volume ls'*"), ("uninstall", ELSEWHERE), ("restore", ELSEWHERE)],
    )
    def test_to_say_what_is_there_stops_before_anything_is_done(
        self, script: str, pattern: str, bench: BenchHost, bundle: Path, keys: Keys
    ) -> None:
        home = bench.folder / "new" if pattern.startswith("'volume") else bench.home
        answer(bench, pattern, "exit 1")
        words: dict[str, list[str | Path]] = {
            "install": [*trusting(keys.publisher), bundle],
            "restore": [export(bench)],
        }
        done = bench.run(script, "--home", home, *words.get(script, []))
        assert (done.returncode, "the engine does not say which" in done.stderr) == (3, True), done.stderr
        assert not [call for call in asked(bench) if call.startswith(("compose --project", "load"))]

    @pytest.mark.parametrize("text", ["exit 1", "printf '%s\\n' 'first gone' 'second web'"])
    def test_to_remove_what_a_release_no_longer_has_is_no_success(
        self, text: str, bench: BenchHost, bundle: Path, keys: Keys
    ) -> None:
        answer(bench, "'ps --all'*'{{.ID}} '*", text)
        answer(bench, "'rm first'", "exit 1")
        done = bench.run("install", *trusting(keys.publisher), bundle)
        assert (done.returncode, "stopped in step switch" in done.stderr) == (4, True), done.stderr

    def test_to_remove_an_image_is_said(self, bench: BenchHost) -> None:
        answer(bench, "'image rm'*", "exit 1")
        done = bench.run("uninstall")
        assert (done.returncode, "these images stay" in done.stdout) == (0, True), done.stdout


def test_a_folder_that_could_not_be_looked_at_is_not_safe(bench: BenchHost, bundle: Path, keys: Keys) -> None:
    bench.stub("find", '#!/bin/sh\ncase "$*" in *-perm*) exit 1 ;; esac\nexec REAL "$@"\n')
    done = bench.run("install", *trusting(keys.publisher), bundle)
    assert (done.returncode, "can not be looked at" in done.stderr) == (3, True), done.stderr


@pytest.mark.parametrize("missing", ["cmp", "find"])
@pytest.mark.parametrize("script", ["verify", "install", "uninstall", "export", "restore"])
def test_a_program_that_is_missing_is_no_verdict_on_a_medium(
    missing: str, script: str, bench: BenchHost, bundle: Path, keys: Keys, tmp_path: Path
) -> None:
    """What compares two files is not on every host."""
    words: dict[str, list[str | Path]] = {"restore": [export(bench)], "export": [tmp_path], "uninstall": []}
    programs = tmp_path / "programs"
    programs.mkdir()
    for folder in (bench.folder / "bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"):
        for each in Path(folder).iterdir():
            if each.name != missing and not (programs / each.name).exists():
                (programs / each.name).symlink_to(each)
    done = bench.run(script, *words.get(script, [*trusting(keys.publisher), bundle]), PATH=str(programs))
    assert (done.returncode, f"{missing} is not installed" in done.stderr) == (3, True), done.stderr
