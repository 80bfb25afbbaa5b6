"""What tenants should have, against a snapshot, check by check. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from generators.cloud.desired import spec_path
from generators.cloud.origins import origin
from plumbline.fact import Check, Fact, compare
from plumbline.provisioning.labels import USER_DATA
from plumbline.provisioning.servers import user_data_hash
from validators.cloud.snapshot import Offer, Seen, Snapshot, owned
from validators.cloud.values import FIELDS, KINDS, Tenant, Values

State = Mapping[str, Any]
"""A desired state."""
RULES = {
    "protected": "PLB974",
    "carried_by": "PLB976",
    "filters": "PLB976",
    "state": "PLB979",
}
"""Rules by the first word of an attribute; all others are PLB971."""


@dataclass(frozen=True)
class Judged:
    """A check, the rule that it belongs to, and the part of the spec that it is about."""

    check: Check
    rule: str
    """Empty for what is only said in the report."""
    path: str
    says: str = ""
    """The difference in words, where those of the check would not do."""


def object_checks(state: State, snapshot: Snapshot) -> Iterator[Judged]:
    """Every fact of what a tenant should have."""
    ours = [seen for seen in snapshot.objects if owned(seen, state["ownership"])]
    wanted = {key_of(want): want for want in state["objects"]}
    servers = {want["name"] for want in state["objects"] if want["kind"] == "server"}
    servers |= {seen["name"] for seen in ours if seen["kind"] == "server"}
    carriers = {want["volume"]: want["name"] for want in state["objects"] if want.get("volume")}
    tenant = Tenant(frozenset(servers), carriers)
    there = {key_of(seen): seen for seen in snapshot.objects if key_of(seen) in wanted}
    for key, want in wanted.items():
        if want["kind"] == "ssh_key":
            yield _ssh_key(state, want, snapshot)
        elif (seen := there.get(key)) is None:
            check = check_of(state, want, "exists", "yes", None, deployed=False)
            yield _judged(state, want, check, "PLB970", "is missing")
        elif not owned(seen, state["ownership"]):
            wish, have = _labels(state["ownership"]), _labels(seen["labels"])
            says = f"exists and is not the tenant's: it should have the labels {wish}, and has {have}"
            yield _judged(state, want, check_of(state, want, "owner", wish, have), "PLB973", says)
        else:
            yield from _object(state, want, seen, tenant)


def key_of(seen: Seen) -> tuple[str, ...]:
    """By what an object is known in its project."""
    return (seen["kind"], seen["name"], seen.get("zone", ""), seen["type"] if seen["kind"] == "record" else "")


def subject_of(seen: Seen) -> str:
    """How an object is called in reports."""
    record = f".{seen['zone']} {seen['type']}" if seen["kind"] == "record" else ""
    return f"{seen['kind']} {seen['name']}{record}"


def check_of(state: State, seen: Seen, attribute: str, want: str | None, have: str | None, **more: bool) -> Check:
    """A check of an object of a tenant."""
    return Check(subject_of(seen), attribute, want, have, where=state["tenant"], **more)


def _judged(state: State, want: Seen, check: Check, rule: str, says: str = "") -> Judged:
    word = check.attribute.partition(".")[0]
    return Judged(check, rule, origin(state["mode"], want, FIELDS.get(word, word)), says)


def _labels(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items())) or "no label"


def _ssh_key(state: State, want: Seen, snapshot: Snapshot) -> Judged:
    """A key is known by its fingerprint, whatever its name is; a name that another key has is taken."""
    keys = snapshot.of_kind("ssh_key")
    named = next((key["fingerprint"] for key in keys if key["name"] == want["name"]), None)
    have = want["fingerprint"] if any(key["fingerprint"] == want["fingerprint"] for key in keys) else named
    check = check_of(state, want, "fingerprint", want["fingerprint"], have, deployed=have is not None)
    if have is None:
        return _judged(state, want, check, "PLB970", "is missing")
    return _judged(state, want, check, "PLB973", f"the name is another key's: {have}")


def _object(state: State, want: Seen, seen: Seen, tenant: Tenant) -> Iterator[Judged]:
    """Every fact of an object that is there and is the tenant's."""
    kind = KINDS[want["kind"]]
    expected, observed = kind.expected(want, tenant), kind.observed(seen, tenant)
    if "protected" in want:
        expected["protected"], observed["protected"] = ("yes" if each["protected"] else "no" for each in (want, seen))
    expected |= {f"label.{key}": value for key, value in want["labels"].items()}
    observed |= {f"label.{key}": value for key, value in seen["labels"].items()}
    if want["kind"] == "server":
        # any type of the list is as desired; the report shows which it is
        expected["type"] = seen["type"] if seen["type"] in want["types"] else " or ".join(want["types"])
        observed["type"] = seen["type"]
    for check in compare(_facts(want, expected), _facts(want, observed)):
        placed = check_of(state, want, check.attribute, check.expected, check.observed)
        yield _judged(state, want, placed, RULES.get(check.attribute.partition(".")[0], "PLB971"))
    if want["kind"] == "server":
        yield from _first_boot(state, want, seen)


def _facts(want: Seen, values: Values) -> list[Fact]:
    return [Fact(subject_of(want), attribute, value) for attribute, value in values.items()]


def _first_boot(state: State, want: Seen, seen: Seen) -> Iterator[Judged]:
    """What the API never gives back: of user data a label holds the hash, of SSH keys nothing does."""
    wish, have = user_data_hash(want[USER_DATA]), seen[USER_DATA]
    check = check_of(state, want, "user_data", wish, have, readable=have is not None)
    if have:
        yield _judged(state, want, check, "PLB971", "was first booted with other user data than the spec's")
    else:
        yield _judged(
            state, want, check, "PLB975", f"what it was first booted with can't be told: no label {USER_DATA}"
        )
    keys = check_of(state, want, "ssh_keys", ", ".join(sorted(want["ssh_keys"])), None, readable=False)
    yield _judged(state, want, keys, "")


def project_checks(states: Iterable[State], snapshot: Snapshot) -> Iterator[Judged]:
    """What is about no tenant alone: zones, and whether what servers are made with can still be ordered."""
    types: dict[tuple[str, str], str] = {}
    images: dict[str, str] = {}
    zones: dict[str, str] = {}
    for state in states:
        for want in state["objects"]:
            if want["kind"] == "server":
                types |= {(name, want["location"]): origin(state["mode"], want, "types") for name in want["types"]}
                images[want["image"]] = origin(state["mode"], want, "image")
            elif want["kind"] == "record":
                zones[want["zone"]] = f"{spec_path(state['mode'], want)}.zone"
    for zone, path in sorted(zones.items()):
        there = zone in snapshot.zones
        check = Check(f"zone {zone}", "exists", "yes", "yes" if there else None, deployed=there)
        yield Judged(check, "PLB970", path, "is missing")
    for (name, location), path in sorted(types.items()):
        offer = snapshot.server_types.get(name, {}).get(location)
        check = Check(f"server_type {name}", f"offered.{location}", "yes", _offered(offer))
        yield Judged(check, "PLB978", path, f"is offered in {location}: {check.observed}")
    for name, path in sorted(images.items()):
        check = Check(f"image {name}", "offered", "yes", _offered(snapshot.images.get(name)))
        yield Judged(check, "PLB978", path, f"is offered: {check.observed}")


def _offered(offer: Offer | None) -> str:
    if offer is None:
        return "no"
    return "yes" if offer.until is None else f"until {offer.until}"
