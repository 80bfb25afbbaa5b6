"""PLB221…: the cloud's firewall, the entry, its backend and the DNS record, held against each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from plumbline.effective.deployment import roles_of, services_of
from plumbline.effective.expression_names import tenant_names
from plumbline.effective.relations import has_port
from plumbline.expressions.rendering import ExpressionError, value_text
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.cloud import Cloud, FirewallRule
from schema.topology import Topology
from validators.rules.cloud_examples import cloud_example
from validators.rules.cloud_lookup import clouds
from validators.rules.registry import Violation, rule

Range = IPv4Network | IPv6Network
SSH = 22
WORLD = {4: 8, 6: 16}
"""Shorter prefixes than these are nobody's own range."""

_NODE = "      services: [db, web]\n"
_PROXIED = """\
      services: [db, web]
    front:
      title: Front
      scope: shared
      size: {vcpus: 4, memory_mib: 8192, disk_gb: 80, reserve_mib: 512}
      services: [proxy]
"""
_PROXY = """\
services/proxy.yaml:
  title: Proxy
  summary: Passes requests on.
  image: traefik
  ports: {http: 8080}
  publish: {http: {address: 0.0.0.0, port: 80}}
services/web.yaml: {modes: {cloud: {publish: {http: {address: 0.0.0.0, port: 8000}}}}}
"""
ENTRY_RULE = '{title: requests, protocol: tcp, port: "8000", peers: [{template: "{{ address_of(\'entry\') }}"}]}'


def proxied_example(inbound: str = f"[{ENTRY_RULE}]", entry: str = "health_path: /ping", target: str = "front") -> str:
    """The cloud's mode with a proxy for all tenants before `web`."""
    cloud = cloud_example(inbound=inbound).replace(_NODE, _PROXIED)
    cloud = cloud.replace(
        "entry: {service: web}", f"entry: {{service: proxy, backend: web, backend_port: 8000, {entry}}}"
    )
    return cloud.replace("target: node", f"target: {target}") + _PROXY


@dataclass(frozen=True)
class InboundOpening:
    """An inbound rule for tcp, with its peers as ranges."""

    path: PathText
    rule: FirewallRule
    peers: tuple[Range, ...]

    @property
    def is_to_everybody(self) -> bool:
        """Whether a peer is more than anybody's own range."""
        return any(peer.prefixlen < WORLD[peer.version] for peer in self.peers)

    def lets_in(self, address: Range) -> bool:
        """Whether an address is one of the peers."""
        return any(peer.version == address.version and address.subnet_of(peer) for peer in self.peers)  # type: ignore[arg-type]

    def to(self, port: int) -> bool:
        """Whether it opens a port."""
        return has_port(self.rule.port or "", port)


def openings(spec: Spec, mode: str, cloud: Cloud) -> list[InboundOpening]:
    """The firewall's inbound rules for tcp. Peers that do not resolve are left out: PLB212 reports them."""
    names = tenant_names(spec, mode, "example", 1)
    found = []
    for index, each in enumerate(cloud.firewall.inbound):
        if each.protocol == "tcp":
            path = path_of("topology", mode, "cloud", "firewall", "inbound", index)
            peers = []
            for peer in each.peers:
                try:
                    peers.append(ip_network(value_text(peer, names)))
                except (ExpressionError, ValueError):
                    continue
            found.append(InboundOpening(path, each, tuple(peers)))
    return found


def admits_the_entry(spec: Spec, mode: str, port: int) -> bool:
    """Whether the mode's firewall lets the entry's address in at a port."""
    cloud = spec.topology[mode].cloud
    entry = range_of(cloud.addresses.get(cloud.dns.address, "")) if cloud else None
    return bool(cloud and entry and any(each.to(port) and each.lets_in(entry) for each in openings(spec, mode, cloud)))


def _behind_a_proxy(spec: Spec) -> Iterator[tuple[str, Topology, Cloud, int]]:
    """Modes with a cloud in which a shared role's entry passes requests to each tenant's backend, at a port."""
    for mode, topology, cloud in clouds(spec):
        entry = topology.entry
        if entry.backend and entry.backend_port:
            scopes = {topology.roles[role].scope for role in roles_of(spec, mode, entry.service)}
            backends = {topology.roles[role].scope for role in roles_of(spec, mode, entry.backend)}
            if "shared" in scopes and "tenant" in backends:
                yield mode, topology, cloud, entry.backend_port


@rule(
    "PLB221",
    title="Backend that the entry cannot reach",
    why="The tenants' firewall drops the entry's requests, so every client gets 503.",
    fix=(
        "Allow the entry's address at `entry.backend_port`: add an inbound tcp rule with the same peer as the DNS "
        "record."
    ),
    failing=proxied_example(inbound="[]"),
    passing=proxied_example(),
)
def closed_backend(spec: Spec) -> Iterator[Violation]:
    """Firewalls without a rule from the entry's address to the backend's port."""
    for mode, topology, cloud, port in _behind_a_proxy(spec):
        entry = range_of(cloud.addresses.get(cloud.dns.address, ""))
        backend = services_of(spec, mode).get(topology.entry.backend or "")
        if backend is None or port not in {each.port for each in backend.publish.values()}:
            continue  # PLB213 says so
        found = openings(spec, mode, cloud)
        if entry is None or any(each.to(port) and each.lets_in(entry) for each in found):
            continue
        message = f"no inbound rule admits `{cloud.dns.address}` ({entry}) at port {port}, the entry's `backend_port`"
        at_port = next((each for each in found if each.to(port)), None)
        from_entry = next((each for each in found if each.lets_in(entry) and not each.to(SSH)), None)
        base = path_of("topology", mode, "cloud")
        if at_port and _is_the_records_fault(spec, cloud, found, at_port):
            peers = ", ".join(str(peer) for peer in at_port.peers)
            yield Violation(
                path_of(base, "dns", "address"),
                f"the record leads to `{cloud.dns.address}`, but the firewall admits {peers} at the backend's port {port}",
                "name the entry's address in both",
            )
        elif at_port:
            yield Violation(path_of(at_port.path, "peers"), message)
        elif from_entry:
            yield Violation(path_of(from_entry.path, "port"), message)
        else:
            yield Violation(path_of(base, "firewall", "inbound"), message)


def _is_the_records_fault(spec: Spec, cloud: Cloud, found: list[InboundOpening], at_port: InboundOpening) -> bool:
    """Whether the record is the one that is wrong: it leads where administrators come from, or to what nothing else names."""
    record = range_of(cloud.addresses[cloud.dns.address])
    named = [name for name, text in cloud.addresses.items() if range_of(text) in at_port.peers]
    admins = [each for each in found if each.to(SSH) and each is not at_port]
    if record and any(each.lets_in(record) for each in admins):
        return True
    if not named or any(each.lets_in(peer) for each in admins for peer in at_port.peers):
        return False
    return _mentions(spec, named[0]) > _mentions(spec, cloud.dns.address)


def _mentions(spec: Spec, address: str) -> int:
    """How often the ways to places name an address."""
    texts = [text for place in spec.platform.places.values() for text in (place.shell, place.folder) if text]
    return sum(text.count(f"'{address}'") + text.count(f'"{address}"') for text in texts)


def range_of(text: str) -> Range | None:
    """The range that a text is; None where it is none, which PLB212 and PLB511 report."""
    try:
        return ip_network(text)
    except ValueError:
        return None


@rule(
    "PLB222",
    title="Port open to the whole internet",
    why="Anyone who finds the address can connect: a store, SSH, or a backend behind its entry is exposed to everyone.",
    fix="Name the peers that need the port. Open only ports that a service publishes for clients to everyone.",
    failing=cloud_example(inbound='[{title: db, protocol: tcp, port: "5432", peers: [0.0.0.0/0]}]'),
    passing=cloud_example(inbound='[{title: db, protocol: tcp, port: "5432", peers: [192.0.2.0/24]}]'),
)
def open_to_all(spec: Spec) -> Iterator[Violation]:
    """Inbound rules from anywhere for ports that nobody publishes, that are SSH's, or that the entry stands before."""
    behind = {mode: port for mode, _, _, port in _behind_a_proxy(spec)}
    for mode, topology, cloud in clouds(spec):
        public = {
            each.port
            for name, service in services_of(spec, mode).items()
            if any(topology.roles[role].scope == "tenant" for role in roles_of(spec, mode, name))
            for each in service.publish.values()
            if not each.address.startswith("127.")
        }
        for each in openings(spec, mode, cloud):
            if not each.is_to_everybody:
                continue
            first, _, last = (each.rule.port or "").partition("-")
            ports = range(int(first), int(last or first) + 1) if first.isdecimal() else None
            if ports is None or len(ports) > 64:
                message = f"port {each.rule.port} is open to everybody"
            elif SSH in ports:
                message = f"port {SSH} (SSH) is open to everybody"
            elif (closed := [port for port in ports if port not in public]) or not ports:
                message = (
                    f"port {closed[0] if closed else each.rule.port} is open to everybody, but no service publishes it"
                )
            elif behind.get(mode) in ports:
                message = (
                    f"port {behind[mode]} is open to everybody, which bypasses the entry `{topology.entry.service}`"
                )
            else:
                continue
            yield Violation(each.path, message, observed=each.rule.port)


@rule(
    "PLB224",
    title="DNS record that does not point to the entry",
    why="Clients connect to a server on which nothing answers.",
    fix="Set `target` to the role that runs `entry.service`.",
    failing=proxied_example(target="node"),
    passing=proxied_example(),
)
def record_beside_the_entry(spec: Spec) -> Iterator[Violation]:
    """Records whose role does not run the entry."""
    for mode, topology, cloud in clouds(spec):
        entry = services_of(spec, mode).get(topology.entry.service)
        roles = roles_of(spec, mode, topology.entry.service) if entry and entry.publish else ()  # else PLB213 says so
        base = (topology.roles[cloud.dns.target].variant_of if cloud.dns.target in topology.roles else None) or ""
        if roles and cloud.dns.target in topology.roles and not {cloud.dns.target, base} & set(roles):
            yield Violation(
                path_of("topology", mode, "cloud", "dns", "target"),
                f"role `{cloud.dns.target}` does not run the entry `{topology.entry.service}`, which runs on {', '.join(roles)}",
                observed=cloud.dns.target,
            )


@rule(
    "PLB225",
    title="Entry that checks its backend's health at the wrong path",
    why="The backend answers 404 there, so the entry treats it as down and answers 503.",
    fix="Set `entry.health_path` to the path of the backend's health check.",
    failing=proxied_example(entry="health_path: /pong"),
    passing=proxied_example(entry="health_path: /ping"),
)
def other_health(spec: Spec) -> Iterator[Violation]:
    """Health paths of entries that are not those of their backends."""
    for mode, topology in spec.topology.items():
        entry = topology.entry
        backend = services_of(spec, mode).get(entry.backend or "")
        own = backend.health.http.path if backend and backend.health and backend.health.http else None
        if entry.health_path is None or own is None or own == entry.health_path:
            continue
        asked = [
            probe.http.path
            for feature in spec.parity.features.values()
            for probe in feature.probes
            if probe.http and probe.http.service == entry.backend
        ]
        message = f"the entry asks {entry.health_path}, but the health check of `{entry.backend}` is at {own}"
        if asked.count(entry.health_path) > asked.count(own):
            # its probes ask what the entry asks: the check is the one that changed
            path = path_of("services", entry.backend or "", "health", "http", "path")
            yield Violation(path, message, observed=own, explains=((entry.backend or "", own.strip("/")),))
        else:
            yield Violation(
                path_of("topology", mode, "entry", "health_path"), message, expected=own, observed=entry.health_path
            )
