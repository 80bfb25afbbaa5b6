"""PLB139, PLB553, PLB555, PLB556: what is opened to no use or to too many, or is named by nothing."""

import re
from collections.abc import Iterator

from plumbline.effective.deployment import services_of
from plumbline.runbook.rendering import runbook_texts
from plumbline.spec.finding import Severity
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.types import Template
from validators.rules.cloud_examples import cloud_example
from validators.rules.cloud_lookup import clouds
from validators.rules.effective_services import once, placed_services
from validators.rules.known_images import known_image
from validators.rules.registry import Violation, rule

_PUBLISHED = "services/db.yaml: {{segments: [front, back], publish: {{sql: {{address: {0}, port: 5432}}}}}}"


@rule(
    "PLB139",
    title="Store published on every interface",
    severity=Severity.WARNING,
    why=(
        "Anyone who reaches the node reaches the store, past its segments, and can guess passwords. Connections "
        "between nodes follow from `needs` and use the private address."
    ),
    fix="Publish it on 127.0.0.1, or remove `publish`.",
    failing=_PUBLISHED.format("0.0.0.0"),
    passing=_PUBLISHED.format("127.0.0.1"),
)
def open_store(spec: Spec) -> Iterator[Violation]:
    """Known stores on every interface, in modes without a cloud's firewall."""
    yield from once(
        Violation(
            placed.path("publish", port), f"anyone who reaches the node can reach `{placed.id}` at port {each.port}"
        )
        for placed in placed_services(spec)
        if not spec.topology[placed.mode].cloud and (image := known_image(spec, placed.service)) and image.schemes
        for port, each in placed.service.publish.items()
        if each.address == "0.0.0.0"
    )


@rule(
    "PLB553",
    title="DNS record for one of several nodes",
    why="The record has one address. The other nodes get no requests and cannot take over when this one fails.",
    fix="Keep one node in the role, or put a load balancer in front and use its address.",
    failing=cloud_example(count=2, max_count=2),
    passing=cloud_example(count=1),
)
def one_of_several(spec: Spec) -> Iterator[Violation]:
    """Roles of several nodes that a record leads to."""
    for mode, topology, cloud in clouds(spec):
        role = topology.roles.get(cloud.dns.target)
        if role and role.count > 1:
            path = path_of("topology", mode, "roles", cloud.dns.target, "count")
            message = (
                f"the record points to `{cloud.dns.address}` only, but role {cloud.dns.target} has {role.count} nodes"
            )
            yield Violation(path, message, also=((path_of("topology", mode, "cloud", "dns"), "the record"),))


_ADDRESS = re.compile(r"\baddress_of\(\s*['\"](?P<name>[\w-]+)['\"]")


@rule(
    "PLB555",
    title="Unused cloud address",
    why="A rule or a place no longer uses it, or it was opened for somebody who has left.",
    fix="Use it as `{{ address_of('NAME') }}`, or delete it.",
    failing=cloud_example().replace("addresses: {entry:", "addresses: {office: 198.51.100.7/32, entry:"),
    passing=cloud_example(),
)
def unnamed_address(spec: Spec) -> Iterator[Violation]:
    """Addresses of a cloud that neither the record nor any expression names."""
    texts = [text for runbook in spec.runbooks.values() for _, text in runbook_texts(runbook)]
    texts += [
        text or "" for place in spec.platform.places.values() for text in (place.title, place.shell, place.folder)
    ]
    texts += spec.templates.values()
    texts += [
        value.template
        for placed in placed_services(spec)
        for value in (*placed.service.environment.values(), *(placed.service.command or ()))
        if isinstance(value, Template)
    ]
    for mode, _, cloud in clouds(spec):
        rules = (*cloud.firewall.inbound, *cloud.firewall.outbound)
        peers = [peer.template for each in rules for peer in each.peers if isinstance(peer, Template)]
        named = {name for text in (*texts, *peers) for name in _ADDRESS.findall(text)} | {cloud.dns.address}
        for name in cloud.addresses:
            if name not in named:
                path = path_of("topology", mode, "cloud", "addresses", name)
                yield Violation(path, f"nothing uses `{name}`", at_key=True)


_ISSUED = """\
topology/single.yaml:
  entry: {{service: web, tls: {{issuer: {{directory: "https://{0}/directory", email: {1}, challenge: http-01}}}}}}
services/web.yaml: {{publish: {{http: {{address: 0.0.0.0, port: {2}}}}}}}
tenants.yaml: {{tenants: {{acme: {{title: Acme, octet: 1, state: ACTIVE}}}}}}
"""
_ASKED_AT = {"http-01": 80, "tls-alpn-01": 443}


@rule(
    "PLB556",
    title="Certificate that cannot be issued or is not trusted",
    why="The issuer asks port 80 or 443 of the host name, and nothing answers there. Browsers refuse certificates of a "
    "test directory. Warnings to an undeliverable address reach nobody.",
    fix=(
        "Publish the entry on the challenge's port, and name the issuer's production directory and an address with "
        "a domain."
    ),
    failing=_ISSUED.format("acme.example.net", "ops@example.com", 8000),
    passing=_ISSUED.format("acme.example.net", "ops@example.com", 80),
)
def not_issued(spec: Spec) -> Iterator[Violation]:
    """Challenges at ports that the entry does not publish, test directories, and addresses without a domain."""
    for mode, topology in spec.topology.items():
        issuer = topology.entry.tls.issuer if topology.entry.tls else None
        entry = services_of(spec, mode).get(topology.entry.service)
        if issuer is None or entry is None:
            continue
        path = path_of("topology", mode, "entry", "tls", "issuer")
        wanted = _ASKED_AT[issuer.challenge]
        published = {each.port for each in entry.publish.values() if not each.address.startswith("127.")}
        if entry.publish and wanted not in published:
            message = f"{issuer.challenge} needs port {wanted}, but `{topology.entry.service}` is not published there"
            yield Violation(
                path_of(path, "challenge"),
                message,
                also=((path_of("services", topology.entry.service, "publish"), "its ports"),),
            )
        if re.search(r"staging", issuer.directory):
            yield Violation(
                path_of(path, "directory"), "this is the issuer's test directory", observed=issuer.directory
            )
        if "." not in issuer.email.rpartition("@")[2]:
            yield Violation(
                path_of(path, "email"), f"mail from outside cannot reach {issuer.email}", observed=issuer.email
            )
