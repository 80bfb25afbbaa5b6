"""PLB40x: what runs where, and whether it fits."""

from collections import Counter
from collections.abc import Iterator

from plumbline.effective.deployment import deployments
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import placed_services
from validators.rules.registry import Violation, rule


@rule(
    "PLB401",
    title="service placed more than once in a mode",
    why="Which of them holds the state, and which does a need mean? A store that exists twice is two stores.",
    fix="Name it in one role. An agent that belongs on each node says `per_node: true`.",
    failing="""
topology/single.yaml:
  roles:
    host: {services: [web, db]}
    other: {title: Other, services: [db], size: {vcpus: 2, memory_mib: 4096, disk_gb: 40, reserve_mib: 512}}
""",
    passing="topology/single.yaml: {roles: {host: {services: [web, db]}}}",
)
def placed_twice(spec: Spec) -> Iterator[Violation]:
    """Services that several roles name, or one role names twice."""
    for mode, topology in spec.topology.items():
        total = Counter(name for role in topology.roles.values() for name in role.services)
        for role_name, role in topology.roles.items():
            own = Counter(role.services)
            for index, name in enumerate(role.services):
                agent = name in spec.services and spec.services[name].per_node
                if own[name] > 1 or (total[name] > 1 and not agent):
                    yield Violation(
                        path_of("topology", mode, "roles", role_name, "services", index),
                        f"`{name}` is placed {total[name]} times",
                    )


@rule(
    "PLB402",
    title="service placed nowhere",
    why="It is described, and no mode runs it.",
    fix="Name it in a role of a topology, or delete its file.",
    failing="services/idle.yaml: {title: Idle, summary: Does nothing., image: traefik}",
    passing="services/idle.yaml: {title: Idle, summary: Does nothing., image: traefik}\ntopology/single.yaml: {roles: {host: {services: [web, db, idle]}}}",
)
def placed_nowhere(spec: Spec) -> Iterator[Violation]:
    """Services that no role names; those that others need PLB105 has."""
    placed = {name for topology in spec.topology.values() for role in topology.roles.values() for name in role.services}
    needed = {need for each in placed_services(spec) for need in each.service.needs}
    for name in spec.services:
        if name not in placed | needed:
            everywhere = tuple((name, mode) for mode in spec.modes)
            yield Violation(path_of("services", name, "title"), f"`{name}` is placed in no mode", explains=everywhere)


@rule(
    "PLB403",
    title="memory limits beyond the node's memory",
    why="Under load the kernel kills whatever it likes, not what is over its limit.",
    fix="Lower limits, move a service to another role, or take a larger node.",
    failing="services/db.yaml: {limits: {memory_mib: 4096, cpus: 1}}",
    passing="services/db.yaml: {limits: {memory_mib: 2048, cpus: 1}}",
)
def too_much_memory(spec: Spec) -> Iterator[Violation]:
    """Roles whose services' limits exceed memory less reserve."""
    for deployment in deployments(spec):
        size = spec.topology[deployment.mode].roles[deployment.role].size
        wanted = sum(each.limits.memory_mib for each in deployment.services.values() if each.limits)
        have = size.memory_mib - size.reserve_mib
        if wanted > have:
            yield Violation(
                path_of("topology", deployment.mode, "roles", deployment.role, "size"),
                f"limits add up to {wanted} MiB, and {have} MiB are left after the reserve",
            )


@rule(
    "PLB404",
    title="processor limits beyond the node's cores",
    why="A limit that the node cannot give is no promise; the services slow each other down.",
    fix="Lower limits, move a service, or take a larger node.",
    failing="services/db.yaml: {limits: {memory_mib: 512, cpus: 3}}",
    passing="services/db.yaml: {limits: {memory_mib: 512, cpus: 1.5}}",
)
def too_many_cores(spec: Spec) -> Iterator[Violation]:
    """Roles whose services' limits exceed the cores."""
    for deployment in deployments(spec):
        size = spec.topology[deployment.mode].roles[deployment.role].size
        wanted = round(sum(each.limits.cpus for each in deployment.services.values() if each.limits), 3)
        if wanted > size.vcpus:
            yield Violation(
                path_of("topology", deployment.mode, "roles", deployment.role, "size"),
                f"limits add up to {wanted:g} cores, and the node has {size.vcpus}",
            )


_OTHER = "{title: Larger, count: 0, variant_of: host, services: %s, size: {vcpus: 4, memory_mib: 8192, disk_gb: 80, reserve_mib: 512}}"


@rule(
    "PLB405",
    title="variant of a role with services of its own, or smaller than it",
    why="A variant takes the role's place with the role's services; it has to be large enough for them.",
    fix="Leave its services empty, and give it at least the role's cores and memory.",
    failing="topology/single.yaml: {roles: {large: %s}}" % (_OTHER % "[db]"),
    passing="topology/single.yaml: {roles: {large: %s}}" % (_OTHER % "[]"),
)
def odd_variant(spec: Spec) -> Iterator[Violation]:
    """Variants that could not take the role's place."""
    for mode, topology in spec.topology.items():
        for name, role in topology.roles.items():
            base = topology.roles.get(role.variant_of or "")
            if base is None:
                continue
            if role.services:
                yield Violation(
                    path_of("topology", mode, "roles", name, "services"),
                    f"a variant of `{role.variant_of}` has its services",
                )
            if role.size.vcpus < base.size.vcpus or role.size.memory_mib < base.size.memory_mib:
                yield Violation(
                    path_of("topology", mode, "roles", name, "size"), f"is smaller than `{role.variant_of}`"
                )


@rule(
    "PLB406",
    title="more nodes at the start than at most",
    why="The role could not be provisioned as it says.",
    fix="Raise max_count, or lower count.",
    failing="topology/single.yaml: {roles: {host: {count: 3, max_count: 2}}}",
    passing="topology/single.yaml: {roles: {host: {count: 2, max_count: 2}}}",
)
def too_many_nodes(spec: Spec) -> Iterator[Violation]:
    """Roles whose count exceeds max_count."""
    for mode, topology in spec.topology.items():
        for name, role in topology.roles.items():
            if role.count > role.max_count:
                yield Violation(
                    path_of("topology", mode, "roles", name, "count"),
                    f"starts with {role.count} nodes, and {role.max_count} is the most",
                )
