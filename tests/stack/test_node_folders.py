"""Folders that the engine keeps for root: who may read them, and a stand-in that refuses to start where its user may not."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plumbline.effective.deployment import services_of
from plumbline.effective.node_folders import ENTER, READ, has_rights
from plumbline.spec.spec import Spec
from plumbline.stack import scratch
from plumbline.stack.layout import nodes_of
from plumbline.stack.project import HOST_FOLDER, ComposeProject
from plumbline.stack.stand_ins import contract_of
from plumbline.stack.stub.contract_stub import broken
from schema.service import Service
from tests.rules.edited import DATA

LOGS, LOGS_TARGET = "/var/lib/docker/containers", "/var/log/containers"
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else")


@pytest.fixture(autouse=True)
def called_without_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in takes its own words for a command; these would be pytest's."""
    monkeypatch.setattr(sys, "argv", ["stub"])


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that everybody can reach: pytest's own are closed."""
    with tempfile.TemporaryDirectory(prefix="plumb-node-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def running_as(user: str) -> Iterator[None]:
    """This process as another user, without that user's groups and, for the kernel, without any capability."""
    uid, gid = map(int, user.split(":"))
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def service(user: str, *capabilities: str) -> Service:
    said = {"title": "A", "summary": "a", "image": "a", "user": user, "capabilities": capabilities}
    return Service.model_validate(said)


@pytest.mark.parametrize("user", ["0:0", "0:473", "473:473", "473:0", "65534:65534"])
@pytest.mark.parametrize("capability", ["", "DAC_READ_SEARCH", "DAC_OVERRIDE"])
@pytest.mark.parametrize(("owner", "mode"), [("0:0", 0o710), ("0:0", 0o755), ("473:473", 0o770), ("473:473", 0o700)])
def test_the_kernel_says_the_same(user: str, capability: str, owner: str, mode: int, folder: Path) -> None:
    """What a container's process has: of root, the capabilities that are added; of anyone else, none."""
    place = folder / "place"
    place.mkdir()
    os.chown(place, *map(int, owner.split(":")))
    place.chmod(mode)
    uid, gid = user.split(":")
    kept = f"-all,+{capability.lower()}" if capability else "-all"
    drop = ["--inh-caps=-all", "--ambient-caps=-all", f"--bounding-set={kept}", "--no-new-privs"]
    call = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", *drop, "ls", str(place)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert "setpriv:" not in done.stderr
    added = (capability,) if capability else ()
    assert has_rights(service(user, *added), owner, mode, READ | ENTER) is (done.returncode == 0), done.stderr


def refusals(spec: Spec, user: str, mounted: Path) -> list[str]:
    """What the stand-in of the log shipper says, as a user, of a folder in place of its mount."""
    alloy = services_of(spec, "online")["alloy"]
    stand_in = spec.images.images[alloy.image].stand_in
    assert stand_in is not None
    contract = contract_of(spec, "online", alloy, stand_in)
    assert contract["mounts"] == [LOGS_TARGET]
    rest = {"environment": [], "readable": [], "writable": [], "user": None, "kind": "job"}
    with running_as(user):
        return broken({**contract, **rest, "mounts": [str(mounted)]})


@pytest.fixture
def logs(spec: Spec, folder: Path) -> Path:
    """What a run on stand-ins mounts in place of the engine's folder."""
    nodes = nodes_of(spec, "online", list(spec.tenants.tenants))
    node = next(each for each in nodes if "alloy" in each.deployment.services)
    project = ComposeProject("run", node, str(folder / "run"), dict.fromkeys(spec.images.images, "sample:1"))
    scratch.make(spec, DATA, project, scratch.secret_values(spec))
    return folder / "run" / HOST_FOLDER / LOGS.removeprefix("/")


def test_a_run_has_the_folder_as_the_engine_makes_it(logs: Path) -> None:
    (log,) = logs.rglob("*-json.log")
    assert [(each.stat().st_uid, each.stat().st_mode & 0o7777) for each in (logs, log.parent, log)] == [
        (0, 0o710),
        (0, 0o710),
        (0, 0o640),
    ]


def test_the_shipped_user_reads_every_log(spec: Spec, logs: Path) -> None:
    user = services_of(spec, "online")["alloy"].user
    assert user and refusals(spec, user, logs) == []


def test_the_stand_in_names_the_folder_that_its_user_cannot_list(spec: Spec, logs: Path) -> None:
    assert refusals(spec, "473:473", logs) == [f"{logs} cannot be read"]


def test_the_stand_in_names_the_file_that_its_user_cannot_open(spec: Spec, logs: Path) -> None:
    """Whoever opens the folders to all has opened no log."""
    (log,) = logs.rglob("*-json.log")
    for each in (logs, log.parent):
        each.chmod(0o755)
    assert refusals(spec, "473:473", logs) == [f"{log} cannot be read"]


def test_a_mount_that_is_a_file_is_opened(spec: Spec, folder: Path) -> None:
    file = folder / "file"
    file.write_text("")
    assert refusals(spec, "473:473", file) == []
    file.chmod(0o600)
    assert refusals(spec, "473:473", file) == [f"{file} cannot be read"]
