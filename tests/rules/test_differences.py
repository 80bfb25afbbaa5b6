"""What counts as a difference between modes, under which path, and where it is written."""

from typing import Any

import pytest

from plumbline.differences import differences
from tests.rules.two_modes import mode, service, two_modes


def paths(changes: dict[str, Any]) -> list[str]:
    return [found.path for found in differences(two_modes(changes))]


def test_modes_that_are_alike_do_not_differ() -> None:
    assert differences(two_modes()) == []


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
