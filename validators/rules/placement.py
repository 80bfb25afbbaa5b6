"""PLB40x: what runs where, and whether it fits."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from plumbline.effective.deployment import Deployment, deployments, field_path
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.service import Limits, Service
from schema.topology import NodeSize
from validators.rules.effective_services import placed_services
from validators.rules.registry import Violation, rule


@rule(
    "PLB401",
    title="Service placed more than once in a mode",
    why="It is unclear which copy holds the state and which one a need means. A store that exists twice is two stores.",
    fix="Name it in one role. For an agent that runs on each node, set `per_node: true`.",
    failing="""
topology/single.yaml:
  roles:
    host: {services: [web, db]}
    other: {title: Other, services: [db], size: {vcpus: 2, memory_mib: 4096, disk_gb: 40, reserve_mib: 512}}
""",
    passing="topology/single.yaml: {roles: {host: {services: [web, db]}}}",
)
def placed_twice(spec: Spec) -> Iterator[Violation]:
    """Services that several roles name, or one role names twice; each once in a mode, with all its places."""
    for mode, topology in spec.topology.items():
        for name in services_twice(spec, mode):
            places = [
                path_of("topology", mode, "roles", role_name, "services", index)
                for role_name, role in topology.roles.items()
                for index, each in enumerate(role.services)
                if each == name
            ]
            also = tuple((place, "placed here too") for place in places[:-1])
            yield Violation(places[-1], f"`{name}` is placed {len(places)} times in mode {mode}", also=also)


def services_twice(spec: Spec, mode: str) -> list[str]:
    """Services that a mode places more than once, although they are no agents, or twice in one role."""
    roles = spec.topology[mode].roles.values()
    total = Counter(name for role in roles for name in role.services)
    in_one = {name for role in roles for name, times in Counter(role.services).items() if times > 1}
    agents = {name for name, service in spec.services.items() if service.per_node}
    return [name for name, times in total.items() if name in in_one or (times > 1 and name not in agents)]


@rule(
    "PLB402",
    title="Service that no mode runs",
    why="It is described, but it never starts.",
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
    title="Memory limits above the node's memory",
    why="Under load the kernel kills any process, not the one that is above its limit.",
    fix="Lower the limits, move a service to another role, or use a larger node.",
    failing="services/db.yaml: {limits: {memory_mib: 4096, cpus: 1}}",
    passing="services/db.yaml: {limits: {memory_mib: 2048, cpus: 1}}",
)
def too_much_memory(spec: Spec) -> Iterator[Violation]:
    """Roles whose services' limits exceed memory less reserve."""
    left = "only {} MiB are left after the reserve"
    yield from _too_large(spec, "memory_mib", " MiB", lambda size: size.memory_mib - size.reserve_mib, left)


@rule(
    "PLB404",
    title="CPU limits above the node's cores",
    why="The node cannot give what the limits promise, so the services slow each other down.",
    fix=(
        "Lower the limits, move a service, or use a larger node. If not all of them need their limit at once, set "
        "`overcommit` in the role's `size`."
    ),
    failing="services/db.yaml: {limits: {memory_mib: 512, cpus: 3}}",
    passing="topology/single.yaml: {roles: {host: {size: {overcommit: 2}}}}\nservices/db.yaml: {limits: {memory_mib: 512, cpus: 2}}",
)
def too_many_cores(spec: Spec) -> Iterator[Violation]:
    """Roles whose services' limits exceed the cores, or what `overcommit` makes of them; and a limit above all cores."""
    yield from _too_large(spec, "cpus", " cores", lambda size: size.vcpus * size.overcommit, "the node has {}")


@rule(
    "PLB408",
    title="CPU limit above the cores of the node",
    why="The engine refuses to create the container: a limit is at most what the host has.",
    fix="Lower the limit, or use a larger node.",
    failing="topology/single.yaml: {roles: {host: {size: {overcommit: 4}}}}\nservices/db.yaml: {limits: {memory_mib: 512, cpus: 3}}",
    passing="topology/single.yaml: {roles: {host: {size: {overcommit: 4}}}}\nservices/db.yaml: {limits: {memory_mib: 512, cpus: 2}}",
)
def more_than_all_cores(spec: Spec) -> Iterator[Violation]:
    """Services whose limit exceeds the cores, where `overcommit` lets it pass PLB404."""
    for deployment in deployments(spec):
        size = spec.topology[deployment.mode].roles[deployment.role].size
        for name, service in deployment.services.items():
            if service.limits and size.vcpus < service.limits.cpus <= size.vcpus * size.overcommit:
                yield Violation(
                    field_path(name, spec.services[name], deployment.mode, "limits"),
                    f"`{name}` may use {service.limits.cpus:g} cores, but a node of role {deployment.role} has {size.vcpus}",
                )


@rule(
    "PLB407",
    title="Logs larger than the node's disk",
    why="The engine keeps this much of each container's log before it rotates. When the disk is full, databases stop writing first.",
    fix="Lower `logs.max_size_mib` or `logs.max_files` in platform.yaml, or use a larger disk.",
    failing="platform.yaml: {logs: {max_size_mib: 20000, max_files: 3}}",
    passing="platform.yaml: {logs: {max_size_mib: 10, max_files: 3}}",
)
def too_much_log(spec: Spec) -> Iterator[Violation]:
    """Roles whose containers' logs, each as long as it may get, are larger than the disk."""
    rotation = spec.platform.logs
    for deployment in deployments(spec):
        disk = spec.topology[deployment.mode].roles[deployment.role].size.disk_gb
        each = rotation.max_size_mib * rotation.max_files * 2**20 / 1e9
        if (total := each * len(deployment.services)) > disk:
            yield Violation(
                path_of("platform", "logs", "max_size_mib"),
                f"logs of role {deployment.role} may take {total:.0f} GB in mode {deployment.mode}, but its disk has {disk} GB",
                observed=str(rotation.max_size_mib),
                also=((path_of("topology", deployment.mode, "roles", deployment.role, "size"), "the node's size"),),
            )
            return


@dataclass(frozen=True)
class _Full:
    """A node whose services' limits are too large for it together."""

    deployment: Deployment
    message: str
    culprits: Mapping[PathText, str]
    """Limits without which the rest fits, the largest first, and whose they are."""

    @property
    def size(self) -> PathText:
        """Where the node's size stands."""
        return path_of("topology", self.deployment.mode, "roles", self.deployment.role, "size")


def _too_large(spec: Spec, field: str, unit: str, room: Callable[[NodeSize], float], left: str) -> Iterator[Violation]:
    """Nodes that are too small, each at its size; where a limit makes several of them so, that one, once."""
    full = [each for deployment in deployments(spec) for each in _full(spec, deployment, field, unit, room, left)]
    shared = [path for path in full[0].culprits if all(path in each.culprits for each in full)] if full else []
    if len(full) > 1 and shared:
        also = tuple((each.size, f"in mode {each.deployment.mode} {each.message}") for each in full)
        name = full[0].culprits[shared[0]]
        yield Violation(shared[0], f"with those of `{name}`, {full[0].message}", also=also)
        return
    for each in full:
        also = tuple((path, f"the limits of `{name}`") for path, name in list(each.culprits.items())[:1])
        yield Violation(each.size, each.message, also=also)


def _full(
    spec: Spec, deployment: Deployment, field: str, unit: str, room: Callable[[NodeSize], float], left: str
) -> Iterator[_Full]:
    if set(services_twice(spec, deployment.mode)) & set(deployment.services):
        return  # PLB401 says so
    services, have = deployment.services, room(spec.topology[deployment.mode].roles[deployment.role].size)

    def limit(limits: Limits) -> float:
        return float(getattr(limits, field))

    wanted = round(_at_once(services, limit), 3)
    if wanted <= have:
        return
    by_size = sorted((each for each in services.items() if each[1].limits), key=lambda each: -limit(each[1].limits))  # type: ignore[arg-type]
    culprits = {
        field_path(name, spec.services[name], deployment.mode, "limits"): name
        for name, _ in by_size
        if _at_once({other: each for other, each in services.items() if other != name}, limit) <= have
    }
    yield _Full(deployment, f"limits add up to {wanted:.10g}{unit}, but {left.format(f'{have:.10g}')}", culprits)


def _at_once(services: Mapping[str, Service], of: Callable[[Limits], float]) -> float:
    """What limits add up to at any time. A job that a service starts after has ended by then: the larger of both counts."""
    total, counted = 0.0, set[str]()
    awaited = {job for service in services.values() for job in service.after if job in services}
    for name, service in services.items():
        if service.kind == "job" and name in awaited:
            continue
        before = [
            job for job in service.after if job in services and services[job].kind == "job" and job not in counted
        ]
        counted.update(before)
        jobs = [limits for job in before if (limits := services[job].limits)]
        total += max(of(service.limits) if service.limits else 0, sum(map(of, jobs)))
    return total


_OTHER = "{title: Larger, count: 0, variant_of: host, services: %s, size: {vcpus: 4, memory_mib: 8192, disk_gb: 80, reserve_mib: 512}}"


@rule(
    "PLB405",
    title="Role variant that lists services or is smaller than its base role",
    why="A variant replaces its base role and runs that role's services, so it has to be large enough for them.",
    fix="Leave its services empty, and give it at least the base role's cores and memory.",
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
                    f"a variant of `{role.variant_of}` lists services of its own",
                )
            if role.size.vcpus < base.size.vcpus or role.size.memory_mib < base.size.memory_mib:
                yield Violation(
                    path_of("topology", mode, "roles", name, "size"), f"is smaller than `{role.variant_of}`"
                )


@rule(
    "PLB406",
    title="`count` larger than `max_count`",
    why="The role cannot be provisioned as it is described.",
    fix="Raise `max_count`, or lower `count`.",
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
                    f"starts with {role.count} nodes, but may have at most {role.max_count}",
                )
