"""PLB722: what a mode without a way out leaves open."""

from collections.abc import Iterator

from plumbline.effective.deployment import ports_for_other_nodes, services_of
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.registry import Violation, rule

_EXAMPLE = """
topology/single.yaml: {{egress: false}}
networks.yaml: {{networks: {{back: {{modes: {{single: {{internal: {internal}}}}}}}}}}}
"""


@rule(
    "PLB722",
    title="Open segment in a mode without egress",
    why="Only published services need a segment that is not internal. Any other open segment breaks the isolation.",
    fix="Set `internal: true`, or `egress: true` in the mode's topology if it may reach the internet.",
    failing=_EXAMPLE.format(internal="false"),
    passing=_EXAMPLE.format(internal="true"),
)
def open_segment(spec: Spec) -> Iterator[Violation]:
    """Open segments of sealed modes that no publishing service needs: it has one already, with fewer services in it."""
    for mode, topology in spec.topology.items():
        if topology.egress:
            continue
        services = services_of(spec, mode)
        members = {
            name: [each for each, service in services.items() if name in service.segments]
            for name, network in spec.networks.networks.items()
            if mode in network.modes and not network.modes[mode].internal
        }
        publishing = {
            name for name, service in services.items() if service.publish or ports_for_other_nodes(spec, mode, name)
        }
        needed = {
            min(ways, key=lambda way: (len(members[way]), way))
            for name in publishing
            if (ways := [way for way, inside in members.items() if name in inside])
        }
        for name in sorted(set(members) - needed):
            if members[name]:
                yield Violation(
                    path_of("networks", name, "modes", mode, "internal"),
                    f"segment {name} is open in mode {mode}, which has no egress, and no published service needs it",
                    expected="true",
                    observed="false",
                    also=((path_of("topology", mode, "egress"), "the mode has no egress"),),
                )
