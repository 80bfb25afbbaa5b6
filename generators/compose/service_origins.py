"""Where each part of a service in a compose file comes from. Asked for by `plumb why` and by reports of drift alone."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from generators.compose.mounts import OPEN
from generators.compose.service import LABEL
from generators.provenance import Origins, OutputPath
from plumbline.effective.config_files import config_behind, config_mounts
from plumbline.effective.deployment import (
    Deployment,
    field_path,
    is_sealed,
    needs_on_other_nodes,
    ports_for_other_nodes,
)
from plumbline.effective.expression_places import known_in_service, value_places
from plumbline.effective.volumes import volume_mounts
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.service import Health
from schema.types import Value

Noted = Iterator[tuple[OutputPath, tuple[PathText, ...]]]
"""Places in what is written of the service, each with spec paths that it comes from; a place may come again with more."""

FIELDS = {
    "image": "image",
    "entrypoint": "entrypoint",
    "command": "command",
    "user": "user",
    "secrets": "secrets",
    "depends_on": "needs",
    "extra_hosts": "needs",
    "networks": "segments",
    "expose": "ports",
    "tmpfs": "tmpfs",
    "healthcheck": "health",
    "stop_grace_period": "stop_grace_s",
    "restart": "kind",
    "cap_add": "capabilities",
}
"""Keys of Compose that a field of a service is written as."""
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


def service_origins(spec: Spec, deployment: Deployment, name: str, written: Mapping[str, Any]) -> Origins:
    """The spec paths behind each place of the service, of which `written` is what the file says."""
    found: Origins = {}
    for place, paths in _OriginReader(spec, deployment, name).all(written):
        whole = ("services", name, *place)
        known = found.get(whole, ())
        found[whole] = tuple(dict.fromkeys((*((known,) if isinstance(known, PathText) else known), *paths)))
    return found


class _OriginReader:
    """Goes through the service in the order in which it is written."""

    def __init__(self, spec: Spec, deployment: Deployment, name: str):
        self.spec = spec
        self.deployment = deployment
        self.mode = deployment.mode
        self.name = name
        self.service = deployment.services[name]
        self.known = known_in_service(spec, deployment.mode, name)

    def all(self, written: Mapping[str, Any]) -> Noted:
        yield from self._secrets()
        yield from self._neighbours(written.get("depends_on", {}))
        yield from self._ports()
        yield from self._mounts()
        fields = FIELDS | {"profiles": "profile" if self.service.profile else "kind"}
        for key in written:
            if key in fields:
                yield (key,), (self._at(fields[key]),)
        yield from self._derived()

    def _at(self, field: str, key: str | None = None) -> PathText:
        """Where a field of the service stands, as it is in the mode."""
        return self._at_of(self.name, field, key)

    def _at_of(self, name: str, field: str, key: str | None = None) -> PathText:
        return field_path(name, self.spec.services[name], self.mode, field, key)

    def _said_in(self, words: tuple[Value, ...] | None) -> tuple[PathText, ...]:
        return tuple(place for word in words or () for place in value_places(word, self.known))

    def _secrets(self) -> Noted:
        for secret, use in self.service.secrets.items():
            if variable := use.variable or use.environment:
                yield ("environment", variable), (self._at("secrets", secret),)
        files = sorted(secret for secret, use in self.service.secrets.items() if not use.environment)
        for index, secret in enumerate(files):
            yield ("secrets", index), (self._at("secrets", secret),)

    def _neighbours(self, awaited: Iterable[str]) -> Noted:
        after = self.service.after
        for need in awaited:
            reasons = [path_of(self._at("after"), index) for index, each in enumerate(after) if each == need]
            reasons += [self._at("needs", need)] * (need in self.service.needs)
            yield ("depends_on", need), tuple(reasons)
            yield ("depends_on", need, "condition"), (self._at_of(need, "kind"), self._at_of(need, "health"))
        elsewhere = needs_on_other_nodes(self.spec, self.deployment, self.name)
        for index, (need, role) in enumerate(elsewhere.items()):
            services = path_of("topology", self.mode, "roles", role, "services")
            yield ("extra_hosts", index), (self._at("needs", need), services)

    def _ports(self) -> Noted:
        index = 0
        for port in self.service.publish:
            number, published = self._at("ports", port), self._at("publish", port)
            yield from _port(index, published, number, path_of(published, "port"), path_of(published, "address"))
            index += 1
        for port in ports_for_other_nodes(self.spec, self.mode, self.name):
            number = self._at("ports", port)
            yield from _port(index, number, number, number)
            index += 1

    def _mounts(self) -> Noted:
        for index, (whole, parts) in enumerate(self._each_mount()):
            yield ("volumes", index), (whole,)
            for key, paths in parts.items():
                yield ("volumes", index, key), paths

    def _each_mount(self) -> Iterator[tuple[PathText, dict[str, tuple[PathText, ...]]]]:
        for each in volume_mounts(self.name, self.service):
            key = each.key if isinstance(each.key, str) else None
            at = self._at(each.field, key) if key else path_of(self._at(each.field), each.key)
            yield at, {"target": (at if each.owner == self.name else path_of(at, "target"),)}
        for model in self.service.models:
            at = self._at("models", model)
            yield at, {"source": (path_of("models", model, "path"),), "target": (at,)}
        for target in config_mounts(self.service):
            at = self._at("config")
            files = config_behind(self.service, target)
            sources = tuple(path_of(at, index, "source" if own else "target") for index, own in files)
            yield at, {"source": sources, "target": tuple(path_of(at, index, "target") for index, _ in files)}
        for index, _ in enumerate(self.service.mounts):
            at = path_of(self._at("mounts"), index)
            yield at, {key: (path_of(at, key),) for key in ("source", "target", "read_only")}

    def _derived(self) -> Noted:
        """What comes from more than the field that it is called after."""
        service, image = self.service, path_of("images", self.service.image)
        sealed = is_sealed(self.spec, self.mode)
        yield (), (path_of("services", self.name),)
        pinned = self.spec.images.images[service.image].digest and not sealed
        yield ("image",), tuple(path_of(image, part) for part in ("repository", "tag", *(["digest"] * bool(pinned))))
        yield ("labels", f"{LABEL}.platform"), (path_of("platform", "name"),)
        for field in ("entrypoint", "command"):
            yield (field,), self._said_in(getattr(service, field))
        for variable, value in service.environment.items():
            yield ("environment", variable), (self._at("environment", variable), *value_places(value, self.known))
        for index, number in enumerate(sorted(set(service.ports.values()))):
            yield (
                ("expose", index),
                tuple(self._at("ports", port) for port, each in service.ports.items() if each == number),
            )
        for index, path in enumerate(service.tmpfs):
            yield ("tmpfs", index), (path_of(self._at("tmpfs"), index), *([] if path in OPEN else [self._at("user")]))
        for key, field in LIMITS.items():
            yield (key,), (path_of(self._at("limits"), field),)
        logs = path_of("platform", "logs")
        yield ("logging",), (logs,)
        yield ("logging", "options", "max-size"), (path_of(logs, "max_size_mib"),)
        yield ("logging", "options", "max-file"), (path_of(logs, "max_files"),)
        if sealed:
            yield ("pull_policy",), (path_of("topology", self.mode, "egress"),)
        if service.health:
            yield from self._health(service.health, image)

    def _health(self, health: Health, image: PathText) -> Noted:
        at, test = self._at("health"), ("healthcheck", "test")
        if health.http:
            port = self._at("ports", health.http.port)
            yield test, (path_of(at, "http"), port, path_of(image, "http_client"))
        else:
            yield test, (path_of(at, "command"), *self._said_in(health.command))
        for key, field in HEALTH.items():
            yield ("healthcheck", key), (path_of(at, field),)


def _port(index: int, whole: PathText, *parts: PathText) -> Noted:
    yield ("ports", index), (whole,)
    for key, path in zip(("target", "published", "host_ip"), parts, strict=False):
        yield ("ports", index, key), (path,)
