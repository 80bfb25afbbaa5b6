"""The DNS around the tenants' names: their zones, and records that override, shadow, delegate or bar them. Pure."""

from collections.abc import Iterable, Iterator

from generators.cloud.desired import spec_path
from plumbline.report.fact import Check
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from validators.cloud.caa import verdict
from validators.cloud.checks import Judged, State, check_of, key_of
from validators.cloud.raw import entries, flag, text, words
from validators.cloud.readable import UNREADABLE, Unreadable, yes_or_no
from validators.cloud.snapshot import CloudObject, Snapshot, is_owned

DELEGATING = ("NS", "DS")
Host = tuple[str, str]
"""A name and its zone."""


def zone_checks(states: Iterable[State], snapshot: Snapshot) -> Iterator[Judged]:
    """Whether each zone is there, answers, and can't be deleted by one click."""
    zones = {zone: path for state in states for (_, zone), path in _hosts(state).items()}
    for name, path in sorted(zones.items()):
        if "zone" in snapshot.unread:
            yield Judged(Check(f"zone {name}", "exists", "yes", None, readable=False), "", path_of(path, "zone"))
            continue
        zone = next((each for each in snapshot.of_kind("zone") if each.name.lower() == name.lower()), None)
        check = Check(f"zone {name}", "exists", "yes", "yes" if zone else None, deployed=zone is not None)
        yield Judged(check, "PLB970", path_of(path, "zone"), "is missing")
        if zone:
            yield from _zone(zone, path_of(path, "zone"), snapshot)


def _zone(zone: CloudObject, path: PathText, snapshot: Snapshot) -> Iterator[Judged]:
    def judged(attribute: str, wish: str, have: str | Unreadable | None, rule: str) -> Judged:
        if isinstance(have, Unreadable) or have is None:
            told = have or UNREADABLE
            check = Check(zone.subject, attribute, wish, None, readable=False)
            return Judged(check, told.rule, path, f"{attribute} {told.says or 'is not reported by the API'}")
        return Judged(Check(zone.subject, attribute, wish, have), rule, path)

    yield judged("mode", "primary", text(zone.raw, "mode"), "PLB982")
    yield judged("status", "ok", _status(text(zone.raw, "status")), "PLB982")
    yield judged("delegation", "valid", _delegation(zone), "PLB982")
    yield judged("protected", "yes", yes_or_no(flag(zone.raw, "protection.delete")), "PLB983")
    assigned = words(zone.raw, "authoritative_nameservers.assigned")
    own = next((each for each in _records(snapshot, zone.name) if each.name == "@" and each.type == "NS"), None)
    if assigned and own:
        wish, have = ", ".join(sorted(assigned)), ", ".join(_values(own))
        yield judged("nameservers", wish, have, "PLB982")


def _status(status: str | None) -> str | Unreadable | None:
    return Unreadable("PLB986", "is updating: wait, and run the command again") if status == "updating" else status


def _delegation(zone: CloudObject) -> str | Unreadable:
    """Whether the domain leads to the provider's name servers, as far as the provider has asked."""
    status = text(zone.raw, "authoritative_nameservers.delegation_status")
    if status == "unknown" or status is None:
        # the provider has not asked yet; a look at any other day says it
        return Unreadable("", "was not checked yet")
    return status


def host_checks(state: State, snapshot: Snapshot) -> Iterator[Judged]:
    """Records at a tenant's name and below it that the spec does not have."""
    wanted = {key_of(want) for want in state["objects"]}
    for (name, zone), path in _hosts(state).items():
        for seen in _records(snapshot, zone):
            at, below = seen.name.lower() == name, seen.name.lower().endswith(f".{name}")
            # what has the tenant's labels is a finding already
            if seen.key in wanted or not (at or below) or is_owned(seen, state["ownership"]):
                continue
            what = "is next to the tenant's record" if at else "is below the tenant's name"
            says = f"{what} but is not in the spec: {', '.join(_values(seen))}"
            yield Judged(check_of(state, seen, "exists", None, "yes"), "PLB981", path, says)


def parent_checks(states: Iterable[State], snapshot: Snapshot) -> Iterator[Judged]:
    """Records above the tenants' names that answer in their place or hand them to others; each once, whoever suffers."""
    parents: dict[Host, PathText] = {}
    for state in states:
        for (name, zone), path in _hosts(state).items():
            labels = name.split(".")
            parents |= {(".".join(labels[number:]), zone): path for number in range(1, len(labels))}
            parents[("", zone)] = path
    for (name, zone), path in sorted(parents.items()):
        for seen in _records(snapshot, zone):
            says = ""
            if seen.name.lower() == (f"*.{name}" if name else "*"):
                says = "answers for every name below it without its own record, such as a former tenant's"
            elif name and seen.name.lower() == name and seen.type in DELEGATING:
                says = "delegates the tenants' names to other name servers"
            if says:
                check = Check(seen.subject, "exists", None, "yes")
                yield Judged(check, "PLB981", path, f"{says}: {', '.join(_values(seen))}")


def issuer_checks(spec: Spec, states: Iterable[State], snapshot: Snapshot) -> Iterator[Judged]:
    """Whether the CAA records nearest to each name let the issuer of the tenants' certificates issue; each set once."""
    told: set[tuple[str, ...]] = set()
    for state in states:
        entry = spec.topology[state["mode"]].entry
        issuer = entry.tls.issuer if entry.tls else None
        if issuer is None or spec.tenants.tenants[state["tenant"]].certificate == "own":
            continue
        for (name, zone), path in _hosts(state).items():
            nearest = _caa(snapshot, name, zone)
            if nearest is None or nearest.key in told:
                continue
            told.add(nearest.key)
            answer = verdict(_values(nearest), issuer.directory, issuer.challenge)
            readable = answer.allowed is not None
            have = None if not readable else "yes" if answer.allowed else "no"
            check = Check(nearest.subject, f"allows {issuer.directory}", "yes", have, readable=readable)
            says = f"the issuer of the tenants' certificates, {issuer.directory}, is not allowed to issue: {answer.why}"
            unsure = f"it is unknown whether it allows {issuer.directory}: {answer.why}"
            yield Judged(check, "PLB981" if readable else "PLB985", path, says if readable else unsure)


def _caa(snapshot: Snapshot, name: str, zone: str) -> CloudObject | None:
    """The set that counts: at the name, else at the nearest name above it, up to the zone's own."""
    sets = {each.name.lower(): each for each in _records(snapshot, zone) if each.type == "CAA"}
    labels = name.split(".")
    names = [*(".".join(labels[number:]) for number in range(len(labels))), "@"]
    return next((sets[each] for each in names if each in sets), None)


def _hosts(state: State) -> dict[Host, PathText]:
    """The tenant's names, and the part of the spec that they come from."""
    return {
        (want["name"].lower(), want["zone"]): spec_path(state["mode"], want)
        for want in state["objects"]
        if want["kind"] == "record"
    }


def _records(snapshot: Snapshot, zone: str) -> list[CloudObject]:
    return [each for each in snapshot.of_kind("record") if each.zone == zone]


def _values(seen: CloudObject) -> list[str]:
    return sorted(text(each, "value") or "?" for each in entries(seen.raw, "records") or [])
