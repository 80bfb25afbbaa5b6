"""What a project has besides what its tenants should have, and what of it ends soon. Pure."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from validators.cloud.checks import Judged, State, check_of, key_of
from validators.cloud.snapshot import Seen, Snapshot, owned

RENEWED_DAYS = 21
"""A certificate that the provider renews gets its successor thirty days before its end."""
LONELY = ("volume", "primary_ip")
"""Kinds that are paid for and do nothing without a server."""
LEADING = ("A", "AAAA", "CNAME", "HTTPS", "NS", "SVCB")
"""Types of records by which a host name leads somewhere."""
WATCHED = ("ssh_key", "certificate")
"""Kinds that are the whole project's; a label on them says nothing."""


def stray_checks(state: State, snapshot: Snapshot, today: date) -> Iterator[Judged]:
    """What is a tenant's, or gets in its way, and is not in its desired state; and how long its certificates last."""
    wanted = {key_of(want) for want in state["objects"]}
    hosts = {(want["name"], want["zone"]) for want in state["objects"] if want["kind"] == "record"}
    alike = _alike(state)
    for seen in snapshot.objects:
        if key_of(seen) in wanted or seen["kind"] in WATCHED:
            continue
        if owned(seen, state["ownership"]):
            yield _lonely(state, seen, "ownership") if is_lonely(seen) else _extra(state, seen)
        elif is_lonely(seen) and alike.match(seen["name"]):
            yield _lonely(state, seen, "names")
        elif seen["kind"] == "record" and seen["type"] in LEADING and (seen["name"], seen["zone"]) in hosts:
            says = f"leads to {', '.join(seen['values'])}, and is not in the spec"
            yield _judged(state, seen, "exists", "yes", "PLB971", "dns", says)
    for seen in snapshot.of_kind("certificate"):
        names = {f"{name}.{zone}" for name, zone in hosts}
        if owned(seen, state["ownership"]) or any(_covers(each, name) for each in seen["domains"] for name in names):
            yield from _certificate(state, seen, today + timedelta(days=RENEWED_DAYS))


def is_lonely(seen: Seen) -> bool:
    """Whether it is paid for and does nothing, for no server has it."""
    return seen["kind"] in LONELY and seen["server"] is None


def _alike(state: State) -> re.Pattern[str]:
    """Names that are, or begin with, that of an object of the tenant: `tenant-acme-data-old`."""
    own = [re.escape(want["name"]) for want in state["objects"] if want["kind"] not in WATCHED]
    return re.compile(f"(?:{'|'.join(own) or '(?!)'})(?:$|[._-])")


def _judged(state: State, seen: Seen, attribute: str, observed: str, rule: str, field: str, says: str) -> Judged:
    check = check_of(state, seen, attribute, None, observed)
    return Judged(check, rule, f"topology.{state['mode']}.cloud.{field}", says)


def _extra(state: State, seen: Seen) -> Judged:
    says = "has the tenant's labels and is not in the spec"
    return _judged(state, seen, "exists", "yes", "PLB972", "ownership", says)


def _lonely(state: State, seen: Seen, field: str) -> Judged:
    says = "no server has it, and it is not in the spec"
    return _judged(state, seen, "carried_by", "no server", "PLB976", field, says)


def _covers(domain: str, host: str) -> bool:
    return domain == host or (domain.startswith("*.") and host.partition(".")[2] == domain[2:])


def _certificate(state: State, seen: Seen, least: date) -> Iterator[Judged]:
    path = f"topology.{state['mode']}.cloud.dns"
    until = seen["until"] or "never issued"
    fine = seen["until"] is not None and date.fromisoformat(seen["until"]) >= least
    check = check_of(state, seen, "valid_until", until if fine else f"{least} or later", until)
    yield Judged(check, "PLB977", path, f"valid until {until}")
    if seen["failed"]:
        check = check_of(state, seen, "renewal", "well", "failed")
        yield Judged(check, "PLB977", path, "the provider could not issue or renew it")
