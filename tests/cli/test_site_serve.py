"""`plumb site serve`: a saved file of the spec is seen in the browser."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.calling import ROOT, plumb
from tests.gateway.standing import free_ports

pytestmark = pytest.mark.slow
HANG_S = 120
_browser = build_opener(ProxyHandler({}))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    assert plumb("init", "data", cwd=tmp_path).returncode == 0
    assert plumb("build", cwd=tmp_path).returncode == 0
    return tmp_path


@pytest.fixture
def served(project: Path) -> Iterator[str]:
    """The address that the program serves at; what it says is in the file `said`."""
    (port,) = free_ports(1)  # MkDocs does not say which it took
    call = [sys.executable, "-m", "plumbline", "site", "serve", "--address", f"127.0.0.1:{port}"]
    said = project / "said"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with (
        said.open("w") as out,
        subprocess.Popen(call, cwd=project, env=environment, stdout=out, stderr=out, start_new_session=True) as program,
    ):
        try:
            yield f"http://127.0.0.1:{port}/"
        finally:
            os.killpg(program.pid, signal.SIGINT)
            program.wait(HANG_S)


def until(found: Callable[[], str]) -> str:
    """What is found, as soon as it is not empty."""
    end = time.monotonic() + HANG_S
    while time.monotonic() < end:
        if text := found():
            return text
        time.sleep(0.1)
    raise AssertionError("it did not come")


def test_a_change_of_the_spec_is_served_and_a_wrong_one_is_told(project: Path, served: str) -> None:
    def page() -> str:
        try:
            # MkDocs answers when it has built
            return str(_browser.open(served, timeout=HANG_S).read().decode())
        except OSError:
            return ""

    platform = project / "data" / "platform.yaml"
    right = platform.read_text()
    title = re.search(r"^title: (.*)$", right, re.MULTILINE)
    assert title
    until(lambda: page() if title[1] in page() else "")
    platform.write_text(right.replace(title[1], "Quite another"))
    until(lambda: page() if "Quite another" in page() else "")
    platform.write_text(right.replace(title[1], "Never shown") + "unheard: of\n")
    until(lambda: "told" if "unheard" in (project / "said").read_text() else "")
    assert "Never shown" not in page()
    platform.write_text(right)
    until(lambda: page() if title[1] in page() else "")
