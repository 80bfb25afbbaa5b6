"""Ids of every kind: what is none is refused at its key with one that would do, and what means something else by a rule."""

from datetime import date
from typing import Any

import pytest

from plumbline.spec.loading import load_spec
from plumbline.spec.suggestions import closest_name
from schema.types import ID_PATTERN
from tests.rules.edited import shipped
from tests.rules.two_modes import mode, service, texts_of, two_modes
from validators.rules import check_rules

KEYS = {
    "image": ("images.yaml", "  redis:", "  Redis.io:", "redis-io"),
    "model": ("models.yaml", "  nomic-embed-text:", "  nomic/embed:", "nomic-embed"),
    "network": ("networks.yaml", "  edge:", "  edge_net:", "edge-net"),
    "secret": ("secrets.yaml", "  postgres_password:", "  postgres-password:", "postgres_password"),
    "tenant": ("tenants.yaml", "  acme:", "  Acmé:", "acme"),
    "role": ("topology/online.yaml", "  worker:", "  worker:8:", "worker-8"),
    "volume": ("services/redis.yaml", "volumes: {data:", "volumes: {my.data:", "my-data"),
    "port": ("services/redis.yaml", "ports: {redis:", "ports: {Redis TCP:", "redis-tcp"),
    "variable": ("services/serving.yaml", "  DOCPIPE_POSTGRES_HOST:", "  DOCPIPE-POSTGRES-HOST:", "DOCPIPE_POSTGRES_HOST"),
    "place": ("platform.yaml", "  offline-host:", "  offline.host:", "offline-host"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_that_is_no_id_is_refused_where_it_stands_with_one_that_would_do(kind: str) -> None:
    file, old, new, close = KEYS[kind]
    text = shipped()[file]
    assert old in text
    spec, found = load_spec(shipped() | {file: text.replace(old, new, 1)})
    assert spec is None
    line = text.count("\n", 0, text.index(old)) + 1
    first = found[0]
    assert first.location
    assert (first.rule, first.location.file, first.location.line) == ("PLB007", file, line)
    assert first.hint == f"rename it to `{close}`"


@pytest.mark.parametrize("folder", ["services", "topology", "runbooks"])
@pytest.mark.parametrize("name", ["my.db", "a:b", "Db", "Ünï", "a_b", "-a", "a--b", "1a", "a" * 64, "ß"])
def test_a_file_whose_name_is_no_id_is_refused(folder: str, name: str) -> None:
    spec, found = load_spec(texts_of({f"{folder}/{name}.yaml": "a: 1"}))
    assert spec is None
    assert [(each.rule, each.location and each.location.file) for each in found] == [
        ("PLB006", f"{folder}/{name}.yaml")
    ]


def test_a_closest_name_is_one_or_none() -> None:
    for text in ("Ünï", "a:b", "my.db", "__x__"):
        assert closest_name(text, ID_PATTERN) in ("uni", "a-b", "my-db", "x")
    for text in ("", "::", "日本", "1", "a" * 1000):
        assert closest_name(text, ID_PATTERN) in (None, "a" * 64)


def ours(changes: dict[str, Any], *wanted: str) -> list[tuple[str, str]]:
    """Rule and file of the findings of these rules."""
    found = check_rules(two_modes(changes), date.today())
    return [(each.rule, each.location.file) for each in found if each.rule in wanted and each.location]


def placed(*names: str) -> dict[str, Any]:
    return {f"topology/{each}.yaml": mode(["web", *names]) for each in ("left", "right")}


@pytest.mark.parametrize("name", ["localhost", "ip6-localhost", "index"])
def test_a_service_with_a_name_that_means_something_else_is_an_error(name: str) -> None:
    changes = {f"services/{name}.yaml": service(), **placed(name)}
    assert ours(changes, "PLB122") == [("PLB122", f"services/{name}.yaml")]


@pytest.mark.parametrize("name", ["default", "host", "job", "config", "modes"])
def test_a_service_with_an_ordinary_name_is_none(name: str) -> None:
    assert ours({f"services/{name}.yaml": service(), **placed(name)}, "PLB122") == []


def test_a_profile_that_starts_jobs_is_for_jobs_alone() -> None:
    optional, job = service(profile="job"), service(kind="job", health=None, profile="job")
    assert ours({"services/a.yaml": optional, **placed("a")}, "PLB122") == [("PLB122", "services/a.yaml")]
    assert ours({"services/a.yaml": job, **placed("a")}, "PLB122") == []


@pytest.mark.parametrize("name", ["ansible", "scripts", "config", "secrets", "models"])
def test_a_role_or_tenant_with_the_name_of_a_folder_of_the_mode_is_an_error(name: str) -> None:
    roles = mode(["web"])
    roles["roles"] = {name: roles["roles"]["host"]}
    tenants = {"tenants": {name: {"title": "T", "octet": 1, "state": "ACTIVE"}}}
    assert ours({"topology/left.yaml": roles}, "PLB122") == [("PLB122", "topology/left.yaml")]
    assert ours({"tenants.yaml": tenants}, "PLB122") == [("PLB122", "tenants.yaml")]


def test_two_volumes_under_one_name_are_an_error_in_one_project_alone() -> None:
    both = {
        "services/a.yaml": service(volumes={"b-c": "/c"}),
        "services/a-b.yaml": service(volumes={"c": "/c"}),
    }
    assert ours({**both, **placed("a", "a-b")}, "PLB123") == [("PLB123", "services/a-b.yaml")]
    apart = {"topology/left.yaml": mode(["web", "a"]), "topology/right.yaml": mode(["web", "a-b"])}
    assert ours({**both, **apart}, "PLB123") == []


def roles(**services: list[str]) -> dict[str, Any]:
    made = mode([])
    host = made["roles"]["host"]
    made["roles"] = {name.replace("_", "-"): {**host, "services": each} for name, each in services.items()}
    return made


def test_two_projects_under_one_name_are_an_error() -> None:
    subnet = {"subnet": "172.28.0.0/24", "internal": False}
    networks = {"main": {"title": "Main", "modes": dict.fromkeys(("left", "left-x", "right"), subnet)}}
    changes = {
        "services/a.yaml": service(),
        "networks.yaml": {"networks": networks},
        "topology/left.yaml": roles(x_y=["web"], z=["a"]),
        "topology/left-x.yaml": roles(y=["web"], z=["a"]),
    }
    assert ours(changes, "PLB123") == [("PLB123", "topology/left-x.yaml")]
    assert ours({**changes, "topology/left-x.yaml": roles(w=["web"], v=["a"])}, "PLB123") == []


HEAVY = """  heavy:
    title: Another role.
    count: 0
    size: {vcpus: 4, memory_mib: 8192, disk_gb: 80, reserve_mib: 512}
    server_type: cx33
    variant_of: db
    first_host: 40
"""


def test_servers_of_two_tenants_under_one_name_are_an_error() -> None:
    files = shipped()
    for tenant, wrong in (("acme-db", True), ("globex", False)):
        changed = {
            "tenants.yaml": files["tenants.yaml"].replace("  globex:", f"  {tenant}:"),
            "topology/online.yaml": files["topology/online.yaml"].replace("  db-heavy:", f"{HEAVY}  db-heavy:"),
        }
        spec, problems = load_spec(files | changed)
        assert spec is not None, problems
        found = [each.message for each in check_rules(spec, date.today()) if each.rule == "PLB123"]
        both = "role heavy of tenant acme-db and role db-heavy of tenant acme both get the server name `tenant-acme-db-heavy-{index}`"
        assert found == ([both] if wrong else [])


def test_a_service_in_no_segment_is_an_error() -> None:
    assert ours({"services/web.yaml": service(segments=[])}, "PLB228") == [("PLB228", "services/web.yaml")]
    assert ours({}, "PLB228") == []
