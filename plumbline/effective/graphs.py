"""Directed graphs of names: who is reached, which edges say nothing new, an order. Pure.

A graph maps each node to those that its edges lead to; a node that no key names has no edges.
"""

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush

Graph = Mapping[str, Iterable[str]]


def reachable(graph: Graph, start: str) -> set[str]:
    """All that edges lead to from a node; the node itself where it stands on a circle."""
    found: set[str] = set()
    waiting = list(graph.get(start, ()))
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += graph.get(node, ())
    return found


def is_acyclic(graph: Graph) -> bool:
    """Whether no node leads back to itself."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError:
        return False
    return True


def transitive_reduction(graph: Graph) -> dict[str, set[str]]:
    """The fewest edges that reach the same: the transitive reduction. Raises graphlib.CycleError where there is a circle."""
    numbers: dict[str, int] = {}
    reach: list[int] = []
    """Per node, in order, a bit for each node that it reaches: a thousand nodes fit in a number of a thousand bits."""
    kept: dict[str, set[str]] = {}
    for node in TopologicalSorter(graph).static_order():  # first those that edges lead to
        seen, kept[node] = 0, set()
        for other in sorted({*graph.get(node, ())}, key=numbers.__getitem__, reverse=True):
            bit = 1 << numbers[other]
            if not seen & bit:
                kept[node].add(other)
                seen |= bit | reach[numbers[other]]
        numbers[node] = len(reach)
        reach.append(seen)
    return kept


def in_order(graph: Graph, nodes: Iterable[str]) -> list[str]:
    """Some of the nodes, each behind those that its edges lead to, else by name; as they came where there is a circle."""
    some = list(dict.fromkeys(nodes))
    behind: dict[str, list[str]] = {node: [] for node in some}
    missing = {}
    for node in some:
        before = {other for other in graph.get(node, ()) if other in behind}
        missing[node] = len(before)
        for other in before:
            behind[other].append(node)
    ready, ordered = [node for node in some if not missing[node]], []
    heapify(ready)
    while ready:
        ordered.append(heappop(ready))
        for node in behind[ordered[-1]]:
            missing[node] -= 1
            if not missing[node]:
                heappush(ready, node)
    return ordered if len(ordered) == len(some) else some


def knots(graph: Graph) -> list[frozenset[str]]:
    """The strongly connected components: nodes that lead to each other stand together, all others alone.

    Tarjan's algorithm, without recursion. A knot comes before those that lead to it.
    """
    found: list[frozenset[str]] = []
    first: dict[str, int] = {}
    """When a node was met."""
    lowest: dict[str, int] = {}
    """The earliest node on the path that it leads back to."""
    path: list[str] = []
    done: set[str] = set()
    for start in nodes_of(graph):
        walk = [] if start in first else [(start, iter(graph.get(start, ())))]
        while walk:
            node, others = walk[-1]
            if node not in first:
                first[node] = lowest[node] = len(first)
                path.append(node)
            for other in others:
                if other not in first:
                    walk.append((other, iter(graph.get(other, ()))))
                    break
                if other not in done:
                    lowest[node] = min(lowest[node], first[other])
            else:
                walk.pop()
                if walk:
                    above = walk[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] == first[node]:
                    knot = frozenset(path[path.index(node) :])
                    del path[-len(knot) :]
                    done |= knot
                    found.append(knot)
    return found


def generations(graph: Graph) -> Iterator[set[str]]:
    """The nodes in steps, each behind all that lead to it; nodes that lead to each other share a step."""
    knot_of = {node: knot for knot in knots(graph) for node in knot}
    order: TopologicalSorter[frozenset[str]] = TopologicalSorter(dict.fromkeys(knot_of.values(), ()))
    for node, others in graph.items():
        for other in others:
            if knot_of[other] is not knot_of[node]:
                order.add(knot_of[other], knot_of[node])
    order.prepare()
    while order.is_active():
        step = order.get_ready()
        yield {node for knot in step for node in knot}
        order.done(*step)


def nodes_of(graph: Graph) -> list[str]:
    """Every node, those that only an edge names too."""
    return list(dict.fromkeys([*graph, *(other for others in graph.values() for other in others)]))
