"""Record sets: what a name in a zone says, one set for each name and type."""

import re
from collections.abc import Callable
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from tests.fake_hcloud.actions import Json, nothing
from tests.fake_hcloud.errors import ApiError, invalid, not_found
from tests.fake_hcloud.project import FakeProject
from tests.fake_hcloud.reading import found, page
from tests.fake_hcloud.routes import Answer, Request, acted, check_body, on

TYPES = frozenset(
    ["A", "AAAA", "CAA", "CNAME", "DS", "HINFO", "HTTPS", "MX", "NS", "PTR", "RP", "SOA", "SRV", "SVCB", "TLSA", "TXT"]
)
MOST_RECORDS = 50
SHORTEST, LONGEST = 60, 2_147_483_647
_NAME = re.compile(r"@|(?:\*|[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.){0,255}"(?: "(?:[^"\\]|\\.){0,255}")*')
_FIELDS = {"name": str, "type": str, "records": list}
_MORE = {"ttl": int, "labels": dict}
_SET = "/zones/{zones}/rrsets/{rrset}/{type}"


def add(zone: Json, asked: Json) -> Json:
    """A set in a zone; refuses what the API would."""
    check_body(asked, _FIELDS, _MORE)
    name, kind = asked["name"], asked["type"]
    if not _NAME.fullmatch(name) or kind not in TYPES:
        raise invalid("name" if kind in TYPES else "type", "is invalid")
    if f"{name}/{kind}" in zone["rrsets"]:
        raise ApiError("uniqueness_error", "RRSet already exists", fields={"name": "already exists"})
    if any(it["name"] == name and "CNAME" in {kind, it["type"]} for it in zone["rrsets"].values()):
        raise invalid("type", "CNAME can't be beside other records")
    made: Json = {
        "id": f"{name}/{kind}",
        "name": name,
        "type": kind,
        "ttl": _ttl(asked.get("ttl")),
        "labels": asked.get("labels") or {},
        "protection": {"change": False},
        "records": _records(kind, asked["records"]),
        "zone": zone["id"],
    }
    zone["rrsets"][made["id"]] = made
    count(zone)
    return made


def count(zone: Json) -> None:
    """A zone says how many records it has."""
    zone["record_count"] = sum(len(it["records"]) for it in zone["rrsets"].values())


@on("GET", "/zones/{zones}/rrsets")
def every(request: Request) -> Answer:
    """The sets of a zone."""
    sets = found(request, list(request.target["rrsets"].values()), ("name", "type"))
    return page(request, "rrsets", sets, lambda it: _shown(request.project, it))


@on("GET", _SET)
def one(request: Request) -> Answer:
    """One set."""
    return 200, {"rrset": _shown(request.project, _rrset(request))}


@on("POST", "/zones/{zones}/rrsets", needs=_FIELDS, takes=_MORE)
def create(request: Request) -> Answer:
    """One more set."""
    _check_primary(request.target)
    made = add(request.target, request.body)
    action = _start(request, "create_rrset", made, failed=lambda: _remove(request.target, made))
    return 201, {"rrset": _shown(request.project, made), "action": action}


@on("PUT", _SET, takes={"labels": dict})
def edit(request: Request) -> Answer:
    """Labels; a set has no name of its own to change."""
    rrset = _rrset(request)
    rrset.update(request.body)
    return 200, {"rrset": _shown(request.project, rrset)}


@on("DELETE", _SET)
def delete(request: Request) -> Answer:
    """A set goes."""
    rrset = _changeable(request)
    _remove(request.target, rrset)
    undo = {rrset["id"]: rrset}
    return acted(_start(request, "delete_rrset", rrset, failed=lambda: request.target["rrsets"].update(undo)))


@on("POST", f"{_SET}/actions/set_records", needs={"records": list})
def set_records(request: Request) -> Answer:
    """All records anew."""
    rrset = _changeable(request)
    records = _records(rrset["type"], request.body["records"])
    return _change(request, "set_rrset_records", rrset, lambda: rrset.update(records=records))


@on("POST", f"{_SET}/actions/add_records", needs={"records": list}, takes={"ttl": int})
def add_records(request: Request) -> Answer:
    """More records; makes the set where there is none."""
    zone, args, body = request.target, request.args, request.body
    if f"{args['rrset']}/{args['type']}" not in zone["rrsets"]:
        made = add(zone, {"name": args["rrset"], "type": args["type"], **body})
        return _change(request, "add_rrset_records", made, nothing)
    rrset = _changeable(request)
    if body.get("ttl") not in {None, rrset["ttl"]}:
        raise invalid("ttl", "is another than that of the set")
    records = _records(rrset["type"], [*rrset["records"], *body["records"]])
    return _change(request, "add_rrset_records", rrset, lambda: rrset.update(records=records))


@on("POST", f"{_SET}/actions/remove_records", needs={"records": list})
def remove_records(request: Request) -> Answer:
    """Fewer records; the set goes with the last."""
    rrset = _changeable(request)
    gone = {it["value"] for it in request.body["records"]}
    left = [it for it in rrset["records"] if it["value"] not in gone]
    if left:
        return _change(request, "remove_rrset_records", rrset, lambda: rrset.update(records=left))
    _remove(request.target, rrset)
    return _change(request, "remove_rrset_records", rrset, nothing)


@on("POST", f"{_SET}/actions/change_ttl", takes={"ttl": int})
def change_ttl(request: Request) -> Answer:
    """A time to live of its own, or null for the zone's."""
    rrset = _changeable(request)
    ttl = _ttl(request.body.get("ttl"))
    return _change(request, "change_rrset_ttl", rrset, lambda: rrset.update(ttl=ttl))


@on("POST", f"{_SET}/actions/change_protection", takes={"change": bool})
def change_protection(request: Request) -> Answer:
    """Protect it from being changed, or no more."""
    rrset = _rrset(request)
    return _change(request, "change_rrset_protection", rrset, lambda: rrset["protection"].update(request.body))


def _change(request: Request, command: str, rrset: Json, done: Callable[[], object]) -> Answer:
    def effect() -> None:
        done()
        count(request.target)

    return acted(_start(request, command, rrset, effect))


def _start(
    request: Request,
    command: str,
    rrset: Json,
    done: Callable[[], object] = nothing,
    failed: Callable[[], object] = nothing,
) -> Json:
    holder = ("rrsets", f"{request.target['id']}/{rrset['id']}")
    return request.project.act(command, {"zones": request.target}, done, failed, free="zones", holds=[holder])


def _remove(zone: Json, rrset: Json) -> None:
    zone["rrsets"].pop(rrset["id"], None)
    count(zone)


def _shown(project: FakeProject, rrset: Json) -> Json:
    return project.stirred(rrset, {"records": {}})


def _rrset(request: Request) -> Json:
    key = f"{request.args['rrset']}/{request.args['type']}"
    if key not in request.target["rrsets"]:
        raise not_found("RRSet", key)
    rrset: Json = request.target["rrsets"][key]
    return rrset


def _changeable(request: Request) -> Json:
    _check_primary(request.target)
    rrset = _rrset(request)
    if request.project.actions.holding(("rrsets", f"{request.target['id']}/{rrset['id']}")):
        raise ApiError("locked", "RRSet is locked by a running action")
    if rrset["protection"]["change"]:
        raise ApiError("protected", "RRSet is protected against changes")
    return rrset


def _check_primary(zone: Json) -> None:
    if zone["mode"] != "primary":
        raise ApiError("incorrect_zone_mode", "zone is not in primary mode")


def _ttl(ttl: int | None) -> int | None:
    if ttl is not None and not SHORTEST <= ttl <= LONGEST:
        raise invalid("ttl", f"must be between {SHORTEST} and {LONGEST}")
    return ttl


def _records(kind: str, asked: list[Json]) -> list[Json]:
    values = [it["value"] for it in asked]
    if not 1 <= len(values) <= MOST_RECORDS or len(set(values)) != len(values):
        raise invalid("records", f"must be 1 to {MOST_RECORDS} different values")
    for value in values:
        if not _is_valid(kind, value):
            raise invalid("records", f"{value!r} is no value of {kind}")
    return [{"value": it["value"], "comment": it.get("comment") or ""} for it in asked]


def _is_valid(kind: str, value: str) -> bool:
    try:
        match kind:
            case "A":
                return bool(IPv4Address(value))
            case "AAAA":
                return bool(IPv6Address(value))
            case "TXT":
                return _QUOTED.fullmatch(value) is not None
            case _:
                return bool(value)
    except AddressValueError:
        return False
