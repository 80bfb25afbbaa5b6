"""How the tests themselves are run: progress, and live tests that are left out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
MODULE = """
import pytest

def test_good(): pass

def test_bad(): assert 1 == 2

@pytest.mark.live
def test_left_out(): pytest.skip("no engine")

@pytest.fixture
def broken(): raise RuntimeError("no fixture")

def test_without_its_fixture(broken): pass
"""


def small_run(folder: Path, *options: str, **environment: str) -> list[str]:
    """The lines that a run of the small module prints."""
    (folder / "test_small.py").write_text(MODULE)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -q -ra\nmarkers = live: needs an engine\n")
    plugins = ("tests.workers", "tests.progress", "tests.lab.fixtures")
    call = [
        sys.executable,
        "-m",
        "pytest",
        *(word for name in plugins for word in ("-p", name)),
        "--progress",
        *options,
    ]
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "PYTEST_ADDOPTS")}
    kept = {name: value for name, value in kept.items() if not name.startswith("PYTEST_XDIST")}
    done = subprocess.run(
        call,
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("options", [[], ["--numprocesses=2", "--dist=loadscope"]], ids=["one worker", "two workers"])
def test_a_module_has_its_line_a_failure_comes_at_once_and_the_summary_is_last(
    tmp_path: Path, options: list[str]
) -> None:
    lines = small_run(tmp_path, *options)
    text = "\n".join(lines)
    at_once = next(number for number, line in enumerate(lines) if line.startswith("FAILED test_small.py::test_bad"))
    module = next(number for number, line in enumerate(lines) if line.startswith("test_small.py: "))
    summary = next(number for number, line in enumerate(lines) if "= FAILURES =" in line)
    assert at_once < module < summary or max(at_once, module) < summary
    assert "assert 1 == 2" in lines[at_once]
    assert "1 passed" in lines[module] and "2 failed" in lines[module] and "1 skipped" in lines[module], text
    assert lines[-1].startswith("1 failed, 1 passed, 1 skipped, 1 error in "), text


def test_a_live_test_that_is_skipped_has_failed_in_ci(tmp_path: Path) -> None:
    lines = small_run(tmp_path, CI="true")
    assert lines[-1].startswith("2 failed, 1 passed, 1 error in "), lines
    assert any("a live test must not be skipped with CI set" in line and "no engine" in line for line in lines)


LIVE_MODULE = """
import os, pathlib, pytest, time

BESIDE = pathlib.Path("beside")
WORKER = os.environ["PYTEST_XDIST_WORKER"]

@pytest.fixture
def lab(): return {}

@pytest.fixture
def releases(lab): return {}

@pytest.mark.parametrize("number", range(4))
def test_at_the_lab(number, lab):
    print("LAB in", WORKER)
    for _ in range(600):
        if BESIDE.exists():
            return
        time.sleep(0.05)
    BESIDE.touch()
    pytest.fail("nothing runs beside")

@pytest.mark.live
@pytest.mark.parametrize("number", range(4))
def test_on_an_engine_of_its_own(number, releases):
    print("OWN in", WORKER)
    BESIDE.touch()

@pytest.mark.parametrize("number", range(4))
def test_other(number): pass
"""


def test_each_lane_has_a_worker_and_both_run_at_once(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"test_live_{number}.py").write_text(LIVE_MODULE)
    lines = small_run(tmp_path, "--numprocesses=2", "--dist=loadscope", "--no-loadscope-reorder", "-rP")
    where = [line for line in lines if line.startswith(("LAB in ", "OWN in "))]
    assert len(where) == 32
    assert {line[:3] for line in {*where}} == {"LAB", "OWN"} and len({*where}) == 2
    assert len({line[-3:] for line in {*where}}) == 2
    assert "49 passed" in lines[-1], lines[-1]
