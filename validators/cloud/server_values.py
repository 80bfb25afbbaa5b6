"""A server as values: what is desired, and what was seen of it, of its addresses, and of what is attached to it. Pure."""

import re
from typing import Any

from validators.cloud.raw import MISSING, Raw, at, entries, flag, number, numbers, text, words
from validators.cloud.readable import (
    NONE,
    UNREADABLE,
    Observed,
    Surroundings,
    Unreadable,
    Values,
    in_words,
    several,
    yes_or_no,
)
from validators.cloud.snapshot import CloudObject

TRANSIENT = ("initializing", "starting", "stopping", "deleting", "migrating", "rebuilding")
"""States that pass."""
FAMILIES = ("ipv4", "ipv6")
THE_PROVIDERS = "the provider's"
_USUAL = re.compile(r"static\.[0-9.]+\.clients\.your-server\.de")
"""The name that an address has when nobody gave it another."""
PENDING = "is not in force yet: until it is, nothing is filtered"


def expected(want: dict[str, Any], seen: CloudObject, look: Surroundings) -> Values:
    """What is desired; how an address is kept, only of one that is there."""
    public = [family for family in FAMILIES if at(seen.raw, f"public_net.{family}") is not None]
    return {
        "state": "running",
        "locked": "no",
        "image": want["image"],
        "architecture": want["architecture"],
        "disk": f"{number(seen.raw, 'server_type.disk')} GB",
        "location": want["location"],
        f"network.{want['network']}": want["address"],
        "placement_group": want["placement_group"] or NONE,
        **{f"firewall.{name}": "in place" for name in want["firewalls"]},
        **({f"volume.{want['volume']}": "attached"} if want["volume"] else {}),
        **{f"public_{family}": "yes" for family in FAMILIES},
        **{f"primary_ip.{family}.goes_with_the_server": "yes" for family in public},
        **{f"primary_ip.{family}.protected": "no" for family in public},
        **{f"primary_ip.{family}.reverse_dns": THE_PROVIDERS for family in public},
        "protected.rebuild": "yes" if want["protected"] else "no",
        "backups": NONE,
        "iso": NONE,
        "rescue": "off",
    }


def observed(seen: CloudObject, look: Surroundings) -> Observed:
    """What was seen."""
    raw, snapshot = seen.raw, look.snapshot
    return {
        "state": _state(raw),
        "locked": _locked(raw),
        "image": _image(raw),
        "architecture": in_words(text(raw, "server_type.architecture")),
        "disk": _disk(raw, snapshot.disks),
        "location": in_words(text(raw, "location.name")),
        **several("network", entries(raw, "private_net"), lambda each: _private(each, look)),
        "placement_group": _group(raw, look),
        **several("firewall", entries(raw, "public_net.firewalls"), lambda each: _behind(each, look)),
        **several("volume", numbers(raw, "volumes"), lambda id: {f"volume.{look.name('volume')(id)}": "attached"}),
        **several(
            "floating_ip",
            numbers(raw, "public_net.floating_ips"),
            lambda id: {f"floating_ip.{look.name('floating_ip')(id)}": "leading to it"},
        ),
        **_balancers(seen, look),
        **{key: value for family in FAMILIES for key, value in _public(seen, family, look).items()},
        "protected.rebuild": yes_or_no(flag(raw, "protection.rebuild")),
        "backups": _nullable(raw, "backup_window"),
        "iso": NONE if at(raw, "iso") is None else in_words(text(raw, "iso.name") or _numbered(number(raw, "iso.id"))),
        "rescue": in_words(flag(raw, "rescue_enabled"), lambda on: "on" if on else "off"),
    }


def _numbered(id: int | None) -> str | None:
    return None if id is None else f"#{id}"


def _nullable(raw: Raw, path: str) -> str | Unreadable:
    return NONE if at(raw, path) is None else in_words(text(raw, path))


def _state(raw: Raw) -> str | Unreadable:
    status = text(raw, "status")
    if status in TRANSIENT:
        return Unreadable("PLB986", f"is {status}: wait, and run the command again")
    return status if status in ("running", "off") else Unreadable(says=f"is {status}, which this version does not know")


def _locked(raw: Raw) -> str | Unreadable:
    if flag(raw, "locked"):
        return Unreadable("PLB986", "is yes: an action is running on it, or the provider has locked it")
    return yes_or_no(flag(raw, "locked"))


def _image(raw: Raw) -> str | Unreadable:
    """Null for one that is gone; what is withdrawn is said once, for the image."""
    if at(raw, "image") is None:
        return Unreadable(says="is no longer in the project: what the server was created from is unknown")
    if text(raw, "image.type") not in (None, "system"):
        return f"{text(raw, 'image.type')} {text(raw, 'image.description') or text(raw, 'image.name') or '?'}"
    return in_words(text(raw, "image.name"))


def _disk(raw: Raw, disks: frozenset[int]) -> str | Unreadable:
    """A change of the type that leaves the disk alone is as desired: the disk is that of a smaller type."""
    have, due = number(raw, "primary_disk_size"), number(raw, "server_type.disk")
    if have is None or due is None:
        return UNREADABLE
    return f"{due if have < due and have in disks else have} GB"


def _private(each: Raw, look: Surroundings) -> Observed:
    aliases, ip, network = words(each, "alias_ips"), text(each, "ip"), number(each, "network")
    if network is None:
        return {"network": UNREADABLE}
    told = aliases is not None or at(each, "alias_ips") in (None, MISSING)
    shown = ", ".join([ip or "?", *sorted(aliases or [])]) if ip and told else UNREADABLE
    return {f"network.{look.name('network')(network)}": shown}


def _group(raw: Raw, look: Surroundings) -> str | Unreadable:
    if at(raw, "placement_group") is None:
        return NONE
    return in_words(number(raw, "placement_group.id"), look.name("placement_group"))


def _behind(each: Raw, look: Surroundings) -> Observed:
    id, status = number(each, "id"), text(each, "status")
    if id is None:
        return {"firewall": UNREADABLE}
    word = f"firewall.{look.name('firewall')(id)}"
    if status == "pending":
        return {word: Unreadable("PLB987", PENDING)}
    return {
        word: "in place" if status == "applied" else Unreadable(says=f"is {status}, which this version does not know")
    }


def _balancers(seen: CloudObject, look: Surroundings) -> Observed:
    """Load balancers that lead to it, whichever of the two sides says so."""
    ids = numbers(seen.raw, "load_balancers")
    if ids is None:
        return {"load_balancer": UNREADABLE}
    names = set(look.snapshot.names_of("load_balancer", ids))
    names |= {each.name for each in look.snapshot.of_kind("load_balancer") if _leads_to(each.raw, seen)}
    return {f"load_balancer.{name}": "leading to it" for name in sorted(names)}


def _leads_to(balancer: Raw, server: CloudObject) -> bool:
    own = {text(server.raw, f"public_net.{family}.ip") for family in FAMILIES}
    own |= {text(each, "ip") for each in entries(server.raw, "private_net") or []}
    targets = entries(balancer, "targets") or []
    whole = [*targets, *(one for each in targets for one in entries(each, "targets") or [])]
    return any(
        (server.id is not None and number(each, "server.id") == server.id)
        or (text(each, "ip.ip") or text(each, "ip") or "") in own
        for each in whole
    )


def _public(seen: CloudObject, family: str, look: Surroundings) -> Observed:
    """The public address of a family, and how it is kept; of one that is not there, that alone."""
    raw = seen.raw
    if at(raw, f"public_net.{family}") is None:
        return {f"public_{family}": "no"}
    blocked = flag(raw, f"public_net.{family}.blocked")
    address = look.snapshot.find("primary_ip", number(raw, f"public_net.{family}.id"))
    # the two sides have to agree on whose it is
    agreed = address and address.type == family and number(address.raw, "assignee_id") == seen.id
    kept = address.raw if address and agreed else {}
    return {
        f"public_{family}": in_words(blocked, lambda on: "blocked" if on else "yes"),
        f"primary_ip.{family}.goes_with_the_server": yes_or_no(flag(kept, "auto_delete")),
        f"primary_ip.{family}.protected": yes_or_no(flag(kept, "protection.delete")),
        f"primary_ip.{family}.reverse_dns": _reverse(raw, f"public_net.{family}.dns_ptr"),
    }


def _reverse(raw: Raw, path: str) -> str | Unreadable:
    pointer = at(raw, path)
    if pointer is MISSING:
        return UNREADABLE
    if pointer is None or pointer == []:
        return THE_PROVIDERS
    names = [pointer] if isinstance(pointer, str) else [text(each, "dns_ptr") for each in entries(raw, path) or [{}]]
    if not all(names):
        return UNREADABLE
    others = sorted(str(name) for name in names if not _USUAL.fullmatch(str(name)))
    return ", ".join(others) or THE_PROVIDERS
