"""One service of a compose project: hardened, pinned, and with every value exactly as the spec has it."""

from functools import partial
from typing import Any

from generators.compose.http_health import http_test
from generators.compose.interpolation import address_variable, literal, secret_variable
from generators.compose.mounts import OPEN, bind, tmpfs_options, volume
from generators.compose.waits import profiles, waits
from generators.provenance import Origins, OutputPath
from plumbline.effective.config_files import config_behind, config_mounts
from plumbline.effective.deployment import (
    Deployment,
    field_path,
    image_reference,
    is_sealed,
    needs_on_other_nodes,
    ports_for_other_nodes,
)
from plumbline.effective.expression_names import SECRET_FOLDER, service_names
from plumbline.effective.expression_places import known_in_service, value_places
from plumbline.effective.volumes import volume_mounts
from plumbline.expressions.rendering import value_text
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.service import Health, Service
from schema.types import Value

LABEL = "io.plumbline"


class ServiceWriter:
    """Writes services of one deployment; gathers the volumes, secrets and variables that they use."""

    def __init__(self, spec: Spec, deployment: Deployment, origins: Origins):
        self.spec = spec
        self.deployment = deployment
        self.origins = origins
        self.volumes: set[str] = set()
        self.secrets: set[str] = set()
        """Secrets that are files."""
        self.open_secrets: set[str] = set()
        """Secrets whose value is in a service's environment."""
        self.variables: dict[str, str] = {}
        """Variables that the file asks for, with their meaning."""
        self._waits = waits(deployment.services)
        self._profiles = profiles(deployment.services)

    def write(self, name: str) -> dict[str, Any]:
        """The service's part of the compose file."""
        service = self.deployment.services[name]
        names = service_names(self.spec, self.deployment.mode, name)
        parts: list[tuple[str, str, Any]] = [
            ("image", "image", self._image(service)),
            ("pull_policy", "", "never" if is_sealed(self.spec, self.deployment.mode) else None),
            ("hostname", "", name),
            ("profiles", "profile" if service.profile else "kind", self._profiles[name]),
            ("entrypoint", "entrypoint", _words(service.entrypoint, names)),
            ("command", "command", _words(service.command, names)),
            ("user", "user", service.user),
            ("environment", "", self._environment(name, service, names)),
            ("secrets", "secrets", self._secrets(name, service)),
            ("depends_on", "needs", self._depends_on(name)),
            ("extra_hosts", "needs", self._extra_hosts(name)),
            ("networks", "segments", list(service.segments)),
            ("expose", "ports", [str(port) for port in sorted(set(service.ports.values()))]),
            ("ports", "", self._ports(name, service)),
            ("volumes", "", self._mounts(name, service)),
            ("tmpfs", "tmpfs", [f"{path}:{tmpfs_options(path, service.user)}" for path in service.tmpfs]),
            ("healthcheck", "health", self._healthcheck(service, names)),
            *_limits(service),
            ("stop_grace_period", "stop_grace_s", f"{service.stop_grace_s}s"),
            ("restart", "kind", "no" if service.kind == "job" else "unless-stopped"),
            ("read_only", "", True),
            ("cap_drop", "", ["ALL"]),
            ("cap_add", "capabilities", list(service.capabilities)),
            ("security_opt", "", ["no-new-privileges:true"]),
            ("logging", "", self._logging()),
            ("labels", "", self._labels(name)),
        ]
        for key, field, value in parts:
            if field and _is_said(key, value):
                self._note(name, (key,), self._at(name, field))
        self._note_derived(name, service)
        return {key: value for key, _, value in parts if _is_said(key, value)}

    def _at(self, name: str, field: str, key: str | None = None) -> PathText:
        """Where a field of the service stands, as it is in the mode."""
        return field_path(name, self.spec.services[name], self.deployment.mode, field, key)

    def _note(self, name: str, place: OutputPath, *paths: PathText) -> None:
        """Where something that is written of the service comes from, beside what is known of it."""
        whole = ("services", name, *place)
        known = self.origins.get(whole, ())
        self.origins[whole] = tuple(dict.fromkeys((*((known,) if isinstance(known, PathText) else known), *paths)))

    def _note_derived(self, name: str, service: Service) -> None:
        """What comes from more than the field that it is called after."""
        at, mode, image = partial(self._at, name), self.deployment.mode, path_of("images", service.image)
        known = known_in_service(self.spec, mode, name)
        self._note(name, (), path_of("services", name))
        pinned = self.spec.images.images[service.image].digest and not is_sealed(self.spec, mode)
        self._note(
            name, ("image",), *(path_of(image, part) for part in ("repository", "tag", *(["digest"] * bool(pinned))))
        )
        self._note(name, ("labels", f"{LABEL}.platform"), path_of("platform", "name"))
        for field in ("entrypoint", "command"):
            for word in getattr(service, field) or ():
                self._note(name, (field,), *value_places(word, known))
        for variable, value in service.environment.items():
            self._note(name, ("environment", variable), at("environment", variable), *value_places(value, known))
        for index, each in enumerate(sorted(set(service.ports.values()))):
            names = [port for port, number in service.ports.items() if number == each]
            self._note(name, ("expose", index), *(at("ports", port) for port in names))
        for index, path in enumerate(service.tmpfs):
            owner = () if path in OPEN else (at("user"),)
            self._note(name, ("tmpfs", index), path_of(at("tmpfs"), index), *owner)
        for key, field in LIMITS.items():
            self._note(name, (key,), path_of(at("limits"), field))
        logs = path_of("platform", "logs")
        self._note(name, ("logging",), logs)
        self._note(name, ("logging", "options", "max-size"), path_of(logs, "max_size_mib"))
        self._note(name, ("logging", "options", "max-file"), path_of(logs, "max_files"))
        if is_sealed(self.spec, mode):
            self._note(name, ("pull_policy",), path_of("topology", mode, "egress"))
        if service.health:
            self._note_health(name, service.health, image)

    def _note_health(self, name: str, health: Health, image: PathText) -> None:
        at = self._at(name, "health")
        test = ("healthcheck", "test")
        if health.http:
            port = self._at(name, "ports", health.http.port)
            self._note(name, test, path_of(at, "http"), port, path_of(image, "http_client"))
        else:
            known = known_in_service(self.spec, self.deployment.mode, name)
            words = (place for word in health.command or () for place in value_places(word, known))
            self._note(name, test, path_of(at, "command"), *words)
        for key, field in HEALTH.items():
            self._note(name, ("healthcheck", key), path_of(at, field))

    def _image(self, service: Service) -> str:
        return image_reference(self.spec, self.deployment.mode, self.spec.images.images[service.image])

    def _environment(self, name: str, service: Service, names: dict[str, Any]) -> dict[str, str]:
        values = {key: literal(value_text(value, names)) for key, value in service.environment.items()}
        for secret, use in service.secrets.items():
            if variable := use.variable or use.environment:
                self._note(name, ("environment", variable), self._at(name, "secrets", secret))
            if use.variable:
                values[use.variable] = f"{SECRET_FOLDER}/{secret}"
            if use.environment:
                variable = secret_variable(secret)
                self.open_secrets.add(secret)
                values[use.environment] = f"${{{variable}:?}}"
                self.variables[variable] = f"secret {secret}"
        return dict(sorted(values.items()))

    def _secrets(self, name: str, service: Service) -> list[str]:
        used = sorted(secret for secret, use in service.secrets.items() if not use.environment)
        self.secrets |= set(used)
        for index, secret in enumerate(used):
            self._note(name, ("secrets", index), self._at(name, "secrets", secret))
        return used

    def _depends_on(self, name: str) -> dict[str, Any]:
        conditions: dict[str, Any] = {}
        for need in self._waits[name]:
            other = self.deployment.services[need]
            done = "service_completed_successfully" if other.kind == "job" else "service_healthy"
            conditions[need] = {"condition": done if other.health or other.kind == "job" else "service_started"}
            decided = (self._at(need, "kind"), self._at(need, "health"))
            self._note(name, ("depends_on", need), *self._reasons(name, need))
            self._note(name, ("depends_on", need, "condition"), *decided)
        return conditions

    def _reasons(self, name: str, awaited: str) -> list[PathText]:
        """Where the spec says that a service waits for another."""
        service = self.deployment.services[name]
        after = [path_of(self._at(name, "after"), index) for index, each in enumerate(service.after) if each == awaited]
        return after + [self._at(name, "needs", awaited)] * (awaited in service.needs)

    def _extra_hosts(self, name: str) -> list[str]:
        """Names of services on other nodes, by the address of their node."""
        hosts: list[str] = []
        for need, role in needs_on_other_nodes(self.spec, self.deployment, name).items():
            variable = address_variable(role)
            self.variables[variable] = f"private address of the {role} node"
            self._note(
                name, ("extra_hosts", len(hosts)), self._at(name, "needs", need), _place_of(self.deployment.mode, role)
            )
            hosts.append(f"{need}=${{{variable}:?}}")
        return hosts

    def _ports(self, name: str, service: Service) -> list[dict[str, Any]]:
        ports: list[dict[str, Any]] = []
        for port, publication in service.publish.items():
            number, published = self._at(name, "ports", port), self._at(name, "publish", port)
            self._note_port(
                name, len(ports), published, number, path_of(published, "port"), path_of(published, "address")
            )
            ports.append(_port(service.ports[port], publication.port, publication.address))
        for port in ports_for_other_nodes(self.spec, self.deployment.mode, name):
            self.variables["PRIVATE_ADDRESS"] = "private address of this node"
            number = self._at(name, "ports", port)
            self._note_port(name, len(ports), number, number, number)
            ports.append(_port(service.ports[port], service.ports[port], "${PRIVATE_ADDRESS:?}"))
        return ports

    def _note_port(self, name: str, index: int, whole: PathText, *parts: PathText) -> None:
        self._note(name, ("ports", index), whole)
        for key, path in zip(("target", "published", "host_ip"), parts, strict=False):
            self._note(name, ("ports", index, key), path)

    def _mounts(self, name: str, service: Service) -> list[dict[str, Any]]:
        mounts: list[dict[str, Any]] = []

        def add(mount: dict[str, Any], whole: PathText, **parts: tuple[PathText, ...]) -> None:
            self._note(name, ("volumes", len(mounts)), whole)
            for key, paths in parts.items():
                self._note(name, ("volumes", len(mounts), key), *paths)
            mounts.append(mount)

        for each in volume_mounts(name, service):
            self.volumes.add(each.name)
            key = each.key if isinstance(each.key, str) else None
            at = self._at(name, each.field, key) if key else path_of(self._at(name, each.field), each.key)
            add(volume(each, name), at, target=(at if each.owner == name else path_of(at, "target"),))
        for model, target in service.models.items():
            at, path = self._at(name, "models", model), self.spec.models.models[model].path
            add(bind(f"./{path}", target, True), at, source=(path_of("models", model, "path"),), target=(at,))
        for target, path in config_mounts(service).items():
            at = self._at(name, "config")
            files = config_behind(service, target)
            sources = tuple(path_of(at, index, "source" if own else "target") for index, own in files)
            targets = tuple(path_of(at, index, "target") for index, _ in files)
            add(bind(f"./config/{name}/{path}", target, True), at, source=sources, target=targets)
        for index, host in enumerate(service.mounts):
            at = path_of(self._at(name, "mounts"), index)
            own = {key: (path_of(at, key),) for key in ("source", "target", "read_only")}
            add(bind(host.source, host.target, host.read_only), at, **own)
        return mounts

    def _healthcheck(self, service: Service, names: dict[str, Any]) -> dict[str, Any]:
        health = service.health
        if health is None:
            return {}
        if health.http:
            client = self.spec.images.images[service.image].http_client
            test = http_test(client, service.ports[health.http.port], health.http)
        else:
            test = ["CMD", *(value_text(word, names) for word in health.command or ())]
        return {
            "test": [literal(word) for word in test],
            "interval": f"{health.interval_s:g}s",
            "timeout": f"{health.timeout_s:g}s",
            "retries": health.retries,
            "start_period": f"{health.start_period_s:g}s",
            "start_interval": f"{health.start_interval_s:g}s",
        }

    def _logging(self) -> dict[str, Any]:
        logs = self.spec.platform.logs
        return {
            "driver": "json-file",
            "options": {"max-size": f"{logs.max_size_mib}m", "max-file": str(logs.max_files)},
        }

    def _labels(self, name: str) -> dict[str, str]:
        return {
            f"{LABEL}.mode": self.deployment.mode,
            f"{LABEL}.platform": self.spec.platform.name,
            f"{LABEL}.role": self.deployment.role,
            f"{LABEL}.service": name,
        }


def _is_said(key: str, value: Any) -> bool:
    """Whether a key is written: an empty list of words clears the image's, any other emptiness says nothing."""
    return value is not None and (value not in ([], {}) or key in ("entrypoint", "command"))


def _words(words: tuple[Value, ...] | None, names: dict[str, Any]) -> list[str] | None:
    return None if words is None else [literal(value_text(word, names)) for word in words]


def _port(target: int, published: int, address: str) -> dict[str, Any]:
    return {"target": target, "published": str(published), "host_ip": address, "protocol": "tcp"}


def _place_of(mode: str, role: str) -> PathText:
    return path_of("topology", mode, "roles", role, "services")


LIMITS = {"mem_limit": "memory_mib", "memswap_limit": "memory_mib", "cpus": "cpus", "pids_limit": "pids"}
"""Keys of Compose, with the limit that each writes."""
HEALTH = {
    "interval": "interval_s",
    "timeout": "timeout_s",
    "retries": "retries",
    "start_period": "start_period_s",
    "start_interval": "start_interval_s",
}
"""Keys of a health check, with the field that each writes."""


def _limits(service: Service) -> list[tuple[str, str, Any]]:
    limits = service.limits
    if limits is None:
        return []
    memory = f"{limits.memory_mib}m"
    return [
        ("mem_limit", "", memory),
        ("memswap_limit", "", memory),
        ("cpus", "", limits.cpus),
        ("pids_limit", "", limits.pids),
    ]
