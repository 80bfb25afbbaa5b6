"""Waits: what is written says the same as what is declared, whatever has a profile or is a job."""

from typing import Any

import networkx
from hypothesis import given
from hypothesis import strategies as st

from generators.waits import profiles, waits
from schema.service import Service

NAMES = [f"s{number}" for number in range(8)]
LIMITS = {"memory_mib": 64, "cpus": 0.1}


def service(needs: list[str], profile: str | None, kind: str) -> Service:
    """A service that needs others."""
    fields: dict[str, Any] = {"title": "S", "summary": "S.", "image": "i", "segments": ["main"], "limits": LIMITS}
    return Service.model_validate({**fields, "needs": dict.fromkeys(needs, "tcp"), "profile": profile, "kind": kind})


@st.composite
def projects(draw: st.DrawFn) -> dict[str, Service]:
    """Services without a circle, some in profiles, some jobs."""
    return {
        name: service(
            draw(st.lists(st.sampled_from(NAMES[:at]), unique=True)) if at else [],
            draw(st.sampled_from([None, None, "p", "q"])),
            draw(st.sampled_from(["service", "service", "job"])),
        )
        for at, name in enumerate(NAMES)
    }


def closure(edges: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Every pair of which the first waits for the second, directly or not."""
    graph: networkx.DiGraph[str] = networkx.DiGraph(edges)
    return set(networkx.transitive_closure(graph).edges)


@given(projects())
def test_what_is_written_stands_for_what_is_declared(services: dict[str, Service]) -> None:
    written = [(name, need) for name, needs in waits(services).items() for need in needs]
    declared = [
        (name, need)
        for name, each in services.items()
        for need in each.needs
        if not profiles(services[need]) or profiles(services[need]) == profiles(each)
    ]
    assert closure(written) == closure(declared)
    assert set(written) <= set(declared)


@given(projects())
def test_no_service_waits_for_one_that_its_profiles_leave_out(services: dict[str, Service]) -> None:
    for name, needs in waits(services).items():
        for need in needs:
            assert profiles(services[need]) in ([], profiles(services[name]))
