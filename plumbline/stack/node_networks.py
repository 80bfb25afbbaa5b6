"""The small networks that give each node of a mode its address. The spec names the address, so only one stack at a time can have it."""

import time
from collections.abc import Sequence

from plumbline.spec.finding import EnvironmentMissing
from plumbline.stack.layout import Node
from plumbline.stack.stack import Stack

_RUN = "plumb-"
_WAIT_SECONDS = 1800
_POLL_S = 1.0


def make_node_networks(stack: Stack, project: str, nodes: Sequence[Node]) -> None:
    """A network for each node, whose gateway is the node's address on this engine.

    Waits while another run has the range. All runs ask in the same order, so no two wait for each other.
    Raises EnvironmentMissing where somebody else has it, or that run does not end.
    """
    stack.run.claim(project)
    end = time.monotonic() + _WAIT_SECONDS
    for node in sorted(nodes, key=lambda node: node.subnet):
        waits = False
        while not stack.engine.make_network(project, f"{project}-{node.name}", node.subnet, node.address):
            _wait_or_raise(stack, node, end, told=waits)
            waits = True


def _wait_or_raise(stack: Stack, node: Node, end: float, *, told: bool) -> None:
    holders = stack.engine.holders(node.subnet)
    foreign = [name for name, project in holders if not project.startswith(_RUN)]
    names = ", ".join(name for name, _ in holders)
    if foreign:
        raise EnvironmentMissing(
            f"node {node.name} needs {node.subnet}, which network {', '.join(foreign)} uses",
            "use another engine: the spec names the address of the node",
        )
    if time.monotonic() > end:
        raise EnvironmentMissing(
            f"node {node.name} needs {node.subnet}, which another run still uses: {names}",
            "wait until it ends, or use another engine; a run with --keep has printed how to take it down",
        )
    if not told:
        stack.watch.phase(f"waiting for another run, which uses {node.subnet}: {names}")
    time.sleep(_POLL_S)
