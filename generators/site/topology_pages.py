"""The home page, and the page about modes."""

from collections.abc import Iterable, Sequence

from generators.markdown import HomePage, Page, WidePage, code, codes, link, prose, text
from generators.site.connection_diagrams import connections
from generators.site.decisions_page import has_decisions
from generators.site.monitoring_pages import is_monitored
from generators.site.not_proven_page import has_gaps
from generators.site.symptoms_page import has_symptoms
from generators.site.tenants_page import has_tenants
from generators.site.topology_diagram import nodes_of_role
from generators.site.topology_diagram import topology as topology_diagram
from plumbline.effective.expression_names import tenant_names
from plumbline.effective.expression_places import known_for_tenant, known_in_spec, value_places
from plumbline.expressions.rendering import value_text
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.cloud import Cloud, FirewallRule
from schema.topology import Topology


def home(spec: Spec) -> Iterable[Artifact]:
    """`docs/index.md`: where each kind of reader begins."""
    platform = spec.platform
    page = HomePage("docs/index.md", platform.title, path_of("platform", "title"))
    page.add(prose(platform.summary), path_of("platform", "summary"))
    page.add(
        f"Release {code(platform.version)}.{_host_name(spec)}",
        (path_of("platform", "version"), path_of("platform", "domain")),
    )
    page.add("## Where to start")
    page.table(
        ["You are", "Begin with"],
        [
            (None, [reader, ", ".join(link(title, path) for title, path, there in pages if there)])
            for reader, pages in _beginnings(spec).items()
        ],
    )
    for mode in spec.modes:
        topology, path = spec.topology[mode], path_of("topology", mode)
        page.add(f"## {text(topology.title)}", path_of(path, "title"))
        page.add(prose(topology.summary), path_of(path, "summary"))
        for each in topology_diagram(spec, mode):
            each.show(page, "diagrams", path)
    yield page.done()


def _host_name(spec: Spec) -> str:
    """How the platform is called from outside, as far as the spec says: a pattern of tenants' names needs tenants."""
    domain = spec.platform.domain
    if spec.tenants.tenants:
        return f" Host name of a tenant: {code(domain)}."
    return "" if "{tenant}" in domain else f" Host name: {code(domain)}."


def _beginnings(spec: Spec) -> dict[str, list[tuple[str, str, bool]]]:
    """For each kind of reader: title and path of pages, and whether the spec has what they are about."""
    clouds = any(topology.cloud for topology in spec.topology.values())
    return {
        "an operator": [
            ("symptoms", "operator/symptoms.md", has_symptoms(spec)),
            ("runbooks", "operator/runbooks/index.md", True),
            ("alerts", "operator/alerts.md", is_monitored(spec)),
            ("ports", "operator/ports.md", True),
            ("updates", "operator/update.md", spec.says("update")),
            ("tenants", "operator/tenants.md", has_tenants(spec)),
            ("cloud objects and their cost", "operator/cloud/index.md", clouds),
        ],
        "an engineer": [
            ("services", "architect/services/index.md", True),
            ("networks, and who reaches whom", "architect/networks.md", True),
            ("data flows", "architect/data-flows.md", bool(spec.data_flows.data_flows)),
            ("environment", "operator/environment.md", True),
            ("monitoring", "architect/monitoring.md", is_monitored(spec)),
        ],
        "an architect": [
            ("topology", "architect/topology.md", True),
            ("rules", "architect/rules/index.md", spec.platform.reference),
            ("data reference", "architect/data.md", spec.platform.reference),
        ],
        "an auditor": [
            ("requirements", "auditor/requirements.md", bool(spec.requirements.requirements)),
            ("parity matrix", "auditor/parity.md", bool(spec.parity.features)),
            ("images and stand-ins", "auditor/images.md", bool(spec.contracts)),
            ("what is not proven", "auditor/not-proven.md", has_gaps(spec)),
            ("secrets", "auditor/secrets.md", bool(spec.secrets.secrets)),
            ("open decisions and waivers", "auditor/decisions.md", has_decisions(spec)),
        ],
    }


def topology(spec: Spec) -> Iterable[Artifact]:
    """`docs/architect/topology.md`."""
    page = WidePage("docs/architect/topology.md", "Topology")
    page.add(
        f"Needs at least Docker Engine {code(spec.platform.floors.engine)} and Compose {code(spec.platform.floors.compose)}.",
        path_of("platform", "floors"),
    )
    for mode in spec.modes:
        _mode(page, spec, mode, spec.topology[mode])
    yield page.done()


def _mode(page: Page, spec: Spec, mode: str, topology: Topology) -> None:
    path = path_of("topology", mode)
    page.add(f"## {text(topology.title)}", path_of(path, "title")).add(
        prose(topology.summary), path_of(path, "summary")
    )
    page.add(_sentence(_facts(spec, topology)), [path_of(path, each) for each in ("tenancy", "egress", "entry")])
    page.table(
        ["Role", "For", "Nodes", "Size", "Server type", "Services"],
        [
            (
                path_of(path, "roles", name),
                [
                    code(name),
                    text(role.title) + (f" (can take the place of {code(role.variant_of)})" if role.variant_of else ""),
                    nodes_of_role(spec, role),
                    f"{role.size.vcpus} cores, {role.size.memory_mib} MiB, {role.size.disk_gb} GB",
                    codes(filter(None, (role.server_type, *role.fallbacks))),
                    codes(role.services),
                ],
            )
            for name, role in topology.roles.items()
        ],
    )
    page.add("### Who connects to whom")
    pictures = list(connections(spec, mode))
    for each in pictures:
        if len(pictures) > 1:
            page.add(f"{each.title}, with those of other roles paler:")
        each.show(page, "../diagrams")
    if topology.cloud:
        _cloud(page, spec, mode, topology.cloud)
    _changes(page, path, topology)


def _facts(spec: Spec, topology: Topology) -> list[str]:
    """What a mode is in a few words each: its tenants, its way out, and its entry."""
    entry = topology.entry
    facts = [
        *([f"Tenants: {topology.tenancy}"] if spec.tenants.tenants else []),
        f"way out for containers: {'yes' if topology.egress else 'no'}",
        f"entry: {code(entry.service)}",
    ]
    if entry.requests_per_minute:
        facts.append(f"{entry.requests_per_minute} requests per minute{' and tenant' if spec.tenants.tenants else ''}")
    if entry.tls and entry.tls.issuer:
        facts.append(f"certificates from {code(entry.tls.issuer.directory)} by {code(entry.tls.issuer.challenge)}")
    if entry.tls and entry.tls.own_certificates:
        facts.append(f"tenants' own certificates in {code(entry.tls.own_certificates)}")
    if entry.backend:
        facts.append(
            f"passes to {code(entry.backend)} on port {entry.backend_port}, asks {code(entry.health_path or '')} "
            f"every {entry.health_interval_s} s"
        )
    return facts


def _changes(page: Page, path: PathText, topology: Topology) -> None:
    """How the mode grows, and what it does when a part fails."""
    if topology.scaling:
        page.add("### Scaling")
        page.table(
            ["Role", "How it grows", "When", "By"],
            [
                (
                    path_of(path, "scaling", index),
                    [code(each.role), text(each.direction), prose(each.trigger), prose(each.how)],
                )
                for index, each in enumerate(topology.scaling)
            ],
        )
    if topology.availability:
        page.add("### When a part fails")
        page.table(
            ["Failure", "Effect", "Recovery"],
            [
                (
                    path_of(path, "availability", index),
                    [prose(each.failure), prose(each.effect), prose(each.recovery)],
                )
                for index, each in enumerate(topology.availability)
            ],
        )


def _sentence(facts: Sequence[str]) -> str:
    joined = "; ".join(facts)
    return f"{joined[:1].upper()}{joined[1:]}."


def _cloud(page: Page, spec: Spec, mode: str, cloud: Cloud) -> None:
    path = path_of("topology", mode, "cloud")
    page.add("### Cloud")
    volume, dns = cloud.volume, cloud.dns
    page.table(
        ["", ""],
        [
            (
                [path_of(path, each) for each in ("provider", "location", "network_zone")],
                ["Provider", text(f"{cloud.provider}, location {cloud.location}, zone {cloud.network_zone}")],
            ),
            (path_of(path, "image"), ["Operating system", code(cloud.image)]),
            (
                path_of(path, "spread_servers"),
                ["Servers of a tenant on different hosts", "yes" if cloud.spread_servers else "no"],
            ),
            (
                path_of(path, "network"),
                ["Private network", f"{code(cloud.network.range)}, servers in {code(cloud.network.subnet)}"],
            ),
            (
                path_of(path, "volume"),
                [
                    "Volume",
                    f"{volume.size_gb} GB {volume.format} at {code(volume.mount)}, on role {code(volume.role)}",
                ],
            ),
            (
                (path_of(path, "dns"), path_of(path, "addresses")),
                [
                    "DNS",
                    f"{dns.type} {code(f'{dns.record}.{dns.zone}')} → role {code(dns.target)} at {code(cloud.addresses.get(dns.address, ''))}, {dns.ttl_s} s",
                ],
            ),
            (
                path_of(path, "names"),
                ["Names", codes(name for _, name in cloud.names)],
            ),
            (
                path_of(path, "ssh_keys"),
                ["SSH keys", codes(f"{name} {key.public_key.split(' ')[0]}" for name, key in cloud.ssh_keys.items())],
            ),
            (
                path_of(path, "ownership"),
                ["Recognised by the labels", codes(f"{key}={value}" for key, value in cloud.ownership.items())],
            ),
            (path_of(path, "protected"), ["Protected from deletion", codes(cloud.protected)]),
            (
                path_of(path, "labels"),
                ["Further labels", codes(f"{key}={value}" for key, value in cloud.labels.items())],
            ),
            (path_of(path, "environment"), ["Environment", code(cloud.environment)]),
            (
                path_of(path, "addresses"),
                ["Addresses", codes(f"{key} {value}" for key, value in cloud.addresses.items())],
            ),
        ],
    )
    _firewall(page, spec, mode, cloud)


def _firewall(page: Page, spec: Spec, mode: str, cloud: Cloud) -> None:
    path = path_of("topology", mode, "cloud")
    page.add("### Firewall")
    page.add(
        "It filters only the public interface. Tenants are isolated by separate private networks, which it "
        "does not filter. One outbound rule changes the default from accept to deny."
    )
    names = tenant_names(spec, mode, "{tenant}", 0) | {
        "tenant_range": cloud.network.range,
        "tenant_subnet": cloud.network.subnet,
    }
    page.table(
        ["Direction", "Protocol", "Port", "Peers", "For"],
        [
            (
                (path_of(path, "firewall", direction, index), *_spoken(spec, mode, rule)),
                [direction, *_rule(rule, names)],
            )
            for direction in ("inbound", "outbound")
            for index, rule in enumerate(getattr(cloud.firewall, direction))
        ],
    )


def _spoken(spec: Spec, mode: str, rule: FirewallRule) -> list[PathText]:
    known = known_for_tenant(spec, mode, "", known_in_spec(spec, mode))
    return [place for peer in rule.peers for place in value_places(peer, known)]


def _rule(rule: FirewallRule, names: dict[str, object]) -> list[str]:
    peers = codes(value_text(peer, names) for peer in rule.peers)
    return [text(rule.protocol), text(rule.port or "–"), peers, prose(rule.title)]
