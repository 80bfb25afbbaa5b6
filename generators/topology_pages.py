"""The home page, and pages about modes, tenants and updates."""

from collections.abc import Iterable

from generators.markdown import Page, code, codes, link, text
from plumbline.artifact import Artifact
from plumbline.expression_places import known_for_tenant, known_in_spec, value_places
from plumbline.expressions import tenant_names, value_text
from plumbline.paths import PathText, path_of
from plumbline.spec import Spec
from schema.cloud import Cloud, FirewallRule
from schema.topology import Topology


def home(spec: Spec) -> Iterable[Artifact]:
    """`docs/index.md`: where each kind of reader begins."""
    platform = spec.platform
    page = Page("docs/index.md", platform.title, path_of("platform", "title"))
    page.add(text(platform.summary), path_of("platform", "summary"))
    page.add(
        f"Release {code(platform.version)}. Host name of a tenant: {code(platform.domain)}.",
        (path_of("platform", "version"), path_of("platform", "domain")),
    )
    for mode in spec.modes:
        page.add(
            f"![Topology {mode}](diagrams/topology-{mode}-light.svg#only-light)\n"
            f"![Topology {mode}](diagrams/topology-{mode}-dark.svg#only-dark)",
            path_of("topology", mode),
        )
    page.add("## Where to begin")
    parity = f", {link('parity matrix', 'auditor/parity.md')}" if spec.parity.features else ""
    clouds = any(topology.cloud for topology in spec.topology.values())
    cloud = f", {link('cloud objects and their cost', 'operator/cloud/index.md')}" if clouds else ""
    page.table(
        ["You are", "Begin with"],
        [
            (
                None,
                [
                    "an operator",
                    f"{link('runbooks', 'operator/runbooks/index.md')}, {link('ports', 'operator/ports.md')}{cloud}",
                ],
            ),
            (
                None,
                [
                    "an architect",
                    f"{link('topology', 'architect/topology.md')}, {link('services', 'architect/services/index.md')}, "
                    f"{link('rules', 'architect/rules/index.md')}, {link('data reference', 'architect/data.md')}",
                ],
            ),
            (
                None,
                [
                    "an auditor",
                    f"{link('requirements', 'auditor/requirements.md')}{parity}, {link('secrets', 'auditor/secrets.md')}, "
                    f"{link('open decisions', 'auditor/decisions.md')}",
                ],
            ),
        ],
    )
    yield page.done()


def topology(spec: Spec) -> Iterable[Artifact]:
    """`docs/architect/topology.md`."""
    page = Page("docs/architect/topology.md", "Topology")
    page.add(
        f"Needs at least Docker Engine {code(spec.platform.floors.engine)} and Compose {code(spec.platform.floors.compose)}.",
        path_of("platform", "floors"),
    )
    for mode in spec.modes:
        _mode(page, spec, mode, spec.topology[mode])
    yield page.done()


def _mode(page: Page, spec: Spec, mode: str, topology: Topology) -> None:
    path = path_of("topology", mode)
    page.add(f"## {text(topology.title)}", path_of(path, "title")).add(text(topology.summary), path_of(path, "summary"))
    page.add(
        f"![Who connects to whom](../diagrams/needs-{mode}-light.svg#only-light)\n"
        f"![Who connects to whom](../diagrams/needs-{mode}-dark.svg#only-dark)"
    )
    entry = topology.entry
    facts = [
        f"Tenants: {topology.tenancy}",
        f"way out for containers: {'yes' if topology.egress else 'no'}",
        f"entry: {code(entry.service)}",
    ]
    if entry.requests_per_minute:
        facts.append(f"{entry.requests_per_minute} requests per minute and tenant")
    if entry.tls and entry.tls.issuer:
        facts.append(f"certificates from {code(entry.tls.issuer.directory)} by {code(entry.tls.issuer.challenge)}")
    if entry.tls and entry.tls.own_certificates:
        facts.append(f"tenants' own certificates in {code(entry.tls.own_certificates)}")
    if entry.backend:
        facts.append(
            f"passes to {code(entry.backend)} on port {entry.backend_port}, asks {code(entry.health_path or '')} "
            f"every {entry.health_interval_s} s"
        )
    page.add("; ".join(facts) + ".", [path_of(path, each) for each in ("tenancy", "egress", "entry")])
    page.table(
        ["Role", "For", "Nodes", "Size", "Server type", "Services"],
        [
            (
                path_of(path, "roles", name),
                [
                    code(name),
                    text(role.title) + (f" (can take the place of {code(role.variant_of)})" if role.variant_of else ""),
                    f"{role.count} to {max(role.count, role.max_count)}, {role.scope}",
                    f"{role.size.vcpus} cores, {role.size.memory_mib} MiB, {role.size.disk_gb} GB",
                    codes(filter(None, (role.server_type, *role.fallbacks))),
                    codes(role.services),
                ],
            )
            for name, role in topology.roles.items()
        ],
    )
    if topology.cloud:
        _cloud(page, spec, mode, topology.cloud)
    if topology.scaling:
        page.add("### Scaling")
        page.table(
            ["Role", "How it grows", "When", "By"],
            [
                (
                    path_of(path, "scaling", index),
                    [code(each.role), text(each.direction), text(each.trigger), text(each.how)],
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
                    [text(each.failure), text(each.effect), text(each.recovery)],
                )
                for index, each in enumerate(topology.availability)
            ],
        )


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
                [
                    "Names",
                    codes(name for _, name in cloud.names),
                ],
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
    page.add("### Firewall")
    page.add(
        "It filters the public interface alone. Tenants are isolated by separate private networks, which it does not filter. "
        "One outbound rule turns the default from accept into deny."
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
    return [text(rule.protocol), text(rule.port or "–"), peers, text(rule.title)]


def tenants(spec: Spec) -> Iterable[Artifact]:
    """`docs/operator/tenants.md`."""
    page = Page("docs/operator/tenants.md", "Tenants")
    page.table(
        ["Tenant", "Name", "Octet", "State", "Certificate"],
        [
            (
                path_of("tenants", name),
                [code(name), text(tenant.title), str(tenant.octet), code(tenant.state), code(tenant.certificate)],
            )
            for name, tenant in spec.tenants.tenants.items()
        ],
    )
    page.add("## Settings")
    page.table(
        ["Setting", "Default", "What it decides"],
        [
            (
                path_of("tenants", "settings", name),
                [code(name), code(_shown(setting.default)), text(setting.description)],
            )
            for name, setting in spec.tenants.settings.items()
        ],
    )
    page.add("## Changes of state")
    page.table(
        ["From", "To", "Effect"],
        [
            (path_of("tenants", "transitions", index), [code(each.before), code(each.after), text(each.effect)])
            for index, each in enumerate(spec.tenants.transitions)
        ],
    )
    yield page.done()


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def update(spec: Spec) -> Iterable[Artifact]:
    """`docs/operator/update.md`."""
    update = spec.update
    page = Page("docs/operator/update.md", "Updates")
    page.add(
        f"Strategy: {code(update.strategy)}. The goal: the entry refuses requests for {update.downtime_goal_s} s at most.",
        (path_of("update", "strategy"), path_of("update", "downtime_goal_s")),
    )
    for index, each in enumerate(update.measured):
        page.add(f"Measured: {text(each)}", path_of("update", "measured", index))
    page.add(
        f"Keep running: {codes(update.keep_running)}. Drained first: {codes(update.drain)}.",
        (path_of("update", "keep_running"), path_of("update", "drain")),
    )
    for index, phase in enumerate(update.phases):
        page.add(f"## {index + 1}. {text(phase.title)}", path_of("update", "phases", index, "title"))
        page.add(text(phase.detail), path_of("update", "phases", index, "detail"))
    page.add("## Application migrations")
    page.add("\n".join(f"1. {text(each)}" for each in update.migrations) or "None.", path_of("update", "migrations"))
    page.add("## Runbooks")
    page.add(
        "\n".join(f"- {link(spec.runbooks[each].title, f'runbooks/{each}.md')}" for each in update.runbooks) or "None.",
        (path_of("update", "runbooks"), *(path_of("runbooks", each, "title") for each in update.runbooks)),
    )
    yield page.done()
