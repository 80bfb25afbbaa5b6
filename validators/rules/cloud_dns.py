"""PLB511…: the DNS record of a tenant."""

import re
from collections.abc import Iterator
from ipaddress import ip_network

from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.cloud import Dns
from validators.rules.cloud_examples import cloud_example
from validators.rules.cloud_lookup import clouds
from validators.rules.registry import Violation, rule

LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
NAME_LENGTH = 253
MOST_SECONDS = 2**31 - 1
BITS = {"A": 32, "AAAA": 128}


@rule(
    "PLB511",
    title="DNS record without a single address",
    why="The record is created last. By then the tenant's servers run and cost money, but nobody can reach them.",
    fix="Name an entry of `addresses` that is one address: /32 for A, /128 for AAAA.",
    failing=cloud_example(address="entrance"),
    passing=cloud_example(address="entry"),
)
def no_address(spec: Spec) -> Iterator[Violation]:
    """Records whose address is not there, or is not one of their type."""
    for mode, _, cloud in clouds(spec):
        path, dns = path_of("topology", mode, "cloud", "dns", "address"), cloud.dns
        if dns.address not in cloud.addresses:
            message = f"`addresses` has no `{dns.address}`; it has {', '.join(cloud.addresses) or 'none'}"
            yield Violation(path, message, explains=((dns.address,),))
            continue
        try:
            network = ip_network(cloud.addresses[dns.address])
        except ValueError:
            yield Violation(path, f"{cloud.addresses[dns.address]} is not a valid range (not a CIDR, or host bits set)")
            continue
        if network.prefixlen != BITS[dns.type] or network.max_prefixlen != BITS[dns.type]:
            yield Violation(path, f"{network} is not one address for a record of type {dns.type}")


@rule(
    "PLB514",
    title="Record or zone that is not valid in DNS",
    why="The API refuses it after everything else exists. Without `{tenant}`, all tenants share one record, and the last "
    "one wins.",
    fix="Make `record` relative to its zone, with `{tenant}` in it, and `zone` a registrable domain. Use at most 63 of "
    "`a-z0-9-` for a label.",
    failing=cloud_example(record="tenants"),
    passing=cloud_example(record="{tenant}"),
)
def beyond_dns(spec: Spec) -> Iterator[Violation]:
    """Names and lifetimes beyond the limits."""
    for mode, _, cloud in clouds(spec):
        for field, message in _dns_problems(cloud.dns, list(spec.tenants.tenants)):
            yield Violation(path_of("topology", mode, "cloud", "dns", field), message)


def _dns_problems(dns: Dns, tenants: list[str]) -> Iterator[tuple[str, str]]:
    if "." not in dns.zone or not _is_name(dns.zone):
        yield "zone", f"`{dns.zone}` is not a registrable domain in lower case"
    if "{tenant}" not in dns.record:
        yield "record", "has no {tenant}, so all tenants would share one record"
    for tenant in tenants:
        name = dns.record.replace("{tenant}", tenant)
        if not _is_name(name) or len(f"{name}.{dns.zone}") > NAME_LENGTH:
            yield "record", f"`{name}` in `{dns.zone}` is not a valid DNS name"
    if dns.ttl_s > MOST_SECONDS:
        yield "ttl_s", f"{dns.ttl_s} s is more than {MOST_SECONDS}"


def _is_name(name: str) -> bool:
    return all(LABEL.fullmatch(part) for part in name.split("."))


@rule(
    "PLB515",
    title="DNS record that differs from the tenant's host name",
    why="Certificates, routing and pages use `domain` of platform.yaml. The gateway does not know any other name.",
    fix="Make `record` and `zone` together equal `domain`.",
    failing=cloud_example(record="{tenant}.data"),
    passing=cloud_example(record="{tenant}"),
)
def other_name(spec: Spec) -> Iterator[Violation]:
    """Records that `domain` does not name."""
    for mode, _, cloud in clouds(spec):
        name = f"{cloud.dns.record}.{cloud.dns.zone}"
        if name != spec.platform.domain:
            yield Violation(
                path_of("topology", mode, "cloud", "dns", "record"),
                f"gives {name}, but a tenant's host name is {spec.platform.domain}",
                expected=spec.platform.domain,
                observed=name,
            )
