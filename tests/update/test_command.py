"""`plumb update plan` on files and folders: a plan, or what is wrong and what to do; never a traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def call(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plumbline", "update", "plan", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The shipped offline release with another gateway."""
    text = (ROOT / "deploy/offline/release.json").read_text()
    file = tmp_path / "release.json"
    lines = text.splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith('"intake-gateway"'))
    entry = json.loads("{" + lines[at].removesuffix(",") + "}")["intake-gateway"]
    lines[at] = lines[at].replace(entry["entry"], "1" * 64)
    file.write_text("\n".join(lines) + "\n")
    return file


def test_it_says_what_is_made_anew_and_what_clients_see(newer: Path) -> None:
    done = call("deploy/offline", newer)
    assert done.returncode == 0, done.stderr
    assert "made anew     intake-gateway: its entry in the compose file" in done.stdout
    assert "clients of 127.0.0.1:8080 are refused until it answers again" in done.stdout
    assert "Switch service by service: intake-gateway" in done.stdout
    assert "stays" in done.stdout and "postgres" in done.stdout


def test_as_json_it_says_the_same(newer: Path) -> None:
    told = json.loads(call("deploy/offline", newer.parent, "--format", "json").stdout)
    assert [each["service"] for each in told["plans"][0]["changes"]] == ["intake-gateway"]
    assert {each["rule"] for each in told["findings"]} == {"PLB990"}


def test_the_folder_of_a_mode_gives_a_plan_for_each_role() -> None:
    done = call("deploy/online", "deploy/online", "--format", "json")
    assert [each["role"] for each in json.loads(done.stdout)["plans"]] == ["control", "db", "gateway", "worker"]


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("deploy/offline", "docs", 2, "docs:1:1: error PLB965 holds no release.json"),
        ("deploy/offline", "nowhere", 2, "error PLB965 can't be read: No such file"),
        ("deploy/offline", "README.md", 2, "error PLB965 holds no facts of a release"),
        ("deploy/offline", "deploy/online", 2, "error PLB966 no deployment is in both releases"),
        ("deploy/offline", "deploy/online/db", 1, "error PLB966 the releases are of mode offline and online"),
    ],
)
def test_a_wrong_call_is_told(old: str, new: str, code: int, said: str) -> None:
    done = call(old, new)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
