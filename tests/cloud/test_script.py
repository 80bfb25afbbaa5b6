"""The standalone script and `plumb provision`, as their users call them, on a fake project."""

import ast
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.cloud import names, project

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy/online/provision.py"
ACME = (SCRIPT, "--tenant", "acme")


def environment(cloud: Any, folder: Path) -> dict[str, str]:
    """Where the API is, the token, and no waiting."""
    return {
        "PATH": os.environ["PATH"],
        "HCLOUD_ENDPOINT": cloud.endpoint,
        "HCLOUD_TOKEN": cloud.token,
        "HCLOUD_POLL_SECONDS": "0",
        "XDG_STATE_HOME": str(folder / "state"),
    }


def call(cloud: Any, folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """A call of Python in a folder."""
    return ran(cloud, folder, sys.executable, *words)


def ran(cloud: Any, folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """A program in a folder, in front of a project."""
    return subprocess.run(
        [*map(str, words)],
        cwd=folder,
        env=environment(cloud, folder),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_the_script_needs_hcloud_alone() -> None:
    tree = ast.parse(SCRIPT.read_text())
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported - set(sys.stdlib_module_names) == {"hcloud", "requests"}, "hcloud brings requests along"


@pytest.mark.slow
def test_plan_apply_status_destroy(tmp_path: Path) -> None:
    with project() as cloud:
        planned = call(cloud, tmp_path, *ACME)
        assert planned.returncode == 4, planned.stderr
        assert "+ server tenant-acme-db-1: make, cx23  +5.99 a month" in planned.stdout
        assert not cloud.objects("servers")
        applied = call(cloud, tmp_path, *ACME, "apply", "--yes")
        assert applied.returncode == 0, applied.stderr
        assert applied.stdout.endswith("nothing to do: everything matches the spec\n")
        assert call(cloud, tmp_path, *ACME, "plan").returncode == 0
        assert "server           tenant-acme-db-1" in call(cloud, tmp_path, *ACME, "status").stdout
        kept = call(cloud, tmp_path, *ACME, "destroy", "--yes")
        assert kept.returncode == 1
        assert (
            "kept: volume tenant-acme-data, it holds data and is protected from deletion; --allow tenant-acme-data deletes it"
            in kept.stdout
        )
        allowed = ["--allow", "tenant-acme-data", "--allow", "tenant-acme-private"]
        assert call(cloud, tmp_path, *ACME, "destroy", "--yes", *allowed).returncode == 0
        assert not names(cloud)
        everything = "".join(done.stdout + done.stderr for done in (planned, applied, kept))
        assert cloud.token not in everything + (tmp_path / "state/plumbline/provision-acme.jsonl").read_text()


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_where_it_was(tmp_path: Path) -> None:
    with project(latency=0.005) as cloud:
        for seconds in (0.9, 1.1, 1.4):
            killed = subprocess.Popen(
                [sys.executable, *map(str, ACME), "apply", "--yes"],
                cwd=tmp_path,
                env=environment(cloud, tmp_path),
                stdout=subprocess.DEVNULL,
            )
            time.sleep(seconds)
            killed.send_signal(signal.SIGKILL)
            killed.wait()
            call(cloud, tmp_path, *ACME, "unlock", "--yes")
        done = call(cloud, tmp_path, *ACME, "apply", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        assert max(names(cloud)[name] for name in names(cloud) if name != "primary_ip") == 1
        assert call(cloud, tmp_path, *ACME).returncode == 0


@pytest.mark.slow
def test_plumb_provision_does_the_same_for_all_tenants(tmp_path: Path) -> None:
    plumb = ["-m", "plumbline", "--spec", ROOT / "data", "provision"]
    with project() as cloud:
        applied = call(cloud, tmp_path, *plumb, "apply", "--all", "--yes")
        assert applied.returncode == 0, applied.stdout + applied.stderr
        assert applied.stdout.splitlines()[-1] == "2 of 2 tenants done"
        assert call(cloud, tmp_path, *ACME).returncode == 0, "both do the same"
        assert (
            json.loads((tmp_path / "state/plumbline/provision-globex.jsonl").read_text().splitlines()[-1])["step"]
            == "end"
        )
        assert call(cloud, tmp_path, *plumb, "plan", "--all").returncode == 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["plan"], 2, "which tenant?"),
        (["plan", "--tenant", "nobody"], 2, "there is no tenant 'nobody'; the spec has acme, globex"),
        (["apply", "--tenant", "acme", "--yes", "--token-file", "missing"], 2, "cannot be read"),
        (["apply", "--tenant", "acme"], 2, "no terminal to confirm at"),
        (["plan", "--tenant", "acme", "--allow", "tenant-acme-dta"], 2, "did you mean tenant-acme-data?"),
    ],
)
def test_wrong_calls_say_what_is_wrong(tmp_path: Path, words: list[str], code: int, says: str) -> None:
    with project() as cloud:
        done = call(cloud, tmp_path, "-m", "plumbline", "--spec", ROOT / "data", "provision", *words)
        assert done.returncode == code
        assert says in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_a_wrong_token_and_no_token(tmp_path: Path) -> None:
    with project() as cloud:
        none = subprocess.run(
            [sys.executable, *map(str, ACME)],
            cwd=tmp_path,
            env={"PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert none.returncode == 3
        cloud.token = "another"
        wrong = subprocess.run(
            [sys.executable, *map(str, ACME)],
            cwd=tmp_path,
            env={**environment(cloud, tmp_path), "HCLOUD_TOKEN": "stale"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert wrong.returncode == 1
        assert wrong.stderr.startswith("failed: ")
        assert "Traceback" not in wrong.stderr
