"""Files that are mounted, and others who have something of a project: what is expected, and what is said of the same tampered with."""

import copy
import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from plumbline.spec.spec import Spec
from plumbline.stack import probing
from plumbline.stack.engine import Engine
from plumbline.stack.layout import nodes_of
from plumbline.stack.project import ComposeProject
from tests.stack.conftest import ROOT
from validators.stack.inside.container_inspection import ContainerInspection
from validators.stack.inside.files import file_checks, folders_of, missing_folder, mounted_at, wanted_files
from validators.stack.inside.foreign_users import foreign_user_checks, is_probe

REDIS = "/etc/redis/redis.conf"
PASSWORD = "/run/secrets/redis_password"


@pytest.fixture
def project(spec: Spec) -> ComposeProject:
    """The offline project."""
    (node,) = nodes_of(spec, "offline", [])
    return ComposeProject("p", node, "/opt/p", {})


def entry(data: bytes, mode: str = "0644", owner: str = "0:0") -> dict[str, Any]:
    """A file as the probe has it."""
    return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "mode": mode, "owner": owner, "below": {}}


class Seen:
    """A clean project's files, in the containers and on the host."""

    def __init__(self, project: ComposeProject, own: bool):
        committed = ROOT / "deploy" / "offline"
        values = {name: f"value of {name}" for each in project.deployment.services.values() for name in each.secrets}
        self.project = project
        self.wanted = wanted_files(committed, project, values if own else None)
        self.host: dict[str, Any] = {}
        for path in self.wanted:
            is_secret = path.startswith("secrets/")
            data = values[Path(path).name].encode() if is_secret else (committed / path).read_bytes()
            plain = f"{(committed / path).stat().st_mode & 0o7777:04o}" if not is_secret else "0444"
            self.host[path] = entry(data, plain)
        self.host |= {folder: entry(b"", "0700") for folder in folders_of(self.wanted)}
        self.inside = {
            name: {place: copy.deepcopy(self.host[path]) for place, path in mounted_at(project, name).items()}
            for name in project.deployment.services
        }

    def failing(self) -> dict[str, str]:
        """What differs, by subject and fact."""
        checks = file_checks(self.project, self.wanted, self.inside, self.host)
        return {f"{each.subject} {each.attribute}": str(each.observed) for each in checks if each.outcome != "matches"}


@pytest.mark.parametrize("own", [True, False])
def test_clean_files_are_as_given(project: ComposeProject, own: bool) -> None:
    assert Seen(project, own).failing() == {}


@pytest.mark.parametrize("own", [True, False])
def test_every_change_of_a_file_is_named(project: ComposeProject, own: bool) -> None:
    seen = Seen(project, own)
    seen.inside["redis"][REDIS] = entry(b"requirepass no\n")
    seen.inside["redis"][PASSWORD]["mode"] = "0666"
    seen.inside["postgres"]["/run/secrets/postgres_password"] = entry(b"", "0444")
    seen.inside["minio"]["/run/secrets/minio_access_key"] = entry(b"another", "0444")
    seen.inside["migrate"]["/migrations/env.py"]["owner"] = "1000:1000"
    seen.inside["serving"]["/run/secrets/qdrant_api_key"] = None
    seen.host["config/prometheus/prometheus.yml"] = entry(b"scrape all")
    seen.host["secrets"]["mode"] = "0755"
    seen.host["config"]["mode"] = "0777"
    found = seen.failing()
    content = "another content; another content than on the host"
    assert found.pop("services.minio files./run/secrets/minio_access_key") == (content if own else content[17:])
    assert found == {
        f"services.redis files.{REDIS}": "another content; another content than on the host",
        f"services.redis files.{PASSWORD}": "mode 0666",
        "services.postgres files./run/secrets/postgres_password": "empty; another content than on the host",
        "services.migrate files./migrations/env.py": "owner 1000:1000",
        "services.serving files./run/secrets/qdrant_api_key": "missing",
        "services.prometheus files./etc/prometheus/prometheus.yml": "another content than on the host",
        "files.config/prometheus/prometheus.yml files.on_host": "another content",
        "files.secrets files.on_host": "mode 0755, and others may not enter",
        "files.config files.on_host": "mode 0777",
    }


def test_a_project_without_a_folder_on_its_host_has_no_faults_there(project: ComposeProject) -> None:
    seen = Seen(project, own=False)
    seen.host = {}
    assert seen.failing() == {}


def test_a_folder_with_a_file_for_each_tenant_is_compared_file_by_file(spec: Spec) -> None:
    node = next(each for each in nodes_of(spec, "online", ["acme"]) if "traefik" in each.deployment.services)
    project = ComposeProject("p", node, "/opt/p", {})
    committed = ROOT / "deploy" / "online" / "control"
    wanted = wanted_files(committed, project, None)
    below = {
        path.rpartition("/")[2]: entry((committed / path).read_bytes()) for path in wanted if "/traefik/routes/" in path
    }
    assert len(below) > 1

    def said(below: dict[str, Any]) -> str:
        inside = {"traefik": {"/etc/traefik/routes": {**entry(b""), "below": below}}}
        (found,) = [each for each in file_checks(project, wanted, inside, {}) if each.attribute.endswith("/routes")]
        return str(found.observed)

    assert said(below) == "content, owner and mode as given"
    assert said({**below, "evil.yml": entry(b"x")}) == "evil.yml: not of the spec"
    assert said({**below, "acme.yml": entry(b"x")}) == "acme.yml: another content"
    assert missing_folder(project).where == node.name


NETWORKS = [{"Name": "p_etl-internal"}]
VOLUMES = [{"Name": "p_redis-data", "Mountpoint": "/var/lib/docker/volumes/p_redis-data/_data"}]


@pytest.mark.parametrize(
    ("stranger", "subject"),
    [
        ({"Mounts": [{"Type": "volume", "Name": "p_redis-data"}]}, "volumes.redis-data"),
        ({"Mounts": [{"Type": "bind", "Source": VOLUMES[0]["Mountpoint"] + "/x"}]}, "volumes.redis-data"),
        ({"Mounts": [{"Type": "bind", "Source": "/opt/p/secrets"}]}, "files.(folder)"),
        ({"NetworkSettings": {"Networks": {"p_etl-internal": {}}}}, "networks.etl-internal"),
    ],
)
def test_who_has_something_of_the_project_is_named(
    project: ComposeProject, stranger: dict[str, Any], subject: str
) -> None:
    listed = [{"Id": "1", "Names": ["/own"], **stranger}, {"Id": "2", "Names": ["/miner"], **stranger}]
    clean = foreign_user_checks(project, ["1", "2"], listed, NETWORKS, VOLUMES)
    assert {each.outcome for each in clean} == {"matches"}
    found = [
        each for each in foreign_user_checks(project, ["1"], listed, NETWORKS, VOLUMES) if each.outcome != "matches"
    ]
    assert [(each.subject, each.observed) for each in found] == [(subject, "miner too")]


@pytest.mark.parametrize(
    ("image", "command", "expected"),
    [("p:1", "python3 /probe.py", True), ("p:2", "python3 /probe.py", False), ("p:1", "sh -c 'python3 /x'", False)],
)
def test_a_probe_is_its_image_and_what_it_does(image: str, command: str, expected: bool) -> None:
    assert is_probe({"Id": "1", "Image": image, "Command": command}, "p:1") is expected


@pytest.mark.parametrize(("writes", "expected"), [(False, True), (True, False)])
def test_what_may_write_is_no_probe(writes: bool, expected: bool) -> None:
    listed = {"Id": "1", "Image": "p:1", "Command": "python3 /probe.py", "Mounts": [{"Source": "/opt/p", "RW": writes}]}
    assert is_probe(listed, "p:1") is expected


def test_a_folder_beside_the_project_is_not_the_project(project: ComposeProject) -> None:
    listed = [{"Id": "2", "Names": ["/x"], "Mounts": [{"Source": "/opt/p-other"}, {"Source": "/opt"}]}]
    assert {each.outcome for each in foreign_user_checks(project, [], listed, NETWORKS, VOLUMES)} == {"matches"}


def test_a_folder_that_is_gone_from_the_host_is_a_finding_and_no_end(
    project: ComposeProject, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine refuses the mount, and the probe goes on without."""
    said = b"docker: Error response from daemon: invalid mount config: bind source path does not exist: /opt/p.\nSee 'docker'"
    answered = {
        "containers": {},
        "leaked": {"names": [], "datagrams": []},
        "files": {},
        "host": {},
        "bridges": {},
        "own": {},
    }
    mounts: list[int] = []

    def run(engine: Engine, name: str, command: list[str], data: bytes, seconds: float, *volumes: str) -> Any:
        mounts.append(len(volumes))
        if volumes:
            return SimpleNamespace(returncode=125, stderr=said)
        return SimpleNamespace(returncode=0, stdout=json.dumps(answered).encode(), stderr=b"")

    monkeypatch.setattr(probing, "probe_container", run)
    inside = ContainerInspection(cast(Engine, None), spec, ROOT / "data", [project], None)
    inside.ask_probe("x", {}, [], [])
    assert mounts == [1, 0] and inside.gone == {"/opt/p"} and inside.paths() == []
    assert missing_folder(project).observed == "missing"


def test_a_folder_that_nobody_asked_for_is_an_end(
    project: ComposeProject, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = b"docker: Error response from daemon: invalid mount config: bind source path does not exist: /elsewhere.\n"
    refused = SimpleNamespace(returncode=125, stderr=said)
    monkeypatch.setattr(probing, "probe_container", lambda *_: refused)
    with pytest.raises(probing.FolderMissing):
        ContainerInspection(cast(Engine, None), spec, ROOT / "data", [project], None).ask_probe("x", {}, [], [])
