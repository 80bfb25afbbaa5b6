"""A project before and after: by id, and whole. What follows from other objects (who is in a network) is left to those."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from tests.fake_hcloud import FakeCloud
from tests.fake_hcloud.faults import ApiCall

Json = dict[str, Any]
Objects = dict[tuple[str, Any], Json]
"""By kind and id."""
KINDS = ("ssh_keys", "placement_groups", "networks", "firewalls", "volumes", "servers", "load_balancers")
DERIVED = {
    "placement_groups": ("servers",),
    "networks": ("servers", "load_balancers"),
    "firewalls": ("applied_to",),
    "servers": ("volumes", "load_balancers", "locked", "included_traffic"),
}
"""What another object says as well."""
DISRUPTIVE = (
    "shutdown",
    "poweroff",
    "reboot",
    "reset",
    "rebuild",
    "change_type",
    "detach",
    "detach_from_network",
    "remove_from_resources",
    "remove_from_placement_group",
    "delete_subnet",
)


def objects_of(cloud: FakeCloud) -> Objects:
    """All that somebody pays for, or relies on."""
    found: Objects = {}
    for kind in KINDS:
        for number, it in cloud.objects(kind).items():
            found[kind, number] = _plain(kind, it)
    for zone in cloud.objects("zones").values():
        for id, rrset in zone["rrsets"].items():
            found["records", id] = _copy(rrset)
    return found


def compared(before: Objects, after: Objects, expected: Json, filled: Callable[[Any], Any]) -> list[str]:
    """Every difference between before and after that was not expected, and every one that was and is not there."""
    wrong = _differ("gone", _names(before, before.keys() - after.keys()), expected.get("gone", []))
    wrong += _differ("new", _names(after, after.keys() - before.keys()), expected.get("new", []))
    changed = dict(expected.get("changed", {}))
    for key in before.keys() & after.keys():
        name = f"{key[0]}/{before[key]['name']}"
        fields = {field for field in before[key] | after[key] if before[key].get(field) != after[key].get(field)}
        wanted = changed.pop(name, {})
        for field in sorted(fields | wanted.keys()):
            have = after[key].get(field)
            if field not in wanted:
                wrong.append(f"{name} (#{key[1]}): {field} {before[key].get(field)} → {have}")
            elif field not in fields:
                wrong.append(f"{name} (#{key[1]}): {field} was not changed: {have}")
            elif wanted[field] != "*" and filled(wanted[field]) != have:
                wrong.append(f"{name} (#{key[1]}): {field} is {have}, not {filled(wanted[field])}")
    return wrong + [f"not there at both times: {name}" for name in changed]


def disruptions(known: Objects, calls: Iterable[ApiCall]) -> set[str]:
    """Calls that stopped, detached or unprotected something, by the name under which it is known."""
    found = set()
    for call in calls:
        _, kind, *rest = [*call.path.split("/"), "", "", ""]
        id, actions, action = rest[0], rest[1], rest[2]
        if not call.changing or not id.isdecimal() or call.status >= 400:
            continue
        name = known.get((kind, int(id)), {"name": f"#{id}"})["name"]
        if actions == "actions" and action in DISRUPTIVE:
            found.add(f"{action} {kind}/{name}")
        if action == "change_protection" and (call.body or {}).get("delete") is False:
            found.add(f"unprotect {kind}/{name}")
    return found


def _names(objects: Objects, keys: Iterable[tuple[str, Any]]) -> list[str]:
    return sorted(f"{kind}/{objects[kind, id]['name']}" for kind, id in keys)


def _differ(word: str, have: list[str], want: list[str]) -> list[str]:
    return [] if have == sorted(want) else [f"{word}: {have}, not {sorted(want)}"]


def _plain(kind: str, it: Json) -> Json:
    """An object with names and ids in place of what it refers to, its sets in order."""
    plain = {key: value for key, value in it.items() if key not in DERIVED.get(kind, ())}
    for field in ("server_type", "location", "image"):
        if isinstance(plain.get(field), dict):
            plain[field] = plain[field]["name"]
    if kind == "servers":
        plain["firewalls"] = sorted(each["id"] for each in plain.pop("public_net")["firewalls"])
        plain["private_net"] = sorted([each["network"], each["ip"]] for each in plain["private_net"] or [])
        plain["placement_group"] = plain["placement_group"] and plain["placement_group"]["id"]
    return _copy(plain)


def _copy(it: Json) -> Json:
    copied: Json = json.loads(json.dumps(it))
    return copied
