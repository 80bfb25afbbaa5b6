"""Serving: passages near a query, each with the proof that it is what was taken in."""

import hashlib
import json
import urllib.error
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from docpipe import health, stores
from docpipe.embedding import embedded


def query(request: Request) -> Response:
    """The best passages; one whose proof does not hold is left out and counted."""
    tenant = request.headers["X-Tenant"]
    settings = stores.tenants()[tenant][1]
    try:
        wanted = int(request.query_params.get("top_k", settings["retrieval_top_k_default"]))
    except ValueError:
        return JSONResponse({"error": "top_k is a number"}, 400)
    (vector,), _ = embedded([request.query_params.get("q", "")], settings["embedding_dimensions"])
    search = {"vector": vector, "limit": max(1, min(wanted, settings["retrieval_top_k_max"])), "with_payload": True}
    try:
        hits = stores.vectors("POST", f"/collections/{tenant}/points/search", search)["result"]
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        hits = []
    found = [passage(tenant, hit) for hit in hits]
    return JSONResponse({"passages": [each for each in found if each], "unproven": found.count(None)})


def passage(tenant: str, hit: dict[str, Any]) -> dict[str, Any] | None:
    """A passage with its receipt, None where one of the three stores does not bear the others out."""
    document, number = hit["payload"]["document"], hit["payload"]["passage"]
    text = json.loads(stores.stored(tenant, f"parsed/{document}.gated.json"))["passages"][number]
    digest = hashlib.sha256(text.encode()).hexdigest()
    row = stores.transaction(lambda cursor: proven(cursor, document, tenant))
    if row is None or row[2][number] != digest or row[1] != hit["payload"]["source_sha256"]:
        return None
    proof = {"receipt": document, "source_sha256": row[1], "passage_sha256": digest}
    return {"text": text, "name": row[0], "passage": number, "score": hit["score"], "proof": proof}


def proven(cursor: Any, document: str, tenant: str) -> Any:
    """Name and checksum of the receipt, and the checksums of the passages."""
    cursor.execute(
        "SELECT r.name, r.sha256, m.value FROM intake_receipts r JOIN custom_metadata m ON m.document = r.id::text"
        " WHERE r.id = %s AND r.tenant = %s AND m.name = 'passages'",
        [document, tenant],
    )
    return cursor.fetchone()


def well(_: Request) -> Response:
    """Whether all that it needs does its work."""
    status, body = health.answer()
    return Response(body, status, media_type="application/json")


app = Starlette(routes=[Route("/health", well), Route("/v1/query", query)])
