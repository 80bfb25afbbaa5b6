"""The whole comparison, on what an engine said of a service that was made and of the same one running."""

import copy
import json
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from validators.stack.whole.comparing import ProjectNames, differences, is_below
from validators.stack.whole.may_differ import CONTAINER, NETWORK, SAID_BY, VOLUME, MayDiffer

RECORDED = json.loads((Path(__file__).parent / "recorded" / "redis.json").read_text())
MADE, RUNS = RECORDED["made"], RECORDED["runs"]
NAMES = (ProjectNames(MADE["project"], MADE["folder"]), ProjectNames(RUNS["project"], RUNS["folder"]))
MAY_DIFFER = {"container": CONTAINER, "network": NETWORK, "volume": VOLUME}


def found(what: str, runs: dict[str, Any]) -> list[str]:
    """The fields that differ from what was made."""
    return [each.shown for each in differences(MADE[what], runs, NAMES, MAY_DIFFER[what])]


@pytest.mark.parametrize("what", MAY_DIFFER)
def test_a_clean_one_differs_nowhere(what: str) -> None:
    assert found(what, RUNS[what]) == []


def fields(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every field, those that say nothing too."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [each for index, below in enumerate(value) for each in fields(below, (*path, index))]
    if isinstance(value, dict) and value:
        return [each for key, below in value.items() for each in fields(below, (*path, key))]
    return [path]


def paths(may_differ: tuple[MayDiffer, ...]) -> list[str]:
    return [path for each in may_differ if each.among is None for path in each.paths]


@pytest.mark.parametrize(
    ("what", "path"),
    [(what, path) for what in MAY_DIFFER for path in fields(RUNS[what]) if path[-1] != "Subnet"],
    ids=str,
)
def test_any_other_value_of_any_field_is_found(what: str, path: tuple[Any, ...]) -> None:
    """All but what may differ, and that is on the list with its reason. Subnets are moved, and compared by themselves."""
    changed = copy.deepcopy(RUNS[what])
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    value = place[path[-1]]
    place[path[-1]] = [*value, "more"] if isinstance(value, list) else f"{value}x"
    seen = found(what, changed)
    shown = tuple(str(part).replace(RUNS["project"], "(project)") for part in path)
    assert bool(seen) != is_below(shown, paths(MAY_DIFFER[what])), seen


def test_a_field_that_this_engine_does_not_have_yet_is_found_too() -> None:
    changed = copy.deepcopy(RUNS["container"])
    changed["HostConfig"]["Unheard"] = {"Of": True}
    assert found("container", changed) == ["HostConfig.Unheard.Of"]


def test_a_moved_subnet_is_the_same_and_another_gateway_is_not() -> None:
    changed = copy.deepcopy(RUNS["network"])
    changed["IPAM"]["Config"][0]["AuxiliaryAddresses"]["DefaultGatewayIPv4"] = "172.29.0.1"
    assert MADE["network"]["IPAM"]["Config"][0]["Subnet"] != RUNS["network"]["IPAM"]["Config"][0]["Subnet"]
    assert found("network", changed) == ["IPAM.Config.0.AuxiliaryAddresses.DefaultGatewayIPv4"]


@pytest.mark.parametrize(("place", "differs"), [(1, False), (254, True)])
def test_the_first_address_as_gateway_is_what_an_engine_chooses(place: int, differs: bool) -> None:
    changed = copy.deepcopy(RUNS["network"])
    config = changed["IPAM"]["Config"][0]
    config["Gateway"] = str(ip_network(config["Subnet"])[place])
    assert found("network", changed) == ["IPAM.Config.0.Gateway"] * differs


@pytest.mark.parametrize(
    ("parent", "key", "value"),
    [
        ("ExposedPorts", "9/tcp", {}),
        ("Volumes", "/more", {}),
        ("Labels", "Traefik", ""),
        ("Labels", "traefik.enable", ""),
    ],
)
def test_a_key_that_somebody_chose_says_something_without_a_value(parent: str, key: str, value: object) -> None:
    changed = copy.deepcopy(RUNS["container"])
    changed["Config"][parent] = {**(changed["Config"].get(parent) or {}), key: value}
    assert found("container", changed) == [f"Config.{parent}.{key}"]


def test_the_order_of_a_command_counts_and_that_of_capabilities_does_not() -> None:
    made, runs = copy.deepcopy(MADE["container"]), copy.deepcopy(RUNS["container"])
    for each, order in ((made, 1), (runs, -1)):
        each["HostConfig"]["CapAdd"] = ["CHOWN", "KILL"][::order]
        each["Config"]["Cmd"] = ["a", "b"][::order]
    assert [each.shown for each in differences(made, runs, NAMES, CONTAINER)] == ["Config.Cmd"]


def test_the_value_of_a_secret_is_not_shown() -> None:
    runs = copy.deepcopy(RUNS["container"])
    runs["Config"]["Env"].append("PASSWORD=hunter2")
    names = tuple(ProjectNames(each.project, each.folder, frozenset({"PASSWORD"})) for each in NAMES)
    (difference,) = differences(MADE["container"], runs, (names[0], names[1]), CONTAINER)
    assert "hunter2" not in str(difference) and "PASSWORD" in str(difference.observed)


def test_every_reason_is_given() -> None:
    every = [*CONTAINER, *NETWORK, *VOLUME]
    assert all(each.why and each.paths for each in every)
    assert not [path for path in SAID_BY if is_below(tuple(path.split("/")), paths(CONTAINER))]


@pytest.mark.parametrize("made", ["10.0.0.9", None])
def test_a_value_that_may_be_there_is_found_where_another_was_to_be(made: str | None) -> None:
    """Both sides have to be among the values that say nothing, not the observed one alone."""
    chosen = MayDiffer(("Gateway",), "the engine chooses it", among=(None, "10.0.0.1"))
    left = {} if made is None else {"Gateway": made}
    wrong = [each.shown for each in differences(left, {"Gateway": "10.0.0.1"}, NAMES, [chosen])]
    assert wrong == ([] if made is None else ["Gateway"])


def test_a_word_that_is_called_as_a_secret_variable_is_shown() -> None:
    name = ProjectNames("p", "/p", frozenset({"PASSWORD"}))
    (only,) = differences({"Cmd": ["PASSWORD"]}, {"Cmd": ["x"]}, (name, name), ())
    assert (only.expected, only.observed) == ('["PASSWORD"]', '["x"]')
