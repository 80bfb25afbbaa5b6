"""Certificates: uploaded, or asked for by the vendor."""

import hashlib
import re
import ssl
from datetime import UTC, datetime, timedelta

from tests.fake_hcloud.actions import Json
from tests.fake_hcloud.errors import ApiError, invalid
from tests.fake_hcloud.routes import Answer, Request, on

_UTC_TIME = re.compile(rb"\x17\x0d(\d{12})Z")  # how DER writes a time before 2050


@on(
    "POST",
    "/certificates",
    needs={"name": str},
    takes={"labels": dict, "type": str, "certificate": str, "private_key": str, "domain_names": list},
)
def create(request: Request) -> Answer:
    """One that is uploaded, or one for names that the vendor gets and renews."""
    body, project = request.body, request.project
    managed = body.get("type") == "managed"
    made = project.add(
        "certificates",
        name=body["name"],
        labels=body.get("labels") or {},
        type="managed" if managed else "uploaded",
        used_by=[],
        **(_managed(body) if managed else _uploaded(body)),
    )
    if not managed:
        return 201, {"certificate": made, "action": None}
    pending = dict(made)
    action = project.act("create_certificate", {"certificates": made}, lambda: made.update(_issued()))
    return 201, {"certificate": pending, "action": action}


@on("DELETE", "/certificates/{certificates}")
def delete(request: Request) -> Answer:
    """Only one that no load balancer uses."""
    if request.target["used_by"]:
        raise ApiError("resource_in_use", "certificate is still in use")
    del request.project.objects["certificates"][request.target["id"]]
    return 204, None


def _uploaded(body: Json) -> Json:
    try:
        der = ssl.PEM_cert_to_DER_cert(body.get("certificate") or "")
        start, end = (
            datetime.strptime(it.decode(), "%y%m%d%H%M%S").replace(tzinfo=UTC) for it in _UTC_TIME.findall(der)[:2]
        )
    except ValueError:
        raise invalid("certificate", "is no certificate in PEM") from None
    return {
        "certificate": body["certificate"],
        "not_valid_before": start.isoformat(),
        "not_valid_after": end.isoformat(),
        "domain_names": [],
        "fingerprint": hashlib.sha256(der).digest().hex(":"),
        "status": None,
    }


def _managed(body: Json) -> Json:
    if not body.get("domain_names"):
        raise invalid("domain_names", "is missing")
    return {
        "certificate": None,
        "not_valid_before": None,
        "not_valid_after": None,
        "domain_names": body["domain_names"],
        "fingerprint": None,
        "status": {"issuance": "pending", "renewal": "unavailable", "error": None},
    }


def _issued() -> Json:
    start = datetime.now(UTC).replace(microsecond=0)
    return {
        "certificate": "-----BEGIN CERTIFICATE-----\nZmFrZQ==\n-----END CERTIFICATE-----\n",
        "not_valid_before": start.isoformat(),
        "not_valid_after": (start + timedelta(days=90)).isoformat(),
        "fingerprint": hashlib.sha256(b"fake").digest().hex(":"),
        "status": {"issuance": "completed", "renewal": "scheduled", "error": None},
    }
