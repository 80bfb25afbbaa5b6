"""The host firewall for real: nodes as network namespaces, and every port tried from everywhere."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from generators.cloud.host_firewall import ruleset
from plumbline.effective.node_links import addresses_of_role
from tests.first_boot.node import BootNode
from tests.first_boot.test_user_data import FILES, SPEC

pytestmark = pytest.mark.live
TOPOLOGY = yaml.safe_load(FILES["topology/online.yaml"])
SERVICES = {name: yaml.safe_load(FILES[f"services/{name}.yaml"]) for name in SPEC.services}
ROLES = {name: TOPOLOGY["roles"][name]["services"] for name in ("gateway", "worker", "db")}
PORTS = sorted({port for service in SERVICES.values() for port in service.get("ports", {}).values()} | {22})
STRANGER = "stranger"


def address(role: str, place: int) -> str:
    return addresses_of_role(SPEC, "online", "acme", role)[place]


def online(name: str) -> dict[str, Any]:
    """What differs in the mode on servers."""
    return dict(SERVICES[name].get("modes", {}).get("online", {}))


def needed(source: str, target: str) -> set[int]:
    """Ports of a role that another role's services need, read from the data alone."""
    return {
        SERVICES[need]["ports"][port]
        for name in ROLES.get(source, ())
        for need, port in (SERVICES[name].get("needs", {}) | online(name).get("needs", {})).items()
        if need in ROLES[target] and need not in ROLES[source]
    }


@pytest.fixture(scope="module")
def seen(tools: BootNode) -> list[list[Any]]:
    """What reached what: how, source, target, port, whether it was let in."""
    places = {"gateway": ("gateway", 0), "worker": ("worker", 0), "last": ("worker", 1), "db": ("db", 0)}
    nodes = {
        name: {"address": address(role, place), "rules": ruleset(SPEC, "online", "acme", role)}
        for name, (role, place) in places.items()
    }
    nodes[STRANGER] = {"address": "10.1.1.99", "rules": ""}
    tools.put({"/neighbours.py": (Path(__file__).with_name("neighbours.py").read_text(), 0o644)})
    code, text = tools.run(
        "python3", "/neighbours.py", stdin=json.dumps({"nodes": nodes, "ports": PORTS}).encode(), timeout=300
    )
    assert code == 0, text
    return list(json.loads(text))


@pytest.mark.parametrize("how", ["direct", "published", "container"])
def test_a_node_lets_in_what_is_needed_and_nothing_else(seen: list[list[Any]], how: str) -> None:
    role = {"gateway": "gateway", "worker": "worker", "last": "worker", "db": "db", STRANGER: STRANGER}
    tried = [each for each in seen if each[0] == how and each[2] != STRANGER]
    assert len(tried) == 4 * 4 * len(PORTS)
    wrong = [
        (source, target, port, found)
        for _, source, target, port, found in tried
        if found != (port in needed(role[source], role[target]))
    ]
    assert wrong == []
    users = ("gateway", "worker", "worker")
    assert sum(found for *_, found in tried) == sum(len(needed(user, "db")) for user in users) == 16


def test_without_rules_everything_is_let_in(seen: list[list[Any]]) -> None:
    assert all(found for how, _, target, _, found in seen if how in ("direct", "published") and target == STRANGER)


def test_nobody_reaches_a_container_by_its_own_address(seen: list[list[Any]]) -> None:
    routed = [each for each in seen if each[0] == "routed"]
    assert routed
    assert not [each for each in routed if each[2] != STRANGER and each[4]]
    # that a route alone would do is seen at the node without rules
    assert all(found for *_, target, _, found in routed if target == STRANGER)
