"""Objects of a project that belong to no tenant of the spec: those of removed tenants, and those without an owner. Pure."""

import re
from collections.abc import Container, Iterator, Mapping

from plumbline.report.fact import Check
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.cloud.checks import Judged
from validators.cloud.raw import cidr, text
from validators.cloud.snapshot import CloudObject, Snapshot
from validators.cloud.unmanaged import WHOLE, copied_from, is_unattached

_END = "(?:$|[._-])"
"""Where a name may go on: `tenant-acme-data-old`."""
REACHABLE = ("server", "load_balancer", "floating_ip")
"""Kinds that compute, or lead somewhere: what nobody knows of them is how a breach looks."""


def leftovers(spec: Spec, mode: str, snapshot: Snapshot) -> Iterator[Judged]:
    """Objects with an unknown tenant in the labels of ownership; volumes, addresses and copies without a server, also by their names."""
    cloud = spec.topology[mode].cloud
    if cloud is None:
        return
    labels = {key: _pattern(text) for key, text in cloud.ownership.items()}
    roles = "|".join(map(re.escape, spec.topology[mode].roles))
    server = _pattern(cloud.names.server, roles, end=_END)
    names = {"volume": _pattern(cloud.names.volume, end=_END), "primary_ip": server, "floating_ip": server}
    for seen in snapshot.objects:
        by_label = None if seen.kind in WHOLE else _by_labels(seen.labels or {}, labels)
        lonely, copied = is_unattached(seen), copied_from(seen, snapshot)
        by_name = names[seen.kind].match(seen.name) if lonely else server.match(copied) if copied else None
        tenant = by_label or _tenant(by_name)
        if tenant is None or tenant in spec.tenants.tenants:
            continue
        path = path_of("topology", mode, "cloud", "ownership" if by_label else "names")
        says = f"belongs to tenant {tenant}, which is not in the spec"
        yield Judged(Check(seen.subject, "exists", None, "yes"), "PLB976" if lonely else "PLB972", path, says)


def nobodys(spec: Spec, wanted: Container[tuple[str, ...]], snapshot: Snapshot) -> Iterator[Judged]:
    """What computes or leads somewhere, has no tenant's labels, and no address of the spec. `wanted`: what is looked at anyway."""
    clouds = {mode: cloud for mode in spec.modes if (cloud := spec.topology[mode].cloud)}
    patterns = [{key: _pattern(text) for key, text in cloud.ownership.items()} for cloud in clouds.values()]
    addresses = {cidr(each) for cloud in clouds.values() for each in cloud.addresses.values()}
    path = path_of("topology", next(iter(clouds)), "cloud", "addresses") if clouds else path_of("topology")
    for seen in (each for kind in REACHABLE for each in snapshot.of_kind(kind)):
        if (
            seen.key in wanted
            or any(_by_labels(seen.labels or {}, labels) for labels in patterns)
            or _own(seen) & addresses
        ):
            continue
        says = "has neither a tenant's labels nor an address of the spec: nobody knows who owns it"
        yield Judged(Check(seen.subject, "owner", None, "nobody"), "PLB989", path, says)


def _own(seen: CloudObject) -> set[str]:
    fields = ("public_net.ipv4.ip", "public_net.ipv6.ip", "ip")
    return {cidr(address) for field in fields if (address := text(seen.raw, field))}


def _pattern(text: str, roles: str = "", end: str = "") -> re.Pattern[str]:
    escaped = re.escape(text).replace(r"\{tenant\}", "(?P<tenant>[a-z0-9-]+?)")
    return re.compile(escaped.replace(r"\{role\}", f"(?:{roles})").replace(r"\{index\}", "[0-9]+") + end)


def _by_labels(labels: Mapping[str, str], patterns: dict[str, re.Pattern[str]]) -> str | None:
    """The tenant that the labels of ownership name, if all of them are there."""
    found = [pattern.fullmatch(labels.get(key, "")) for key, pattern in patterns.items()]
    tenants = {tenant for match in found if (tenant := _tenant(match))}
    return tenants.pop() if all(found) and len(tenants) == 1 else None


def _tenant(match: re.Match[str] | None) -> str | None:
    return match.groupdict().get("tenant") if match else None
