"""DNS zones. Their record sets are kept beside the fields that the API shows, under `rrsets`."""

import re

from tests.fake_hcloud import records
from tests.fake_hcloud.actions import Json
from tests.fake_hcloud.errors import invalid
from tests.fake_hcloud.routes import Answer, Request, acted, on

NAMESERVERS = ("hydrogen.ns.hetzner.com.", "oxygen.ns.hetzner.com.", "helium.ns.hetzner.de.")
DEFAULT_TTL = 3600
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# One label under a public suffix; the few suffixes of two labels here stand for the whole list.
_NAME = re.compile(rf"{_LABEL}\.(?:(?:co|org|ac)\.uk|com\.(?:au|br)|{_LABEL})")


@on(
    "POST",
    "/zones",
    needs={"name": str, "mode": str},
    takes={"ttl": int, "labels": dict, "primary_nameservers": list, "rrsets": list},
)
def create(request: Request) -> Answer:
    """A zone with its own SOA and NS records, and further sets."""
    body, project = request.body, request.project
    name, ttl = body["name"], body.get("ttl") or DEFAULT_TTL
    if not _NAME.fullmatch(name) or len(name) > 255:
        raise invalid("name", "is no domain that can be registered, in lower case")
    if body["mode"] not in {"primary", "secondary"}:
        raise invalid("mode", "is unknown")
    if not records.SHORTEST <= ttl <= records.LONGEST:
        raise invalid("ttl", f"must be between {records.SHORTEST} and {records.LONGEST}")
    draft: Json = {"id": 0, "rrsets": {}}
    for rrset in (_soa(), _ns(), *(body.get("rrsets") or [])):
        records.add(draft, rrset)
    zone = project.add(
        "zones",
        name=name,
        mode=body["mode"],
        ttl=ttl,
        labels=body.get("labels") or {},
        protection={"delete": False},
        status="updating",
        registrar="unknown",
        primary_nameservers=body.get("primary_nameservers") or [],
        authoritative_nameservers={
            "assigned": list(NAMESERVERS),
            "delegated": [],
            "delegation_last_check": None,
            "delegation_status": "unknown",
        },
        record_count=draft["record_count"],
        rrsets=draft["rrsets"],
    )
    for it in zone["rrsets"].values():
        it["zone"] = zone["id"]
    action = project.act("create_zone", {"zones": zone}, lambda: zone.update(status="ok"))
    return 201, {"zone": project.shown("zones", zone), "action": action}


@on("DELETE", "/zones/{zones}")
def delete(request: Request) -> Answer:
    """A zone goes, with all its records."""
    project, zone = request.project, request.target
    del project.objects["zones"][zone["id"]]
    return acted(
        project.act("delete_zone", {"zones": zone}, failed=lambda: project.objects["zones"].update({zone["id"]: zone}))
    )


@on("POST", "/zones/{zones}/actions/change_ttl", needs={"ttl": int})
def change_ttl(request: Request) -> Answer:
    """The time to live of sets that have none of their own."""
    zone, ttl = request.target, request.body["ttl"]
    if not records.SHORTEST <= ttl <= records.LONGEST:
        raise invalid("ttl", f"must be between {records.SHORTEST} and {records.LONGEST}")
    return acted(request.project.act("change_ttl", {"zones": zone}, lambda: zone.update(ttl=ttl)))


def _soa() -> Json:
    value = f"{NAMESERVERS[0]} dns.hetzner.com. 2026112500 86400 10800 3600000 3600"
    return {"name": "@", "type": "SOA", "records": [{"value": value}]}


def _ns() -> Json:
    return {"name": "@", "type": "NS", "records": [{"value": it} for it in NAMESERVERS]}
