"""Processes, names and addresses in a container, on what the probe saw of one, and on the same tampered with."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plumbline.report.fact import Check
from validators.stack.inside.names import Usual, name_checks, settings_of, usual_network, usual_settings
from validators.stack.inside.processes import process_checks

RECORDED = json.loads((Path(__file__).parent / "recorded" / "intake-gateway.json").read_text())
USER = "10001:10001"
NETWORKS = [{"Name": name, "Options": {}} for name in RECORDED["container"]["NetworkSettings"]["Networks"]]
USUAL = {
    "ipv6.conf.interface.disable_ipv6": "1",
    "ipv4.ping_group_range": "0 2147483647",
    "ipv4.tcp_rmem": "4096 131072 6291456",
}
Kernel = dict[str, Any]
EVERYTHING = "000001ffffffffff"


def failing(
    kernel: Kernel, capabilities: tuple[str, ...] = (), containers: dict[str, str] | None = None
) -> dict[str, str]:
    """What differs: the fact and what was seen."""
    checks: list[Check] = process_checks(
        "services.x", "", (USER, capabilities), kernel, RECORDED["own"], containers or {}
    )
    usual = Usual([settings_of(kernel["texts"]["resolv.conf"])], USUAL)
    checks += name_checks("services.x", "", RECORDED["container"], {}, kernel, usual, NETWORKS)
    return {each.attribute: str(each.observed) for each in checks if each.outcome != "matches"}


def another(kernel: Kernel, **changes: Any) -> dict[str, Any]:
    """A second process of the container, its first one's child."""
    first = kernel["processes"]["own"][0]
    status = first["status"] | changes.pop("status", {})
    return {**first, "pid": 77, "parent": first["pid"], "command": "evil", **changes, "status": status}


def of_own(**changes: Any) -> Callable[[Kernel], None]:
    return lambda kernel: kernel["processes"]["own"].append(another(kernel, **changes))


def text(name: str, more: str) -> Callable[[Kernel], None]:
    return lambda kernel: kernel["texts"].update({name: f"{kernel['texts'][name]}\n{more}\n"})


def link(kind: str, **fields: Any) -> Callable[[Kernel], None]:
    return lambda kernel: kernel["links"][kind].append(fields)


def address(kernel: Kernel, interface: int, local: str) -> None:
    given = {"local": local, "prefixlen": 24, "scope": "global"}
    kernel["links"]["addresses"][interface]["addr_info"].append(given)


def interface(**fields: Any) -> Callable[[Kernel], None]:
    return lambda kernel: kernel["links"]["addresses"][1].update(fields)


def setting(name: str, value: str) -> Callable[[Kernel], None]:
    return lambda kernel: kernel["settings"].update({name: value})


def no_setting(name: str) -> Callable[[Kernel], None]:
    return lambda kernel: kernel["settings"].pop(name)


TAMPERED: dict[str, tuple[Callable[[Kernel], None], str, str]] = {
    "root": (of_own(status={"Uid": "0 0 0 0"}), "processes.user", "0:10001 (evil)"),
    "only the saved user": (of_own(status={"Uid": "10001 10001 0 10001"}), "processes.user", "evil"),
    "root's group": (of_own(status={"Groups": "0 10001"}), "processes.groups", "in 0 10001"),
    "every capability": (of_own(status={"CapEff": EVERYTHING}), "processes.capabilities", "41 more"),
    "what it may take": (of_own(status={"CapBnd": EVERYTHING}), "processes.capabilities", "41 more"),
    "new privileges": (of_own(status={"NoNewPrivs": "0"}), "processes.new_privileges", "possible (evil)"),
    "no filter": (of_own(status={"Seccomp": "0"}), "processes.system_calls", "not filtered (evil)"),
    "from outside": (of_own(parent=1), "processes.parents", "started from outside (evil)"),
    "another network": (of_own(namespaces={"net": "net:[1]"}), "processes.namespaces", "evil"),
    "a program in memory": (of_own(program="/memfd:x (deleted)"), "processes.programs", "/memfd:x"),
    "a raised limit": (of_own(limits={"Max open files": "unlimited"}), "processes.limits", "Max open files"),
    "killed last": (of_own(oom=-900), "processes.kill_order", "-900"),
    "a share": (lambda kernel: kernel["cgroup"].update(weight="2"), "processes.group_weight", "2"),
    "a name": (text("hosts", "203.0.113.9 postgres"), "names.hosts", "with postgres at 203.0.113.9"),
    "a name of its own": (text("hosts", "127.0.0.1 postgres"), "names.hosts", "with postgres at 127.0.0.1"),
    "a resolver": (text("resolv.conf", "nameserver 203.0.113.9"), "names.resolver", "203.0.113.9"),
    "a hostname": (lambda kernel: kernel["texts"].update(hostname="x"), "names.hostname", "x"),
    "an address": (lambda kernel: address(kernel, 1, "203.0.113.9"), "names.addresses", "203.0.113.9/24"),
    "one on loopback": (lambda kernel: address(kernel, 0, "203.0.113.9"), "names.addresses", "203.0.113.9/24"),
    "an interface": (
        link("addresses", ifname="eth9", mtu=1500, qdisc="noqueue", flags=["UP"], addr_info=[]),
        "names.addresses",
        "eth9",
    ),
    "a route": (link("routes", dst="203.0.113.0/24", dev="eth0"), "names.routes", "203.0.113.0/24 via eth0"),
    "a way out": (link("routes", dst="default", gateway="172.29.0.1", dev="eth0"), "names.routes", "172.29.0.1"),
    "an address taken": (link("routes", dst="203.0.113.9", type="local", dev="lo"), "names.routes", "203.0.113.9"),
    "a rule": (link("rules", priority=5, src="all", table="99"), "names.routes", "with rule 5 to table 99"),
    "packets cut": (interface(mtu=600), "names.interfaces", "eth0 with an MTU of 600"),
    "packets lost": (interface(qdisc="netem"), "names.interfaces", "eth0 with the queue netem"),
    "packets of others": (interface(flags=["UP", "PROMISC"]), "names.interfaces", "eth0 takes what is for others"),
    "a setting": (
        setting("ipv4.conf.all.accept_redirects", "1"),
        "names.settings",
        "ipv4.conf.all.accept_redirects is 1",
    ),
    "one of the engine's": (setting("ipv4.ip_unprivileged_port_start", "1024"), "names.settings", "port_start is 1024"),
    "one of the engine's, taken back": (
        no_setting("ipv4.ping_group_range"),
        "names.settings",
        "ping_group_range is as in a new",
    ),
    "one with the end of another's name": (setting("ipv4.ip_forward_use_pmtu", "1"), "names.settings", "use_pmtu is 1"),
    "version 6 on one of two": (setting("ipv6.conf.interface.disable_ipv6", "0 or 1"), "names.settings", "0 or 1"),
    "version 6 on": (
        no_setting("ipv6.conf.interface.disable_ipv6"),
        "names.settings",
        "disable_ipv6 is as in a new network",
    ),
    "one of the host's": (setting("ipv4.tcp_rmem", "1 1 1"), "names.settings", "ipv4.tcp_rmem is 1 1 1"),
    "before others": (of_own(nice=-5), "processes.priority", "-5 (evil)"),
    "packets dropped": (lambda kernel: kernel["filters"].append("tcp dport 6334 drop"), "names.filters", "6334 drop"),
    "capabilities to inherit": (
        of_own(status={"CapInh": EVERYTHING}),
        "processes.capabilities",
        "41 more, AUDIT_CONTROL",
    ),
    "capabilities that are permitted": (of_own(status={"CapPrm": EVERYTHING}), "processes.capabilities", "41 more"),
    "ambient capabilities": (of_own(status={"CapAmb": EVERYTHING}), "processes.capabilities", "41 more"),
    "another namespace": (of_own(namespaces={"net": "net:[1]"}), "processes.namespaces", "in others (evil)"),
    "a program in memory that is there": (of_own(program="/memfd:x"), "processes.programs", "/memfd:x (evil)"),
    "a program that is gone": (of_own(program="/bin/x (deleted)"), "processes.programs", "/bin/x (deleted) (evil)"),
    "stopped": (of_own(state="T"), "processes.states", "stopped (evil)"),
    "stopped by who traces it": (of_own(state="t", tracer=5), "processes.states", "traced (evil)"),
    "traced while it runs": (of_own(state="S", tracer=5), "processes.states", "traced (evil)"),
    "another's name at its own address": (
        text("hosts", "172.29.0.2 postgres"),
        "names.hosts",
        "with postgres at 172.29.0.2",
    ),
    "a way to others that ends in itself": (
        link("routes", dst="203.0.113.0/24", dev="lo"),
        "names.routes",
        "203.0.113.0/24 via lo",
    ),
    "a way to itself that leads out": (
        link("routes", dst="127.0.0.0/8", dev="eth0"),
        "names.routes",
        "127.0.0.0/8 via eth0",
    ),
    "a fixed neighbour": (link("neighbours", dst="172.28.0.3"), "names.neighbours", "fixed for 172.28.0.3"),
}


def test_a_clean_one_is_as_it_should_be() -> None:
    assert failing(RECORDED["kernel"]) == {}


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_changed_is_named(name: str) -> None:
    change, attribute, observed = TAMPERED[name]
    kernel = copy.deepcopy(RECORDED["kernel"])
    change(kernel)
    assert observed in failing(kernel)[attribute]


def test_a_setting_of_most_containers_or_of_the_engine_is_fine() -> None:
    kernel = copy.deepcopy(RECORDED["kernel"])
    setting("ipv4.tcp_rmem", "4096 131072 6291456")(kernel)
    setting("ipv6.conf.interface.mtu", "1500")(kernel)
    assert failing(kernel) == {}
    no_setting("ipv4.tcp_rmem")(kernel)
    assert failing(kernel) == {}
    assert usual_network([{"a": "1"}, {"a": "1", "b": "2"}, {"a": "3"}]) == {"a": "1"}
    assert usual_network([{"a": "1"}]) == {}


def test_a_child_of_the_service_is_fine() -> None:
    kernel = copy.deepcopy(RECORDED["kernel"])
    of_own()(kernel)
    assert failing(kernel) == {}


def test_who_may_change_users_has_children_of_other_users() -> None:
    kernel = copy.deepcopy(RECORDED["kernel"])
    of_own(status={"Uid": "33 33 33 33", "CapBnd": "0000000000000080"})(kernel)
    assert failing(kernel, ("SETUID",)) == {}


def test_a_stranger_in_its_namespaces_is_named_unless_it_is_a_probe() -> None:
    kernel = copy.deepcopy(RECORDED["kernel"])
    kernel["processes"]["others"] = [another(kernel, container="f" * 64)]
    assert failing(kernel) == {}
    said = failing(kernel, containers={"f" * 64: "miner"})["processes.namespaces_shared"]
    assert "container miner (evil) in net" in said
    kernel["processes"]["others"] = [another(kernel, container="")]
    assert "a process of the host (evil)" in failing(kernel)["processes.namespaces_shared"]


def test_a_name_that_the_project_adds_has_to_be_there() -> None:
    kernel = RECORDED["kernel"]
    checks = name_checks(
        "services.x", "", RECORDED["container"], {"db": "10.0.0.9"}, kernel, Usual(["", "x"], {}), NETWORKS
    )
    (hosts,) = [each for each in checks if each.attribute == "names.hosts"]
    assert hosts.observed == "without db"


def test_what_the_host_searched_before_is_no_surprise_where_most_have_it() -> None:
    old, new = "search old\noptions ndots:0", "search new\noptions ndots:0"
    assert usual_settings(new, [old, old, new]) == ["new", "old"]
    assert usual_settings(new, [old, new, new]) == ["new", "new"]
    assert usual_settings(new, [old, old, new, new]) == ["new"]
    assert usual_settings(new, [old]) == ["new"], "one alone is not most"
    assert settings_of("options rotate ndots:0 edns0\nsearch b a") == "a b edns0 rotate"


def test_all_that_is_odd_is_said_in_one_line() -> None:
    kernel = copy.deepcopy(RECORDED["kernel"])
    of_own(nice=-5, command="one")(kernel)
    of_own(nice=-4, command="two")(kernel)
    text("hosts", "203.0.113.9 a b")(kernel)
    found = failing(kernel)
    assert found["processes.priority"] == "-4 (two); -5 (one)"
    assert found["names.hosts"] == "with a at 203.0.113.9; with b at 203.0.113.9"


def test_routes_that_every_interface_with_version_6_has_are_fine() -> None:
    kernel = copy.deepcopy(RECORDED["kernel"])
    for to in ("fe80::/64", "ff00::/8"):
        link("routes", dst=to, dev="eth0")(kernel)
    assert failing(kernel) == {}
