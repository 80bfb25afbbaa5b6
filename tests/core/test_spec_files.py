"""Reading a spec's folder: what cannot be part of a spec gives one clear error, fast."""

import errno
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from plumbline.spec.finding import InputError
from plumbline.spec.loading import load_spec
from plumbline.spec.spec_files import read_spec_files


def _too_large(folder: Path) -> None:
    with (folder / "networks.yaml").open("wb") as stream:
        stream.truncate(100 * 1024 * 1024)


def _link_out(folder: Path) -> None:
    (folder / "networks.yaml").symlink_to("/etc/hostname")


def _link_loop(folder: Path) -> None:
    (folder / "networks.yaml").symlink_to("networks.yaml")


def _directory(folder: Path) -> None:
    (folder / "networks.yaml").mkdir()


def _not_utf8(folder: Path) -> None:
    (folder / "networks.yaml").write_bytes(b"a: \xff\n")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "networks.yaml")


def _deep(folder: Path) -> None:
    (folder / "networks.yaml").write_text("[" * 1000 + "]" * 1000)


def _aliases(folder: Path) -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    lines += [f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]" for n in range(9)]
    (folder / "networks.yaml").write_text("\n".join(lines))


def _empty(folder: Path) -> None:
    (folder / "networks.yaml").write_text("")


HOSTILE = [_too_large, _link_out, _link_loop, _directory, _not_utf8, _pipe, _deep, _aliases, _empty]


HANG_S = 300
"""Only for what waits for ever, such as a read of a pipe: how busy the machine is must not decide."""


def _limited() -> None:
    """Memory, and seconds of the processor's time, after which the kernel ends the process."""
    resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))


@pytest.mark.slow
@pytest.mark.parametrize("spoil", HOSTILE, ids=lambda spoil: spoil.__name__.strip("_"))
def test_hostile_file_ends_in_one_error(spoil: Callable[[Path], None], starter: Path) -> None:
    (starter / "networks.yaml").unlink()
    spoil(starter)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from plumbline.cli import main; main()",
            "--spec",
            str(starter),
            "check",
            "--no-drift",
        ],
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
        preexec_fn=_limited,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "networks.yaml" in done.stdout
    assert "1 error" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # the processor's time: what else the machine does must not count
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 4


@pytest.mark.parametrize(
    ("name", "way"), [("config/web/ca.der", True), ("config/web/x.conf.j2", True), ("networks.yaml", False)]
)
def test_a_binary_file_below_config_is_refused_with_another_way(name: str, way: bool, starter: Path) -> None:
    (starter / name).parent.mkdir(parents=True, exist_ok=True)
    (starter / name).write_bytes(b"0\x82\x01\x0a\xff")
    with pytest.raises(InputError) as raised:
        read_spec_files(starter)
    (finding,) = raised.value.findings
    assert finding.message == "is not UTF-8: byte 2 is 0x82"
    assert ("`mounts`" in (finding.hint or "")) == way


def test_a_missing_folder_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_spec_files(tmp_path / "nothing")


@pytest.mark.parametrize(
    "name",
    [
        ".#networks.yaml",
        "services/.web.yaml.swp",
        "services/web.yaml~",
        "config/web/.web.yml.j2.swp",
        "config/web/__pycache__/env.pyc",
        ".DS_Store",
        "__pycache__/a.yaml",
        "stand-ins/web/compose.yaml",
    ],
)
def test_what_editors_and_tools_leave_is_passed_over(name: str, starter: Path) -> None:
    before = read_spec_files(starter)
    (starter / name).parent.mkdir(parents=True, exist_ok=True)
    (starter / name).write_bytes(b"\xff")
    assert read_spec_files(starter) == before


@pytest.mark.parametrize("name", ["networks.yml", "services/a.YAML", "services/more/a.yaml", "others/a.yaml"])
def test_what_looks_like_a_part_of_the_spec_is_never_passed_over(name: str, starter: Path) -> None:
    (starter / name).parent.mkdir(exist_ok=True)
    (starter / name).write_text("a: 1\n")
    _, findings = load_spec(read_spec_files(starter))
    assert [finding.location.file for finding in findings if finding.location] == [name]


def test_a_file_in_place_of_a_folder_is_said(starter: Path) -> None:
    shutil.rmtree(starter / "runbooks")
    (starter / "runbooks").write_text("")
    _, findings = load_spec(read_spec_files(starter))
    assert [finding.hint for finding in findings] == ["`runbooks` is a folder, with a file for each ID"]


def test_a_folder_that_cannot_be_read_is_said(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = os.scandir

    def refused(path: str) -> object:
        if str(path).endswith("services"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return scan(path)

    # the tests may run as root, who may read everything
    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        read_spec_files(starter)


def test_a_folder_that_may_be_listed_and_not_entered_is_no_link(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entered = Path.resolve

    def resolve(path: Path, strict: bool = False) -> Path:
        if path.parent.name == "services":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return entered(path, strict)

    monkeypatch.setattr(Path, "resolve", resolve)
    with pytest.raises(InputError) as refused:
        read_spec_files(starter)
    assert {finding.message for finding in refused.value.findings} == {"cannot be read: Permission denied"}


@pytest.mark.parametrize(
    "stem", ["a;b", "$(id)", "a b", "serving.old", "Web", "-x", "*", "a_b", "s\u0435rving", "a" * 64]
)
def test_the_name_of_a_file_is_an_id(stem: str, starter: Path) -> None:
    (starter / f"services/{stem}.yaml").write_bytes((starter / "services/web.yaml").read_bytes())
    _, findings = load_spec(read_spec_files(starter))
    assert [(each.rule, each.location.file) for each in findings if each.location] == [
        ("PLB006", f"services/{stem}.yaml")
    ]
