"""`plumb check --watch`: an answer after each save, whatever the last one was."""

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue

import pytest

from plumbline.cli.check_watch import files_in
from tests.calling import ROOT, RUN, plumb

WAITING = "waiting for a change"
Watching = Callable[[], list[str]]


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """The spec of `plumb init`."""
    assert plumb("init", "data", cwd=tmp_path).returncode == 0
    return tmp_path / "data"


@pytest.fixture
def watching(spec: Path) -> Iterator[Watching]:
    """A watch; what it said since the last call, up to its waiting."""
    process = subprocess.Popen(
        [*RUN, "check", "--watch"],
        cwd=spec.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: Queue[str] = Queue()
    assert process.stdout
    output = process.stdout

    def read() -> None:
        for line in output:
            lines.put(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()

    def said() -> list[str]:
        found = [lines.get(timeout=120)]
        while WAITING not in found[-1]:
            found.append(lines.get(timeout=120))
        return found

    try:
        yield said
    finally:
        process.terminate()  # who runs the tests in the background has interrupts ignored
        process.wait(120)
        reader.join()
        output.close()


def test_each_save_is_answered_and_a_wrong_one_ends_nothing(spec: Path, watching: Watching) -> None:
    web = spec / "services/web.yaml"
    sound = web.read_text()
    assert "no finding" in "".join(watching())
    web.write_text(sound.replace("needs: {db: sql}", "needs: {dbb: sql}"))
    assert "there is no service `dbb`" in "".join(watching())
    web.write_text("a: [\n")
    assert "PLB001" in "".join(watching())
    other = web.with_name("new.yaml~")
    other.write_text(sound)
    other.replace(web)  # as editors save
    assert "no finding" in "".join(watching())


def test_what_counts_as_a_change(tmp_path: Path) -> None:
    (tmp_path / "services").mkdir()
    file = tmp_path / "services/web.yaml"
    before = files_in(tmp_path)
    file.write_text("a: 1\n")
    assert (made := files_in(tmp_path)) != before
    (tmp_path / "link").symlink_to(tmp_path / "services")
    assert (linked := files_in(tmp_path)).keys() - made.keys() == {str(tmp_path / "link")}
    file.unlink()
    assert files_in(tmp_path) != linked
    assert files_in(tmp_path / "none") == {}
