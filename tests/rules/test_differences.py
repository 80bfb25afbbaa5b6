"""What counts as a difference between modes, under which path, and where it is written."""

from typing import Any

import pytest

from generators.compose.project import ComposeGenerator
from plumbline.effective.deployment import effective
from plumbline.effective.differences import SERVICE_FIELDS, differences
from schema.service import Override, Service
from tests.rules.two_modes import mode, service, two_modes


def paths(changes: dict[str, Any]) -> list[str]:
    return [found.path for found in differences(two_modes(changes))]


def test_modes_that_are_alike_do_not_differ() -> None:
    assert not differences(two_modes())


@pytest.mark.parametrize(
    ("override", "path"),
    [
        ({"environment": {"LEVEL": "debug"}}, "services.web.environment.LEVEL"),
        ({"publish": {"http": {"address": "127.0.0.1", "port": 80}}}, "services.web.publish.http"),
        ({"limits": {"memory_mib": 128, "cpus": 0.1}}, "services.web.limits"),
        ({"command": ["serve", "--slow"]}, "services.web.command"),
        ({"health": {"command": ["/bin/other"]}}, "services.web.health"),
        ({"user": "1:1"}, "services.web.user"),
        ({"profile": "extra"}, "services.web.profile"),
    ],
)
def test_each_overridden_field_is_a_difference(override: dict[str, Any], path: str) -> None:
    web = service(ports={"http": 8080}, environment={"LEVEL": "info"}, modes={"left": override})
    assert paths({"services/web.yaml": web}) == [path]


def test_an_override_with_the_same_value_is_no_difference() -> None:
    web = service(environment={"LEVEL": "info"}, modes={"left": {"environment": {"LEVEL": "info"}}})
    assert paths({"services/web.yaml": web}) == []


def test_the_order_of_segments_is_no_difference() -> None:
    subnet = {
        mode: {"subnet": f"172.28.{index}.0/24", "internal": False} for index, mode in enumerate(["left", "right"])
    }
    networks = {name: {"title": name, "modes": dict.fromkeys(subnet, subnet["left"])} for name in ("a", "b")}
    web = service(segments=["a", "b"], modes={"left": {"segments": ["b", "a"]}})
    assert paths({"services/web.yaml": web, "networks.yaml": {"networks": networks}}) == []


def test_templates_are_compared_by_what_they_yield() -> None:
    web = service(environment={"MODE": {"template": "{{ mode }}"}, "SAME": {"template": "{{ service_id }}"}})
    found = differences(two_modes({"services/web.yaml": web}))
    assert [(one.path, one.left, one.right, one.source) for one in found] == [
        ("services.web.environment.MODE", "left", "right", "services.web.environment.MODE")
    ]


def test_a_configuration_file_that_renders_differently_is_a_difference() -> None:
    web = service(config=[{"source": "config/web.conf.j2", "target": "/etc/web.conf"}])
    files = {"services/web.yaml": web}
    assert paths(files | {"config/web.conf.j2": "level info"}) == []
    assert paths(files | {"config/web.conf.j2": "mode {{ mode }}"}) == ["services.web.config"]


def test_a_removed_key_is_absent_in_that_mode() -> None:
    web = service(environment={"LEVEL": "info"}, modes={"left": {"environment": {"LEVEL": None}}})
    (found,) = differences(two_modes({"services/web.yaml": web}))
    assert (found.modes, found.left, found.right) == (("left", "right"), "absent", "info")
    assert found.source == "services.web.modes.left.environment.LEVEL"


def test_a_service_of_one_mode_is_one_difference() -> None:
    found = paths({"services/db.yaml": service(), "topology/left.yaml": mode(["web", "db"])})
    assert found == ["services.db"]


def test_networks_differ_by_presence_subnet_and_seal() -> None:
    def networks(left: dict[str, Any], right: dict[str, Any] | None) -> dict[str, Any]:
        modes = {"left": left} | ({"right": right} if right else {})
        return {"networks.yaml": {"networks": {"main": {"title": "Main", "modes": modes}}}}

    subnet = {"subnet": "172.28.0.0/24", "internal": False}
    other = {"subnet": "172.29.0.0/24", "internal": True}
    assert paths(networks(subnet, other)) == ["networks.main.internal", "networks.main.subnet"]
    assert paths(networks(subnet, None)) == ["networks.main"]


def test_topology_differs_by_tenancy_egress_and_roles() -> None:
    left = mode(["web"]) | {"tenancy": "many", "egress": True}
    left["roles"] = {"node": left["roles"]["host"]}
    assert paths({"topology/left.yaml": left}) == [
        "topology.egress",
        "topology.roles.host",
        "topology.roles.node",
        "topology.tenancy",
    ]


def test_three_modes_are_compared_pair_by_pair() -> None:
    third = mode(["web"]) | {"egress": True}
    networks = {
        "main": {
            "title": "Main",
            "modes": {name: {"subnet": "172.28.0.0/24", "internal": False} for name in ("left", "right", "third")},
        }
    }
    spec = two_modes({"topology/third.yaml": third, "networks.yaml": {"networks": networks}})
    assert {found.modes for found in differences(spec)} == {("right", "third"), ("left", "third")}


IN_EVERY_MODE = {
    "title": "what the service is",
    "summary": "what the service is",
    "notes": "what the service is",
    "kind": "whether it is a job",
    "per_node": "whether it is an agent",
    "state_test": "how its state is tried",
    "self_tests": "how it is tried",
    "running": "how it is tried",
    "exports": "how its state is saved",
    "modes": "the overrides themselves",
}
"""Fields that no mode can change, and why."""


def test_a_mode_can_change_every_field_but_those_that_say_what_the_service_is() -> None:
    assert set(Override.model_fields) == set(Service.model_fields) - set(IN_EVERY_MODE)
    assert set(SERVICE_FIELDS) == set(Override.model_fields)


CHANGED: dict[str, Any] = {
    "ports": {"http": 8081},
    "capabilities": ["CHOWN"],
    "stop_grace_s": 60,
    "volume_gb": {"data": 5},
    "tolerates": ["web"],
    "tmpfs": ["/run"],
}


@pytest.mark.parametrize("field", CHANGED)
def test_what_a_mode_changes_is_a_difference_and_effective_there(field: str) -> None:
    web = service(ports={"http": 8080}, modes={"left": {field: CHANGED[field]}})
    spec = two_modes({"services/web.yaml": web})
    assert {found.path.split(".")[2] for found in differences(spec)} == {field}
    changed = getattr(effective(spec.services["web"], "left"), field)
    assert (list(changed) if isinstance(changed, tuple) else changed) == CHANGED[field]


@pytest.mark.parametrize("field", sorted(SERVICE_FIELDS))
def test_null_in_a_mode_is_the_default_of_the_field(field: str) -> None:
    web = service(environment={"A": "b"}, stop_grace_s=60, capabilities=["CHOWN"], modes={"left": {field: None}})
    spec = two_modes({"services/web.yaml": web})
    wanted = Service.model_fields[field].get_default()
    found = getattr(effective(spec.services["web"], "left"), field)
    assert found == (spec.services["web"].image if field == "image" else wanted)
    assert list(ComposeGenerator().generate(spec))


@pytest.mark.parametrize(
    ("override", "texts"),
    [
        ({"secrets": {"db_password": {}}}, ("present", "absent")),
        ({"publish": {"http": {"address": "127.0.0.1", "port": 80}}}, ("present", "absent")),
        ({"environment": {"LEVEL": "debug"}}, ("debug", "absent")),
        ({"limits": {"memory_mib": 128, "cpus": 0.1}}, ('{"memory_mib": 128}', None)),
    ],
)
def test_a_reader_sees_what_differs_and_no_field_that_holds_nothing(
    override: dict[str, Any], texts: tuple[str, str | None]
) -> None:
    web = service(ports={"http": 8080}, modes={"left": override})
    (found,) = differences(two_modes({"services/web.yaml": web}))
    assert found.left == texts[0]
    assert "null" not in found.left + found.right
    assert texts[1] in (None, found.right)
