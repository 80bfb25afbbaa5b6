"""Who talks to whom: the one source of every matrix, page and picture that says so. Pure.

Needs, the way from the entry to what it passes requests to, what comes in from outside, and what is called outside.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from plumbline.effective.deployment import field_path, is_sealed, roles_of, services_of
from plumbline.effective.expression_names import service_names
from plumbline.effective.monitoring import collectors_in, targets
from plumbline.effective.per_spec import per_spec
from plumbline.expressions.rendering import ExpressionError, value_text
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.topology import Entry

OUTSIDE = "(outside)"
"""Who comes in from outside the nodes, or from the node itself; no service can have this id."""

ANYBODY = frozenset(("0.0.0.0/0", "::/0"))
_URL = re.compile(
    r"\b(?P<scheme>[a-z][a-z0-9+.-]{0,30})://(?:[^/@\s\"']*@)?(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?"
)
_USUAL_PORTS = {
    "http": 80,
    "https": 443,
    "ws": 80,
    "wss": 443,
    "ldap": 389,
    "ldaps": 636,
    "smtp": 25,
    "smtps": 465,
    "ssh": 22,
}


class Because(StrEnum):
    """What in the spec says that two talk."""

    NEED = "needs it"
    ENTRY = "passes requests to it"
    COLLECTED = "collects its metrics"
    PUBLISHED = "is published"
    CALLED = "is given its address"
    ISSUER = "gets certificates there"
    LET_IN = "the cloud's firewall admits it"
    LET_OUT = "the cloud's firewall lets it out"
    AFTER = "starts after it"
    PULLED = "images are pulled from it"


@dataclass(frozen=True, slots=True)
class Relation:
    """A connection that the spec speaks of."""

    source: str
    """Service that opens it, or OUTSIDE."""
    target: str
    """Service that takes it, or a host outside."""
    port: str
    """The port's name; the number of a host outside."""
    number: int
    """The port's number where it is connected to: in the container, or on the node for the entry's way and publications."""
    because: Because
    path: PathText
    """Where the spec says so."""
    address: str = ""
    """Address on the node, of a publication."""

    @property
    def other(self) -> str:
        """The target as it is shown: a service's id, or `host:port` outside."""
        return f"{self.target}:{self.number}" if self.because in (Because.CALLED, Because.ISSUER) else self.target


@dataclass(frozen=True, slots=True)
class NodeWay:
    """What nodes themselves, with all that runs on them, reach outside, or who reaches them."""

    title: str
    port: str
    """Protocol and port, e.g. `udp 123`."""
    because: Because
    path: PathText


@per_spec
def relations(spec: Spec, mode: str) -> tuple[Relation, ...]:
    """Every connection that the spec speaks of in a mode: inside, in, and out."""
    return (*between_services(spec, mode), *_published(spec, mode), *_outside(spec, mode))


@per_spec
def between_services(spec: Spec, mode: str) -> tuple[Relation, ...]:
    """Those of them from one service to another."""
    return (*_needs(spec, mode), *_entry(spec, mode), *_collected(spec, mode))


@per_spec
def relations_by_end(spec: Spec, mode: str) -> Mapping[str, tuple[Relation, ...]]:
    """The connections of each end: a service, a host outside as it is shown, or OUTSIDE."""
    return _by_end(relations(spec, mode))


@per_spec
def starts_by_end(spec: Spec, mode: str) -> Mapping[str, tuple[Relation, ...]]:
    """What each service starts after, and what starts after it."""
    return _by_end(starts(spec, mode))


def _by_end(known: Iterable[Relation]) -> Mapping[str, tuple[Relation, ...]]:
    found: dict[str, list[Relation]] = {}
    for each in known:
        for end in dict.fromkeys((each.source, each.other)):
            found.setdefault(end, []).append(each)
    return {end: tuple(joined) for end, joined in found.items()}


@per_spec
def starts(spec: Spec, mode: str) -> tuple[Relation, ...]:
    """What services start after without connecting to it: no way between the two, only an order."""
    services = services_of(spec, mode)
    return tuple(
        Relation(
            name, other, "", 0, Because.AFTER, path_of(field_path(name, spec.services[name], mode, "after"), index)
        )
        for name, service in services.items()
        for index, other in enumerate(service.after)
        if other in services
    )


def ways_in(spec: Spec, mode: str) -> list[NodeWay]:
    """Who reaches a mode's nodes through the cloud's firewall."""
    return _let_through(spec, mode, "inbound", Because.LET_IN)


def ways_out(spec: Spec, mode: str) -> list[NodeWay]:
    """What a mode's nodes reach outside: what the cloud's firewall lets out, and the registries of images that are pulled."""
    found = _let_through(spec, mode, "outbound", Because.LET_OUT)
    if is_sealed(spec, mode):
        return found
    registries: dict[str, str] = {}
    for service in services_of(spec, mode).values():
        image = spec.images.images.get(service.image)
        if image and image.digest:
            registries.setdefault(_registry(image.repository), service.image)
    return found + [
        NodeWay(registry, "tcp 443", Because.PULLED, path_of("images", image, "repository"))
        for registry, image in sorted(registries.items())
    ]


def _let_through(spec: Spec, mode: str, direction: str, because: Because) -> list[NodeWay]:
    cloud = spec.topology[mode].cloud
    rules = getattr(cloud.firewall, direction) if cloud else ()
    path = path_of("topology", mode, "cloud", "firewall", direction)
    return [
        NodeWay(rule.title, " ".join(filter(None, (rule.protocol, rule.port))), because, path_of(path, index))
        for index, rule in enumerate(rules)
    ]


def _registry(repository: str) -> str:
    """The host that an image is pulled from; a name without one is Docker Hub's."""
    first = repository.partition("/")[0]
    return first if any(sign in first for sign in ".:") or first == "localhost" else "docker.io"


def _needs(spec: Spec, mode: str) -> Iterator[Relation]:
    services = services_of(spec, mode)
    for name, service in services.items():
        for need, port in sorted(service.needs.items()):
            if need in services:
                path = field_path(name, spec.services[name], mode, "needs", need)
                yield Relation(name, need, port, services[need].ports.get(port, 0), Because.NEED, path)


def _entry(spec: Spec, mode: str) -> Iterator[Relation]:
    """The entry's way to its backend, where it is no need anyway."""
    entry, services = spec.topology[mode].entry, services_of(spec, mode)
    front, back = services.get(entry.service), services.get(entry.backend or "")
    if front and back and entry.backend and entry.backend not in front.needs:
        port = backend_port(spec, mode, entry)
        number = entry.backend_port or back.ports.get(port, 0)
        path = path_of("topology", mode, "entry", "backend")
        yield Relation(entry.service, entry.backend, port, number, Because.ENTRY, path)


def _collected(spec: Spec, mode: str) -> Iterator[Relation]:
    """A collector's way to what it asks for metrics, where it is no need anyway: it waits for none of them."""
    services = services_of(spec, mode)
    for collector in collectors_in(spec, mode):
        for target in targets(spec, mode, collector):
            number = services[target.service].ports.get(target.port)
            if target.service != collector and target.service not in services[collector].needs and number:
                path = field_path(target.service, spec.services[target.service], mode, "metrics")
                yield Relation(collector, target.service, target.port, number, Because.COLLECTED, path)


def backend_port(spec: Spec, mode: str, entry: Entry) -> str:
    """Name of the backend's port that the entry's `backend_port` leads to: published under that number, else listened on.

    Its number as text where the backend has no such port; a rule reports that.
    """
    back = services_of(spec, mode)[entry.backend or ""]
    names = [name for name, each in back.publish.items() if each.port == entry.backend_port]
    names += [name for name, number in back.ports.items() if entry.backend_port in (number, None)]
    return names[0] if names else str(entry.backend_port)


def _published(spec: Spec, mode: str) -> Iterator[Relation]:
    """Publications that are reached from outside; not those that the cloud's firewall keeps for the entry, or for nobody."""
    for name, service in services_of(spec, mode).items():
        for port, each in service.publish.items():
            if _is_let_in(spec, mode, name, each.port):
                path = field_path(name, spec.services[name], mode, "publish", port)
                yield Relation(OUTSIDE, name, port, each.port, Because.PUBLISHED, path, each.address)


def _is_let_in(spec: Spec, mode: str, service: str, number: int) -> bool:
    """Whether anybody reaches a port of the service's nodes; the firewall stands before the nodes of tenants."""
    topology = spec.topology[mode]
    if topology.cloud is None or any(topology.roles[role].scope == "shared" for role in roles_of(spec, mode, service)):
        return True
    return any(
        rule.protocol == "tcp" and has_port(rule.port or "", number) and set(rule.peers) & ANYBODY
        for rule in topology.cloud.firewall.inbound
    )


def has_port(port: str, number: int) -> bool:
    """Whether a firewall rule's port, `443`, `1-1024` or `any`, holds a number."""
    if port == "any":
        return True
    first, _, last = port.partition("-")
    return first.isdecimal() and int(first) <= number <= int(last or first)


def _outside(spec: Spec, mode: str) -> Iterator[Relation]:
    """Hosts outside that a service is told of by a URL in its variables or words, and the issuer of certificates."""
    services = services_of(spec, mode)
    for name, service in services.items():
        texts = [
            (field_path(name, spec.services[name], mode, "environment", key), value)
            for key, value in service.environment.items()
        ]
        for field in ("entrypoint", "command"):
            path = field_path(name, spec.services[name], mode, field)
            texts += [(path_of(path, index), word) for index, word in enumerate(getattr(service, field) or ())]
        names = service_names(spec, mode, name)
        seen: set[tuple[str, int]] = set()
        for path, value in texts:
            try:
                text = value_text(value, names)
            except ExpressionError:
                continue  # reported by a rule of its own
            for host, port in _hosts(text):
                if host not in spec.services and (host, port) not in seen and not _is_own(spec, host):
                    seen.add((host, port))
                    yield Relation(name, host, str(port), port, Because.CALLED, path)
    entry = spec.topology[mode].entry
    if entry.service in services and entry.tls and entry.tls.issuer:
        path = path_of("topology", mode, "entry", "tls", "issuer", "directory")
        for host, port in _hosts(entry.tls.issuer.directory):
            yield Relation(entry.service, host, str(port), port, Because.ISSUER, path)


def _hosts(text: str) -> Iterator[tuple[str, int]]:
    """Host and port of each URL in a text that leads to another machine: a name with a dot, or an address."""
    for found in _URL.finditer(text):
        host = found["host"].rstrip(".")
        port = int(found["port"] or _USUAL_PORTS.get(found["scheme"], 0))
        if "." in host and port and not _is_here(host):
            yield host, port


def _is_here(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _is_own(spec: Spec, host: str) -> bool:
    """Whether a host is the platform's own entry."""
    own = spec.platform.domain.partition("{tenant}")[2].lstrip(".") or spec.platform.domain
    return host == own or host.endswith(f".{own}")
