"""What is tried live between places, and what is expected, is what the relations say from which pages and pictures are made."""

from collections.abc import Callable, Sequence

import pytest

from plumbline.effective.deployment import roles_of
from plumbline.effective.reachability import Reach, reachability
from plumbline.effective.relations import Because, between_services
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.stack.layout import nodes_of
from plumbline.stack.probing import ProbeAnswer
from plumbline.stack.project import ComposeProject
from proofs.wrong_specs import files_of
from tests.generators.test_one_relation import three_roles
from tests.rules.three_modes import three_modes
from validators.stack.reach import RunningService, needed_ports, reach_questions, reach_table


def of(name: str) -> Callable[[], Spec]:
    def loaded() -> Spec:
        spec, problems = load_spec(files_of(name))
        assert spec is not None, problems
        return spec

    return loaded


def agents() -> Spec:
    """A service needs an agent that stands on two other nodes, and none beside it."""
    files = dict(files_of("shipped"))
    online, serving = "topology/online.yaml", "services/serving.yaml"
    files[online] = files[online].replace("prometheus, grafana, alloy]", "prometheus, grafana]")
    files[serving] = files[serving].replace("needs: {", "needs: {alloy: http, ", 1)
    spec, problems = load_spec(files)
    assert spec is not None, problems
    return spec


SHAPES: dict[str, tuple[Callable[[], Spec], str, Sequence[str]]] = {
    "one host": (of("shipped"), "offline", ()),
    "nodes of two tenants": (of("shipped"), "online", ("acme", "globex")),
    "agents on two other nodes": (agents, "online", ("acme",)),
    "the starter": (of("starter"), "single", ()),
    "two nodes": (three_modes, "cluster", ()),
    "three roles": (three_roles, "left", ()),
}


def places_of(spec: Spec, mode: str, tenants: Sequence[str]) -> list[RunningService]:
    """A place for every service of every node, with an address of its own in each of its networks."""
    found: list[RunningService] = []
    for node in nodes_of(spec, mode, tenants):
        project = ComposeProject(f"p-{node.name or mode}", node, "", {})
        for name, service in node.deployment.services.items():
            number = len(found) + 1
            addresses = {segment: f"172.{16 + index}.0.{number}" for index, segment in enumerate(service.segments)}
            found.append(RunningService(project, name, f"c{number}", number, addresses))
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_a_place_needs_what_its_service_needs_or_collects_of_its_own_tenant_and_nearest_node(shape: str) -> None:
    make, mode, tenants = SHAPES[shape]
    spec = make()
    places = places_of(spec, mode, tenants)
    wanted = {}
    for source in places:
        for target in places:
            port = source.project.deployment.services[source.service].needs.get(target.service)
            if (
                source.service in spec.monitoring.collectors
                and source.project is target.project
                and target is not source
            ):
                metrics = target.project.deployment.services[target.service].metrics
                port = port or (metrics.port if metrics else None)
            here, there = source.project.node, target.project.node
            beside = target.service in here.deployment.services
            nearest = here is there if beside else there.deployment.role == roles_of(spec, mode, target.service)[0]
            if port and here.tenant == there.tenant and nearest:
                wanted[source.key, target.key] = port
    assert wanted
    assert needed_ports(spec, places) == wanted


@pytest.mark.parametrize("shape", SHAPES)
def test_what_must_and_must_not_be_reached_is_what_the_pages_say(shape: str) -> None:
    make, mode, tenants = SHAPES[shape]
    spec = make()
    places = places_of(spec, mode, tenants)
    table = reach_table(spec, places, {place.key: ProbeAnswer({}) for place in places})
    said = reachability(spec, mode)
    by_key = {place.key: place for place in places}
    must = set()
    for row in table:
        source, target = by_key[row.source], by_key[row.target]
        pair = source.service, target.service
        if row.expected is Reach.MUST:
            must.add((*pair, row.port))
            assert said[pair] is Reach.MUST, row
        if source.project is target.project and source.service != target.service:
            assert (row.expected is Reach.MUST_NOT) == (said[pair] is Reach.MUST_NOT), row
    needs = {
        (each.source, each.target, each.port)
        for each in between_services(spec, mode)
        if each.because in (Because.NEED, Because.COLLECTED)
    }
    assert must == needs


@pytest.mark.parametrize("shape", SHAPES)
def test_every_row_is_asked_for(shape: str) -> None:
    make, mode, tenants = SHAPES[shape]
    spec = make()
    places = places_of(spec, mode, tenants)
    asked = reach_questions(spec, places)
    for row in reach_table(spec, places, {place.key: ProbeAnswer({}) for place in places}):
        tried = [each.rpartition(" ")[0].removesuffix(" not") for each in row.how.split(", ") if each]
        assert set(tried) <= set(asked[row.source].addresses), row
