"""PLB411…: what a container may do, and whether the engine can tell that it is well."""

import posixpath
from collections.abc import Callable, Iterator

from plumbline.effective.config_files import TENANT, config_mounts
from plumbline.effective.volumes import gives_owners, volume_mounts
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.service import Service
from validators.rules.effective_services import Placed, once, placed_services
from validators.rules.registry import Violation, rule

DANGEROUS = frozenset(
    {
        "ALL",
        "SYS_ADMIN",
        "NET_ADMIN",
        "SYS_PTRACE",
        "SYS_MODULE",
        "SYS_RAWIO",
        "SYS_BOOT",
        "SYS_TIME",
        "BPF",
        "DAC_READ_SEARCH",
        "MAC_ADMIN",
        "MAC_OVERRIDE",
        "PERFMON",
        "SYSLOG",
    }
)
"""Capabilities with which a container can leave its confinement."""

ENGINE_SOCKETS = ("docker.sock", "containerd.sock", "podman.sock")


def _each(spec: Spec, check: Callable[[Placed], Iterator[Violation]]) -> Iterator[Violation]:
    return once(found for placed in placed_services(spec) for found in check(placed))


def _web(fields: str) -> str:
    return f"services/web.yaml: {{{fields}}}\n"


@rule(
    "PLB411",
    title="Service without a health check",
    why="Start order, updates and load balancing wait for it. Without one, a running service counts as ready.",
    fix="Add `health` with an `http` request or a `command`.",
    failing=_web("health: null"),
    passing=_web("health: {http: null, command: [/bin/ok]}"),
)
def service_without_health(spec: Spec) -> Iterator[Violation]:
    def check(placed: Placed) -> Iterator[Violation]:
        if placed.service.kind == "service" and placed.service.health is None:
            yield Violation(path_of("services", placed.id, "health"), f"service {placed.id} has no health check")

    return _each(spec, check)


@rule(
    "PLB412",
    title="Job with a health check",
    why="A job is done when it exits with 0. A health check would only see it start.",
    fix="Remove `health`, or set `kind: service`.",
    failing=_web("kind: job, health: {http: null, command: [/bin/ok]}"),
    passing=_web("kind: job, health: null"),
)
def job_with_health(spec: Spec) -> Iterator[Violation]:
    def check(placed: Placed) -> Iterator[Violation]:
        if placed.service.kind == "job" and placed.service.health is not None:
            yield Violation(placed.path("health"), f"job {placed.id} has a health check")

    return _each(spec, check)


@rule(
    "PLB413",
    title="Health check with both or neither of `http` and `command`",
    why="With both, one of them would silently not run. With neither, nothing is checked.",
    fix="Keep one of `http` and `command`.",
    failing=_web("ports: {http: 8080}, health: {http: {port: http, path: /}, command: [/bin/ok]}"),
    passing=_web("health: {http: null, command: [/bin/ok]}"),
)
def ambiguous_health(spec: Spec) -> Iterator[Violation]:
    def check(placed: Placed) -> Iterator[Violation]:
        health = placed.service.health
        if health and (health.http is None) == (health.command is None):
            amount = "neither `http` nor `command`" if health.http is None else "both `http` and `command`"
            yield Violation(placed.path("health"), f"the health check of {placed.id} has {amount}")

    return _each(spec, check)


@rule(
    "PLB414",
    title="Service without a user",
    why="Without it the image decides, and many images decide for root.",
    fix="Set `user` to the image's numeric `uid:gid`.",
    failing=_web("user: null"),
    passing=_web('user: "1000:1000"'),
)
def no_user(spec: Spec) -> Iterator[Violation]:
    def check(placed: Placed) -> Iterator[Violation]:
        if placed.service.user is None:
            yield Violation(path_of("services", placed.id, "user"), f"service {placed.id} does not set a user")

    return _each(spec, check)


@rule(
    "PLB415",
    title="Service that runs as root",
    why="Root in a container is root on the host once a kernel flaw lets it out.",
    fix="Use a uid above 0, and give its volumes that owner.",
    failing=_web('user: "0:0"'),
    passing=_web('user: "1000:1000"'),
)
def root_user(spec: Spec) -> Iterator[Violation]:
    """Services whose uid is 0; a job that does nothing but give volumes their owner has to be root."""

    def check(placed: Placed) -> Iterator[Violation]:
        if placed.service.user and int(placed.service.user.split(":")[0]) == 0 and not gives_owners(placed.service):
            yield Violation(placed.path("user"), f"service {placed.id} runs as root", observed=placed.service.user)

    return _each(spec, check)


@rule(
    "PLB416",
    title="Service without limits",
    why="One leak or fork bomb takes the node down, and nobody can tell whether a node is large enough.",
    fix="Add `limits` with `memory_mib` and `cpus`.",
    failing=_web("limits: null"),
    passing=_web("limits: {memory_mib: 64, cpus: 0.1}"),
)
def no_limits(spec: Spec) -> Iterator[Violation]:
    def check(placed: Placed) -> Iterator[Violation]:
        if placed.service.limits is None:
            yield Violation(path_of("services", placed.id, "limits"), f"service {placed.id} has no limits")

    return _each(spec, check)


@rule(
    "PLB417",
    title="Capability that lets a process out of its container",
    why="With it a process can mount, load or trace its way to the host.",
    fix="Remove it. If the program needs it, run that program on the node instead.",
    failing=_web("capabilities: [SYS_ADMIN]"),
    passing=_web("capabilities: [NET_BIND_SERVICE]"),
)
def dangerous_capability(spec: Spec) -> Iterator[Violation]:
    def check(placed: Placed) -> Iterator[Violation]:
        for index, capability in enumerate(placed.service.capabilities):
            if capability.removeprefix("CAP_") in DANGEROUS:
                yield Violation(
                    path_of(placed.path("capabilities"), index),
                    f"service {placed.id} adds {capability}",
                    observed=capability,
                )

    return _each(spec, check)


@rule(
    "PLB418",
    title="Writable mount of a folder of the node",
    why="A container that writes to the node can plant a program there, and its state is missing from the backup.",
    fix="Set `read_only: true`, or keep the state in `volumes`.",
    failing=_web("mounts: [{source: /srv/data, target: /data, read_only: false}]"),
    passing=_web("mounts: [{source: /srv/data, target: /data}]"),
)
def writable_mount(spec: Spec) -> Iterator[Violation]:
    def check(placed: Placed) -> Iterator[Violation]:
        for index, mount in enumerate(placed.service.mounts):
            if not mount.read_only:
                yield Violation(
                    path_of(placed.path("mounts"), index), f"service {placed.id} can write to {mount.source}"
                )

    return _each(spec, check)


@rule(
    "PLB419",
    title="Mount of the engine's socket",
    why="Anyone who can talk to the engine is root on the node, even through a read-only mount.",
    fix="Give the service its configuration as a file, or put a filtering proxy on the node.",
    failing=_web("mounts: [{source: /var/run/docker.sock, target: /var/run/docker.sock}]"),
    passing=_web("mounts: [{source: /srv/data, target: /data}]"),
)
def engine_socket(spec: Spec) -> Iterator[Violation]:
    def check(placed: Placed) -> Iterator[Violation]:
        for index, mount in enumerate(placed.service.mounts):
            source = posixpath.normpath(mount.source)
            if source.endswith(ENGINE_SOCKETS) or source in ("/", "/var/run", "/run"):
                yield Violation(
                    path_of(placed.path("mounts"), index),
                    f"service {placed.id} mounts {mount.source}, which holds the engine's socket",
                )

    return _each(spec, check)


@rule(
    "PLB420",
    title="Mounts at the same path",
    why="One of the two hides the other, or the engine refuses to create the container.",
    fix="Give one of them another path.",
    failing=_web("tmpfs: [/data], volumes: {state: /data}"),
    passing=_web("tmpfs: [/tmp], volumes: {state: /data}"),
)
def two_mounts_at_one_path(spec: Spec) -> Iterator[Violation]:
    def check(placed: Placed) -> Iterator[Violation]:
        seen: dict[str, str] = {}
        for field, label, target in mount_targets(placed.service):
            path = posixpath.normpath(target)
            if path in seen:
                yield Violation(
                    placed.path(field),
                    f"service {placed.id} mounts {label} at {path}, where {seen[path]} is already mounted",
                )
            seen.setdefault(path, label)

    return _each(spec, check)


def mount_targets(service: Service) -> Iterator[tuple[str, str, str]]:
    """Field, what is mounted, and where."""
    yield from (("tmpfs", "a tmpfs", target) for target in service.tmpfs)
    for each in volume_mounts("", service):
        whose = f" of {each.owner}" if each.owner else ""
        yield each.field, f"volume {each.volume}{whose}", each.target
    yield from (("models", f"model {name}", target) for name, target in service.models.items())
    yield from (("mounts", mount.source, mount.target) for mount in service.mounts)
    folders = config_mounts(service).keys() - {file.target for file in service.config}
    yield from (("config", "a folder of files for each tenant", target) for target in sorted(folders))
    yield from (("config", file.source, file.target) for file in service.config if TENANT not in file.target)


@rule(
    "PLB421",
    title="Health check whose timeout or start interval is too long",
    why="A timeout longer than the interval hides a service that has become slow.",
    fix="Set `timeout_s` to at most `interval_s`.",
    failing=_web("health: {http: null, command: [/bin/ok], interval_s: 5, timeout_s: 10}"),
    passing=_web("health: {http: null, command: [/bin/ok], interval_s: 10, timeout_s: 5}"),
)
def slow_health(spec: Spec) -> Iterator[Violation]:
    def check(placed: Placed) -> Iterator[Violation]:
        health = placed.service.health
        if health and health.timeout_s > health.interval_s:
            yield Violation(
                placed.path("health"),
                f"a health check of {placed.id} may take {health.timeout_s:g} s, but one starts "
                f"every {health.interval_s:g} s",
            )
        elif health and health.start_interval_s > max(health.start_period_s, health.interval_s):
            yield Violation(
                placed.path("health"),
                f"the first health check of {placed.id} starts after {health.start_interval_s:g} s, when its start period is over",
                "set `start_interval_s` to at most `start_period_s`",
            )

    return _each(spec, check)
