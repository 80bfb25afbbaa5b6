"""Reading a spec's folder: what cannot be part of a spec gives one clear error, fast."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from plumbline.finding import InputError
from plumbline.spec_files import read_spec_files


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
        timeout=30,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000)),
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "networks.yaml" in done.stdout
    assert "1 error" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # the processor's time: what else the machine does must not count
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 4


def test_a_missing_folder_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_spec_files(tmp_path / "nothing")
