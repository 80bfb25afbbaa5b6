"""Graphs of names, against networkx."""

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbline.effective.graphs import (
    generations,
    in_order,
    is_acyclic,
    knots,
    nodes_of,
    reachable,
    transitive_reduction,
)

NODES = st.sampled_from("abcdefgh")
GRAPHS = st.dictionaries(NODES, st.lists(NODES, max_size=5), max_size=8)
ACYCLIC = st.dictionaries(NODES, st.lists(NODES, max_size=5), max_size=8).map(
    lambda graph: {node: [other for other in others if other < node] for node, others in graph.items()}
)


def known(graph: dict[str, list[str]]) -> "networkx.DiGraph[str]":
    """The same graph."""
    same: networkx.DiGraph[str] = networkx.DiGraph()
    same.add_nodes_from(nodes_of(graph))
    same.add_edges_from((node, other) for node, others in graph.items() for other in others)
    return same


@given(GRAPHS)
def test_all_that_edges_lead_to_is_reached(graph: dict[str, list[str]]) -> None:
    closed = networkx.transitive_closure(known(graph))
    assert {(node, other) for node in nodes_of(graph) for other in reachable(graph, node)} == set(closed.edges)
    assert is_acyclic(graph) == networkx.is_directed_acyclic_graph(known(graph))


@given(GRAPHS)
def test_those_that_lead_to_each_other_stand_together(graph: dict[str, list[str]]) -> None:
    found = knots(graph)
    assert set(found) == {frozenset(each) for each in networkx.strongly_connected_components(known(graph))}
    assert len(found) == len(set(found))


@given(ACYCLIC)
def test_the_fewest_edges_that_reach_the_same_are_kept(graph: dict[str, list[str]]) -> None:
    kept = {(node, other) for node, others in transitive_reduction(graph).items() for other in others}
    assert kept == set(networkx.transitive_reduction(known(graph)).edges)
    assert list(transitive_reduction(graph).keys() ^ set(nodes_of(graph))) == []


@given(ACYCLIC, st.lists(NODES, unique=True))
def test_an_order_has_each_behind_those_that_it_leads_to(graph: dict[str, list[str]], some: list[str]) -> None:
    part: networkx.DiGraph[str] = networkx.DiGraph()
    part.add_nodes_from(some)
    part.add_edges_from((other, node) for node in some for other in graph.get(node, ()) if other in some)
    assert in_order(graph, some) == list(networkx.lexicographical_topological_sort(part))


def test_a_circle_has_no_order() -> None:
    assert in_order({"a": ["b"], "b": ["a"]}, ["b", "a"]) == ["b", "a"]
    with pytest.raises(ValueError):
        transitive_reduction({"a": ["b"], "b": ["a"]})


@given(GRAPHS)
def test_a_step_holds_all_that_nothing_is_before_any_more(graph: dict[str, list[str]]) -> None:
    parts = networkx.condensation(known(graph))
    expected = [
        {node for part in step for node in parts.nodes[part]["members"]}
        for step in networkx.topological_generations(parts)
    ]
    assert list(generations(graph)) == expected


def test_a_long_chain_is_no_deep_recursion() -> None:
    chain = {str(node): [str(node + 1)] for node in range(5_000)}
    assert len(knots(chain)) == 5_001
    assert reachable(chain, "0") == {str(node) for node in range(1, 5_001)}
