"""What the spec says about a running service, kind by kind. Pure: a `ExpectedService` in, values by key out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generators.compose.http_health import http_test
from generators.compose.mounts import tmpfs_options
from generators.compose.service import LABEL, LOGGED_LABEL
from plumbline.effective.config_files import config_mounts
from plumbline.effective.deployment import Deployment, needs_on_other_nodes, ports_for_other_nodes
from plumbline.effective.expression_names import SECRET_FOLDER, service_names
from plumbline.effective.volumes import volume_mounts
from plumbline.expressions.rendering import value_text
from plumbline.spec.spec import Spec
from plumbline.stack.engine import as_json
from plumbline.stack.layout import Node, binding_of
from schema.service import HttpHealth, Service

Values = dict[str, str]
NONE = "none"
MIB = 1024 * 1024
SECOND = 1_000_000_000


@dataclass(frozen=True)
class ImageUsed:
    """The image that a service has to run: the spec's own, or the stand-in built for it."""

    id: str
    """Identity in the engine's store, `sha256:…`."""
    config: Mapping[str, Any]
    """Its configuration, as `docker image inspect` has it under `Config`."""


@dataclass(frozen=True)
class ExpectedService:
    """A service of a deployment, and the image that it has to run."""

    spec: Spec
    deployment: Deployment
    name: str
    image: ImageUsed
    node: Node
    hosts: Mapping[str, str]
    """Names that DNS would resolve for whatever is published on the node."""

    @property
    def service(self) -> Service:
        """The effective service."""
        return self.deployment.services[self.name]

    @property
    def names(self) -> dict[str, Any]:
        """The names that its expressions know."""
        return service_names(self.spec, self.deployment.mode, self.name)


def state(declared: ExpectedService) -> Values:
    """Running and healthy without a restart, or run to its end."""
    if declared.service.kind == "job":
        return {"": "exited 0", "restarts": "0"}
    return {"": "healthy" if declared.service.health else "running", "restarts": "0"}


def image(declared: ExpectedService) -> Values:
    """The image's identity."""
    return {"": declared.image.id}


def process(declared: ExpectedService) -> Values:
    """What runs, as whom, under which name, and how long it may take to stop."""
    service, config = declared.service, declared.image.config
    command = [value_text(word, declared.names) for word in service.command or ()]
    entrypoint = [value_text(word, declared.names) for word in service.entrypoint or ()]
    if not entrypoint:
        command = command or config.get("Cmd") or []
        # an empty one clears the image's, and the engine takes its command all the same
        entrypoint = (config.get("Entrypoint") or []) if service.entrypoint is None else []
    return {
        "command": as_json(command),
        "entrypoint": as_json(entrypoint),
        "user": service.user or config.get("User") or NONE,
        "hostname": declared.name,
        "stop_grace": f"{service.stop_grace_s} s",
    }


def environment(declared: ExpectedService) -> Values:
    """The image's variables, overlaid with the spec's. A secret's value is never shown."""
    values = dict(entry.split("=", 1) for entry in declared.image.config.get("Env") or [])
    values |= {key: value_text(value, declared.names) for key, value in declared.service.environment.items()}
    for secret, use in declared.service.secrets.items():
        if use.variable:
            values[use.variable] = f"{SECRET_FOLDER}/{secret}"
        if use.environment:
            values[use.environment] = SECRET_VALUE
    return values


SECRET_VALUE = "(secret)"


def storage(declared: ExpectedService) -> Values:
    """Every mount by its place in the container."""
    service, models = declared.service, declared.spec.models.models
    volumes = volume_mounts(declared.name, service)
    mounts = {each.target: f"volume {each.name} {'ro' if each.read_only else 'rw'}" for each in volumes}
    mounts |= {target: f"bind ./{models[model].path} ro" for model, target in service.models.items()}
    mounts |= {target: f"bind ./config/{declared.name}/{path} ro" for target, path in config_mounts(service).items()}
    mounts |= {mount.target: f"bind {mount.source} {'ro' if mount.read_only else 'rw'}" for mount in service.mounts}
    mounts |= {path: f"tmpfs {tmpfs_options(path, service.user)}" for path in service.tmpfs}
    for secret, use in service.secrets.items():
        if not use.environment:
            mounts[f"{SECRET_FOLDER}/{secret}"] = f"bind ./secrets/{secret} ro"
    return mounts


def limits(declared: ExpectedService) -> Values:
    """Memory in bytes, swap, cores, processes."""
    wanted = declared.service.limits
    if wanted is None:
        return {"memory": NONE, "memory_and_swap": NONE, "cpus": NONE, "pids": NONE}
    memory = f"{wanted.memory_mib} MiB"
    return {"memory": memory, "memory_and_swap": memory, "cpus": f"{wanted.cpus:g}", "pids": str(wanted.pids)}


def security(declared: ExpectedService) -> Values:
    """The hardening that every generated service has."""
    return {
        "read_only_root": "true",
        "capabilities_dropped": "ALL",
        "capabilities_added": " ".join(sorted(declared.service.capabilities)) or NONE,
        "options": "no-new-privileges:true",
        "privileged": "false",
        "host_namespaces": NONE,
        "devices": NONE,
    }


def networks(declared: ExpectedService) -> Values:
    """The networks that it joins, under its own name."""
    return dict.fromkeys(declared.service.segments, f"as {declared.name}")


def ports(declared: ExpectedService) -> Values:
    """Published ports: port in the container → address on the node."""
    service, node = declared.service, declared.node
    places = {
        f"{service.ports[port]}/tcp": "{}:{}".format(*binding_of(node, publication))
        for port, publication in service.publish.items()
    }
    for port in ports_for_other_nodes(declared.spec, declared.deployment.mode, declared.name):
        places[f"{service.ports[port]}/tcp"] = f"{node.address}:{service.ports[port]}"
    return places


def hosts(declared: ExpectedService) -> Values:
    """Names of services on other nodes, and of the nodes that the entry passes requests to."""
    needs = needs_on_other_nodes(declared.spec, declared.deployment, declared.name)
    found = {need: declared.node.peers[role] for need, role in needs.items()}
    return found | (dict(declared.hosts) if declared.service.publish else {})


def health(declared: ExpectedService) -> Values:
    """The configured check; the image's own where the spec has none."""
    wanted = declared.service.health
    if wanted is None:
        return {}
    if wanted.http:
        test = _http_test(declared, wanted.http)
    else:
        test = ["CMD", *(value_text(word, declared.names) for word in wanted.command or ())]
    return {
        "test": as_json(test),
        "interval": f"{wanted.interval_s:g} s",
        "timeout": f"{wanted.timeout_s:g} s",
        "start_period": f"{wanted.start_period_s:g} s",
        "start_interval": f"{wanted.start_interval_s:g} s",
        "retries": str(wanted.retries),
    }


def _http_test(declared: ExpectedService, http: HttpHealth) -> list[str]:
    client = declared.spec.images.images[declared.service.image].http_client
    return http_test(client, declared.service.ports[http.port], http)


def upkeep(declared: ExpectedService) -> Values:
    """What happens when it ends, and to what it writes."""
    logs = declared.spec.platform.logs
    return {
        "restart": "no" if declared.service.kind == "job" else "unless-stopped",
        "log": f"json-file labels={LOGGED_LABEL} max-file={logs.max_files} max-size={logs.max_size_mib}m",
    }


def labels(declared: ExpectedService) -> Values:
    """The labels by which it is found again."""
    return {
        f"{LABEL}.mode": declared.deployment.mode,
        f"{LABEL}.platform": declared.spec.platform.name,
        f"{LABEL}.role": declared.deployment.role,
        f"{LABEL}.service": declared.name,
    }
