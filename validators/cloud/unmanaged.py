"""Objects of a project beyond those that its tenants should have, and which of them expire soon. Pure."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from plumbline.spec.paths import path_of
from validators.cloud.checks import Judged, State, check_of, match_desired
from validators.cloud.raw import at, number, text, words
from validators.cloud.snapshot import CloudObject, Snapshot, is_owned

RENEWED_DAYS = 21
"""A certificate that the provider renews gets its successor thirty days before its end."""
CARRIER = {"volume": "server", "primary_ip": "assignee_id", "floating_ip": "server"}
"""Kinds that are paid for and do nothing without a server, and the field that names it."""
WHOLE = ("ssh_key", "zone")
"""Kinds that are the whole project's; a label on them says nothing."""


def stray_checks(state: State, snapshot: Snapshot, today: date) -> Iterator[Judged]:
    """What is a tenant's and not in its desired state, and how long its certificates last."""
    wanted = {seen.key for seen in match_desired(state, snapshot).values()}
    servers = {want["name"] for want in state["objects"] if want["kind"] == "server"}
    alike = _alike(state)
    for seen in snapshot.objects:
        if seen.key in wanted or seen.kind in WHOLE:
            continue
        if is_owned(seen, state["ownership"]):
            yield _unattached(state, seen, "ownership") if is_unattached(seen) else _extra(state, seen)
        elif is_unattached(seen) and alike.match(seen.name):
            yield _unattached(state, seen, "names")
        elif (server := copied_from(seen, snapshot)) and (server in servers or alike.match(server)):
            says = f"is a copy of the disk of {server} but is not in the spec"
            yield _judged(state, seen, "exists", "yes", "PLB972", "names", says)
    hosts = {(want["name"], want["zone"]) for want in state["objects"] if want["kind"] == "record"}
    names = {f"{name}.{zone}" for name, zone in hosts}
    for seen in snapshot.of_kind("certificate"):
        domains = words(seen.raw, "domain_names") or []
        if is_owned(seen, state["ownership"]) or any(_covers(each, name) for each in domains for name in names):
            yield from _certificate(state, seen, today + timedelta(days=RENEWED_DAYS))


def is_unattached(seen: CloudObject) -> bool:
    """Whether it is paid for and does nothing, for no server has it."""
    return seen.kind in CARRIER and at(seen.raw, CARRIER[seen.kind]) is None


def copied_from(seen: CloudObject, snapshot: Snapshot) -> str | None:
    """The server whose disk a snapshot or a backup is a copy of."""
    if seen.kind != "image":
        return None
    bound = snapshot.find("server", number(seen.raw, "bound_to") or number(seen.raw, "created_from.id"))
    return bound.name if bound else text(seen.raw, "created_from.name")


def _alike(state: State) -> re.Pattern[str]:
    """Names that are, or begin with, that of an object of the tenant: `tenant-acme-data-old`."""
    own = [re.escape(want["name"]) for want in state["objects"] if want["kind"] not in WHOLE]
    return re.compile(f"(?:{'|'.join(own) or '(?!)'})(?:$|[._-])")


def _judged(state: State, seen: CloudObject, attribute: str, observed: str, rule: str, field: str, says: str) -> Judged:
    check = check_of(state, seen, attribute, None, observed)
    return Judged(check, rule, path_of("topology", state["mode"], "cloud", field), says)


def _extra(state: State, seen: CloudObject) -> Judged:
    says = "has the tenant's labels but is not in the spec"
    return _judged(state, seen, "exists", "yes", "PLB972", "ownership", says)


def _unattached(state: State, seen: CloudObject, field: str) -> Judged:
    says = "is unattached and not in the spec"
    return _judged(state, seen, "carried_by", "no server", "PLB976", field, says)


def _covers(domain: str, host: str) -> bool:
    return domain == host or (domain.startswith("*.") and host.partition(".")[2] == domain[2:])


def _certificate(state: State, seen: CloudObject, least: date) -> Iterator[Judged]:
    path = path_of("topology", state["mode"], "cloud", "dns")
    end = _day(text(seen.raw, "not_valid_after"))
    until = end.isoformat() if end else "never issued"
    fine = end is not None and end >= least
    check = check_of(state, seen, "valid_until", until if fine else f"{least} or later", until)
    yield Judged(check, "PLB977", path, f"valid until {until}")
    if "failed" in (at(seen.raw, "status.issuance"), at(seen.raw, "status.renewal")):
        check = check_of(state, seen, "renewal", "well", "failed")
        yield Judged(check, "PLB977", path, "the provider could not issue or renew it")


def _day(moment: str | None) -> date | None:
    try:
        return date.fromisoformat((moment or "")[:10])
    except ValueError:
        return None
