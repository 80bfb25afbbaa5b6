"""What tenants should have, against a snapshot, check by check. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from generators.cloud.origins import origin
from plumbline.provisioning.first_boot import (
    first_boot_difference,
    first_boot_hash,
    is_of_one_label,
    node_files_hash,
    whole_hash,
)
from plumbline.provisioning.labels import BOOKKEEPING, NODE_FILES, OBJECT, TOLD_VOLUME, USER_DATA, identity
from plumbline.report.fact import Check
from plumbline.spec.paths import PathText
from validators.cloud.raw import flag, text
from validators.cloud.readable import UNREADABLE, Observed, Surroundings, Unreadable, Values, in_words, yes_or_no
from validators.cloud.snapshot import CloudObject, Snapshot, is_owned, subject_of
from validators.cloud.values import FIELDS, KINDS, NEEDS

State = Mapping[str, Any]
"""A desired state."""
Want = dict[str, Any]
RULES = {
    "protected": "PLB974",
    "carried_by": "PLB976",
    "filters": "PLB976",
    "state": "PLB979",
    "load_balancer": "PLB980",
    "route": "PLB980",
    "routes_exposed_to_vswitch": "PLB980",
    "network foreign": "PLB980",
}
"""Rules by the first word of an attribute, or by the kind and that word; all others are PLB971."""


@dataclass(frozen=True)
class Judged:
    """A check, the rule that it belongs to, and the part of the spec that it is about."""

    check: Check
    rule: str
    """Empty for what is only said in the report."""
    path: PathText
    says: str = ""
    """The difference in words, where those of the check would not do."""


def object_checks(state: State, snapshot: Snapshot) -> Iterator[Judged]:
    """Every fact of what a tenant should have."""
    wanted = {key_of(want): want for want in state["objects"]}
    look = _surroundings(state, snapshot)
    there = match_desired(state, snapshot)
    for key, want in wanted.items():
        subject = want["kind"] if want["kind"] != "record" else f"record {want['zone']}"
        if subject in snapshot.unread:
            yield Judged(
                check_of(state, want, "exists", "yes", None, readable=False), "", origin(state["mode"], want, "")
            )
        elif want["kind"] == "ssh_key":
            yield _ssh_key(state, want, snapshot)
        elif (seen := there.get(key)) is None:
            check = check_of(state, want, "exists", "yes", None, deployed=False)
            yield _judged(state, want, check, "PLB970", "is missing")
        elif seen.labels is not None and not is_owned(seen, state["ownership"]):
            wish, have = _labels(state["ownership"]), _labels(seen.labels)
            says = f"exists but is not the tenant's: it should have the labels {wish}, but has {have}"
            yield _judged(state, want, check_of(state, want, "owner", wish, have), "PLB973", says)
        else:
            yield from _object(state, want, seen, look)


def match_desired(state: State, snapshot: Snapshot) -> dict[tuple[str, ...], CloudObject]:
    """What stands for each desired object: what has its name; where the name is free, the tenant's that its label names."""
    wanted = {key_of(want): want for want in state["objects"]}
    there = {seen.key: seen for seen in snapshot.objects if seen.key in wanted}
    own = [each for each in snapshot.objects if is_owned(each, state["ownership"]) and each.key not in wanted]
    marked = {(each.kind, (each.labels or {}).get(OBJECT)): each for each in own}
    renamed = {key: marked.get((key[0], identity(want["name"]))) for key, want in wanted.items() if key not in there}
    return there | {key: seen for key, seen in renamed.items() if seen}


def key_of(want: Want) -> tuple[str, ...]:
    """By what a desired object is known in its project."""
    return (want["kind"], want["name"], want.get("zone", ""), want["type"] if want["kind"] == "record" else "")


def check_of(
    state: State, about: Want | CloudObject, attribute: str, want: str | None, have: str | None, **more: bool
) -> Check:
    """A check of an object of a tenant."""
    subject = (
        about.subject
        if isinstance(about, CloudObject)
        else subject_of(about["kind"], about["name"], about.get("zone", ""), about.get("type", ""))
    )
    return Check(subject, attribute, want, have, where=state["tenant"], **more)


def _surroundings(state: State, snapshot: Snapshot) -> Surroundings:
    servers = {want["name"] for want in state["objects"] if want["kind"] == "server"}
    servers |= {seen.name for seen in snapshot.of_kind("server") if is_owned(seen, state["ownership"])}
    carriers = {want["volume"]: want["name"] for want in state["objects"] if want.get("volume")}
    there = match_desired(state, snapshot)
    renamed = {(key[0], seen.id): key[1] for key, seen in there.items() if seen.name != key[1]}
    return Surroundings(snapshot, frozenset(servers), carriers, renamed)


def _judged(state: State, want: Want, check: Check, rule: str, says: str = "") -> Judged:
    word = check.attribute.partition(".")[0]
    return Judged(check, rule, origin(state["mode"], want, FIELDS.get(word, word)), says)


def _labels(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items())) or "no label"


def _ssh_key(state: State, want: Want, snapshot: Snapshot) -> Judged:
    """A key is known by its fingerprint, whatever its name is; a name that another key has is taken."""
    keys = snapshot.of_kind("ssh_key")
    same = [key for key in keys if text(key.raw, "fingerprint") == want["fingerprint"]]
    named = next(
        (text(key.raw, "fingerprint") or "of no fingerprint" for key in keys if key.name == want["name"]), None
    )
    have = want["fingerprint"] if same else named
    check = check_of(state, want, "fingerprint", want["fingerprint"], have, deployed=have is not None)
    if have is None:
        return _judged(state, want, check, "PLB970", "is missing")
    if same and not any(_blob(text(key.raw, "public_key")) == _blob(want["public_key"]) for key in same):
        # a fingerprint is an MD5: two keys can be made that share one
        check = check_of(state, want, "public_key", want["public_key"], text(same[0].raw, "public_key"))
        return _judged(state, want, check, "PLB973", "another key has its fingerprint")
    return _judged(state, want, check, "PLB973", f"another key has this name: {have}")


def _blob(public_key: str | None) -> str:
    """A key without its comment."""
    return " ".join((public_key or "").split()[:2])


def _object(state: State, want: Want, seen: CloudObject, look: Surroundings) -> Iterator[Judged]:
    """Every fact of an object that is there and is the tenant's."""
    kind = KINDS[want["kind"]]
    expected, observed = kind.expected(want, seen, look), kind.observed(seen, look)
    expected["name"], observed["name"] = want["name"], seen.name
    if seen.labels and OBJECT in seen.labels:
        expected[f"label.{OBJECT}"], observed[f"label.{OBJECT}"] = identity(want["name"]), seen.labels[OBJECT]
    if "protected" in want:
        expected["protected"] = "yes" if want["protected"] else "no"
        observed["protected"] = yes_or_no(_protected(seen))
    expected |= {f"label.{key}": value for key, value in want["labels"].items()}
    observed |= {"label": UNREADABLE} if seen.labels is None else _own_labels(seen)
    if want["kind"] == "server":
        # any type of the list is as desired; the report shows which it is
        type = text(seen.raw, "server_type.name")
        expected["type"] = type if type and type in want["types"] else " or ".join(want["types"])
        observed["type"] = in_words(type)
        if isinstance(observed["image"], Unreadable) and want["image"] not in look.snapshot.images:
            observed["image"] = Unreadable("", "is unknown: the image is withdrawn")
    for check, rule, says in _compared(state, want, expected, _readable(observed, expected, look.snapshot)):
        yield _judged(state, want, check, rule, says)
    if want["kind"] == "server" and seen.labels is not None:
        yield from _first_boot(state, want, seen.labels)
        yield from _told_volume(state, want, seen.labels, look.snapshot)


def _protected(seen: CloudObject) -> bool | None:
    return flag(seen.raw, "protection.delete")


def _own_labels(seen: CloudObject) -> Observed:
    return {f"label.{key}": value for key, value in (seen.labels or {}).items() if key not in BOOKKEEPING}


def _readable(observed: Observed, expected: Values, snapshot: Snapshot) -> Observed:
    """With all that takes its names from a list that could not be read as untold; the list has a finding of its own."""
    blind = {word for word, kind in NEEDS.items() if kind in snapshot.unread}
    return observed | {
        attribute: Unreadable("", "") for attribute in (*observed, *expected) if attribute.partition(".")[0] in blind
    }


def _compared(state: State, want: Want, expected: Values, observed: Observed) -> Iterator[tuple[Check, str, str]]:
    """Each attribute of either side, once, in order. Of a list that cannot be told, nothing is taken for missing."""
    for attribute in sorted(expected.keys() | observed.keys()):
        word, dot, _ = attribute.partition(".")
        have = observed.get(attribute)
        if have is None and dot and isinstance(observed.get(word), Unreadable):
            continue
        if isinstance(have, Unreadable):
            check = check_of(state, want, attribute, expected.get(attribute), None, readable=False)
            told = f"{attribute} {have.says}" if have.says else f"{attribute} is unknown: the API does not report it"
            yield check, have.rule, told
        else:
            check = check_of(state, want, attribute, expected.get(attribute), have)
            yield check, _rule(want["kind"], word, check), ""


def _rule(kind: str, word: str, check: Check) -> str:
    if word == "subnet" and (check.expected is None or "vSwitch" in (check.observed or "")):
        return "PLB980"
    return RULES.get(f"{kind} {word}") or RULES.get(word, "PLB971")


def _first_boot(state: State, want: Want, labels: Mapping[str, str]) -> Iterator[Judged]:
    """What the API never gives back: of user data a label holds the hash, of SSH keys nothing does."""
    told, have = want[USER_DATA], labels.get(USER_DATA)
    one = is_of_one_label(labels, told)
    wish = whole_hash(told) if one else first_boot_hash(told)
    check = check_of(state, want, "user_data", wish, have, readable=have is not None)
    if have:
        unsure = " or node files" if NODE_FILES not in labels else ""
        yield _judged(
            state,
            want,
            check,
            "PLB971",
            f"was first booted with user data{unsure} that differ{'' if unsure else 's'} from the spec",
        )
    else:
        yield _judged(
            state, want, check, "PLB975", f"its first-boot configuration is unknown: there is no label {USER_DATA}"
        )
    if not one and not first_boot_difference(labels, told):
        wish, have = node_files_hash(told), labels.get(NODE_FILES)
        says = (
            "its node files differ from the spec"
            if have
            else f"its node files are unknown: there is no label {NODE_FILES}"
        )
        yield _judged(state, want, check_of(state, want, "node_files", wish, have), "PLB994", says)
    keys = check_of(state, want, "ssh_keys", ", ".join(sorted(want["ssh_keys"])), None, readable=False)
    yield _judged(state, want, keys, "")


def _told_volume(state: State, want: Want, labels: Mapping[str, str], snapshot: Snapshot) -> Iterator[Judged]:
    """The volume whose id the first boot was told: units of the server wait for that one, whatever its name is."""
    volume = match_desired(state, snapshot).get(("volume", want["volume"], "", "")) if want["volume"] else None
    if volume is None:
        return
    told = labels.get(TOLD_VOLUME)
    check = check_of(state, want, "told_volume", str(volume.id), told, readable=told is not None)
    says = f"its first boot expects volume #{told}, but {volume.name} is #{volume.id}: it waits for another disk"
    yield _judged(state, want, check, "PLB971" if told else "", says)
