"""`plumb update plan` on files and folders: a plan, or what is wrong and what to do; never a traceback."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from plumbline.bundle import manifest
from schema.bundle import BundledImage
from tests.bundle.small import described

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
    assert "second copy   intake-gateway: one at a time, at most 512 MiB more meanwhile" in done.stdout
    assert "refused" not in done.stdout
    assert "Switch service by service: intake-gateway" in done.stdout
    assert "stays" in done.stdout and "postgres" in done.stdout


def test_as_json_it_says_the_same(newer: Path) -> None:
    told = json.loads(call("deploy/offline", newer.parent, "--format", "json").stdout)
    assert [each["service"] for each in told["plans"][0]["changes"]] == ["intake-gateway"]
    assert {each["rule"] for each in told["findings"]} == {"PLB990"}


def test_the_folder_of_a_mode_gives_a_plan_for_each_role() -> None:
    done = call("deploy/online", "deploy/online", "--format", "json")
    assert [each["role"] for each in json.loads(done.stdout)["plans"]] == ["control", "db", "gateway", "worker"]


def test_the_manifest_of_an_installation_says_more(tmp_path: Path) -> None:
    """Of images without a digest, of models, and which release it is."""
    for release, image in (("1.0", "0"), ("1.1", "1")):
        folder = tmp_path / release
        folder.mkdir()
        shutil.copy(ROOT / "deploy/offline/release.json", folder)
        digest = f"sha256:{image * 64}"
        worker = BundledImage(
            image="w",
            name="docpipe/worker:v1.0",
            config=digest,
            manifest=digest,
            index=None,
            origin="engine",
            size=1,
            stand_in=None,
        )
        content = {"models/clamav/main.cvd": image.encode()}
        (folder / "MANIFEST.json").write_bytes(manifest.text_of(described(content, release, images=(worker,))))
    told = json.loads(call(tmp_path / "1.0", tmp_path / "1.1", "--format", "json").stdout)["plans"][0]
    assert (told["old"], told["new"]) == ("1.0", "1.1")
    reasons = {each["service"]: each["reasons"] for each in told["changes"]}
    assert reasons["parse-worker"] == ["image docpipe/worker:v1.0: different content"]
    assert reasons["clamav"] == ["model files in models/clamav"]
    assert {"embed-worker", "policy-engine"} <= reasons.keys() and "serving" not in reasons
    (tmp_path / "1.1" / "MANIFEST.json").write_text("{}")
    done = call(tmp_path / "1.0", tmp_path / "1.1")
    assert (done.returncode, "error PLB965 is not a manifest" in done.stdout + done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("deploy/offline", "docs", 2, "docs:1:1: error PLB965 contains no release.json"),
        ("deploy/offline", "nowhere", 2, "error PLB965 can't be read: No such file"),
        ("deploy/offline", "README.md", 2, "error PLB965 contains no facts of a release"),
        ("deploy/offline", "deploy/online", 2, "error PLB966 the releases have no deployment in common"),
        ("deploy/offline", "deploy/online/db", 1, "error PLB966 the releases are of mode offline and online"),
    ],
)
def test_a_wrong_call_is_told(old: str, new: str, code: int, said: str) -> None:
    done = call(old, new)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
