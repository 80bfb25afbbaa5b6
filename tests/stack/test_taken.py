"""What another holds is got around, without asking it to go away."""

from dataclasses import replace

import pytest

from plumbline.spec.finding import EnvironmentMissing
from plumbline.spec.spec import Spec
from plumbline.stack.layout import Node, binding_of, nodes_of
from plumbline.stack.node_networks import make_node_networks
from plumbline.stack.taken import Taken, moved_ports, moved_subnets, publications
from tests.stack.conftest import SilentWatch

WANTED = {"edge": "172.28.0.0/24", "app": "172.28.1.0/24"}


@pytest.fixture
def node(spec: Spec) -> Node:
    """The one node of the offline mode."""
    return nodes_of(spec, "offline", [])[0]


def test_subnets_that_nobody_has_stay() -> None:
    assert moved_subnets(WANTED, ["10.0.0.0/8", "fd00::/8"]) == {}


def test_a_taken_subnet_is_moved_to_a_free_one_and_two_runs_choose_different_ones() -> None:
    taken = ["172.28.0.0/16", "10.224.7.0/24"]
    first, second = (moved_subnets(WANTED, taken, start) for start in (7, 300))
    assert first == {"edge": "10.224.8.0/24", "app": "10.224.9.0/24"}
    assert not set(first.values()) & set(second.values())
    assert moved_subnets(WANTED, taken, 8191) == {"edge": "10.255.255.0/24", "app": "10.224.0.0/24"}


@pytest.mark.parametrize("taken", ["127.0.0.1:8080", "0.0.0.0:8080", ":::8080", "[::]:8080"])
def test_a_taken_port_is_moved(node: Node, taken: str) -> None:
    ports = moved_ports(node, {taken, "127.0.0.1:20001"}, 1)
    assert ports == {"127.0.0.1:8080": 20002}
    moved = replace(node, ports=ports)
    assert ("127.0.0.1", 20002) in [binding_of(moved, each) for each in publications(moved)]


@pytest.mark.parametrize("taken", ["192.0.2.1:8080", "127.0.0.1:8081"])
def test_a_port_that_only_looks_taken_stays(node: Node, taken: str) -> None:
    assert moved_ports(node, {taken}) == {}


@pytest.mark.parametrize(
    "line",
    [
        "Error response from daemon: … (0a1b): Bind for 127.0.0.1:8080 failed: port is already allocated",
        "Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use",
    ],
)
def test_the_place_is_read_from_what_the_engine_says(line: str) -> None:
    assert Taken(line).places == {"127.0.0.1:8080"}


class FullEngine:
    """One on which another network has each range, for some tries."""

    def __init__(self, project: str, tries: int):
        self.project, self.tries, self.made = project, tries, list[str]()

    def make_network(self, project: str, name: str, subnet: str, gateway: str) -> bool:
        self.tries -= 1
        if self.tries < 0:
            self.made.append(subnet)
        return self.tries < 0

    def holders(self, subnet: str) -> list[tuple[str, str]]:
        return [("theirs", self.project)]


class Told(SilentWatch):
    """A watch that keeps what it was told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def phase(self, text: str) -> None:
        self.said.append(text)


class OnEngine:
    """As much of a stack as node networks need."""

    def __init__(self, engine: FullEngine):
        self.engine, self.run, self.watch = engine, self, Told()

    def claim(self, project: str) -> None: ...


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plumbline.stack.node_networks._POLL_S", 0)


def test_the_range_of_another_run_is_waited_for_and_said_once(node: Node, no_waiting: None) -> None:
    stack = OnEngine(FullEngine("plumb-docpipe-online-nodes-abcdef", 3))
    make_node_networks(stack, "ours", [replace(node, address="10.1.1.10"), replace(node, address="10.1.1.20")])
    assert stack.engine.made == ["10.1.1.16/29", "10.1.1.8/29"]
    assert stack.watch.said == ["waiting for another run, which uses 10.1.1.16/29: theirs"]


def test_a_run_that_does_not_end_is_named_and_nobody_is_told_to_remove_it(
    node: Node, no_waiting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plumbline.stack.node_networks._WAIT_SECONDS", -1)
    stack = OnEngine(FullEngine("plumb-docpipe-online-nodes-abcdef", 99))
    with pytest.raises(EnvironmentMissing, match="another run still uses: theirs") as raised:
        make_node_networks(stack, "ours", [replace(node, address="10.1.1.10")])
    assert "remove" not in raised.value.hint


def test_the_range_of_a_stranger_is_not_waited_for(node: Node) -> None:
    stack = OnEngine(FullEngine("somebody", 99))
    with pytest.raises(EnvironmentMissing, match="which network theirs uses"):
        make_node_networks(stack, "ours", [replace(node, address="10.1.1.10")])
