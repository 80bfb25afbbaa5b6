"""Intake: the trust boundary. A manifest, then the content; nothing is taken that is not what its manifest says, or not clean."""

import re
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

import jwt
from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from docpipe import health, scanning, stores, worker
from docpipe.settings import MODE, contract, secret
from docpipe.taking import Taking

PER_MINUTE = 100
"""Requests on ingest, for each tenant."""
TOKEN_SECONDS = 900
PIECE = 1 << 20
"""Bytes that are passed on at a time."""
LONGEST_POLL_SECONDS, POLL_EVERY_SECONDS = 30, 0.5
_SNIFFED = (("application/pdf", b"%PDF-"), ("text/html", b"<!doctype html"), ("text/html", b"<html"))
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CELERY = worker.celery()


class Refusal(Exception):
    """What a client is told, and what the audit keeps of it."""

    def __init__(self, status: int, why: str, action: str = "INTAKE_REFUSED"):
        super().__init__(why)
        self.status, self.why, self.action = status, why, action


def tenant_of(request: Request) -> tuple[str, dict[str, Any]]:
    """The tenant whose token it is, with its settings. Raises Refusal."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme != "Bearer":
            raise Refusal(401, "a bearer token is missing")
        tenant = str(
            jwt.decode(token, secret("tenant_api_key"), algorithms=["HS256"], options={"require": ["exp"]})["sub"]
        )
    except (jwt.InvalidTokenError, KeyError) as error:
        raise Refusal(401, f"the token is not ours: {error}") from error
    state, settings = stores.tenants().get(tenant, ("", {}))
    if state != "ACTIVE":
        raise Refusal(503 if state else 403, f"tenant {tenant} is {state.lower() or 'not known'}")
    return tenant, settings


def token(request: Request) -> Response:
    """The tenant's key for a token of a quarter of an hour."""
    if request.headers.get("Authorization") != f"Bearer {secret('tenant_api_key')}":
        raise Refusal(401, "not the tenant's key")
    known = [id for id, (state, _) in stores.tenants().items() if state == "ACTIVE"]
    tenant = request.headers.get("X-Tenant") or (known[0] if len(known) == 1 else "")
    if tenant not in known:
        raise Refusal(403, "no such tenant is active")
    claims = {"sub": tenant, "exp": int(time.time()) + TOKEN_SECONDS}
    return JSONResponse({"token": jwt.encode(claims, secret("tenant_api_key"), "HS256"), "tenant": tenant})


def limited(tenant: str) -> None:
    """Count a request. Raises Refusal."""
    key = f"tenant:{tenant}:ingest:{int(time.time() // 60)}"
    count, _ = stores.held(lambda: stores.queues().pipeline().incr(key).expire(key, 120).execute())
    if count > PER_MINUTE:
        raise Refusal(429, f"more than {PER_MINUTE} requests in a minute")


def checked(manifest: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """A manifest that says all that it has to. Raises Refusal."""
    wanted = {"name": str, "mime": str, "size": int, "sha256": str}
    if not isinstance(manifest, dict) or any(not isinstance(manifest.get(key), kind) for key, kind in wanted.items()):
        raise Refusal(400, f"a manifest is an object with {', '.join(wanted)}")
    if not _SHA256.fullmatch(manifest["sha256"]) or manifest["size"] < 0:
        raise Refusal(400, "sha256 is 64 hexadecimal digits, and size is not negative")
    if manifest["mime"] not in settings["mime_allowlist"]:
        raise Refusal(415, f"{manifest['mime']} is not taken")
    if manifest["size"] > settings["max_file_size_mb"] * 1_000_000:
        raise Refusal(413, f"the limit is {settings['max_file_size_mb']} MB")
    return {key: manifest[key] for key in wanted}


async def announce(request: Request) -> Response:
    """POST a manifest; the answer says where the content goes."""
    tenant, settings = await to_thread.run_sync(tenant_of, request)
    await to_thread.run_sync(limited, tenant)
    try:
        manifest = checked(await request.json(), settings)
    except ValueError as error:
        raise Refusal(400, "a manifest is JSON") from error
    document = str(uuid.uuid4())
    await to_thread.run_sync(stores.record, tenant, "intake", "ANNOUNCED", document, manifest)
    return JSONResponse({"document": document, "content": f"/v1/documents/{document}/content"}, 201)


async def content(request: Request) -> Response:
    """PUT the content; the answer is its receipt."""
    tenant, _ = await to_thread.run_sync(tenant_of, request)
    document = str(request.path_params["document"])
    known = await to_thread.run_sync(stores.events, tenant, document)
    if not known:
        raise Refusal(404, "no manifest came before it")
    try:
        receipt = await received(request, tenant, document, known[0][1])
    except Refusal as refusal:
        await to_thread.run_sync(stores.record, tenant, "intake", refusal.action, document, {"why": refusal.why})
        raise
    return JSONResponse({"document": document, "receipt": receipt}, 202)


async def received(request: Request, tenant: str, document: str, manifest: dict[str, Any]) -> str:
    """Pass the content on as it comes, and take it in the end; its receipt. Raises Refusal."""
    try:
        taking = await to_thread.run_sync(Taking, tenant, document, manifest["mime"])
    except OSError as error:
        raise Refusal(503, f"it could not be scanned: {error}", "SCAN_FAILED") from error
    try:
        held = bytearray()
        async for chunk in request.stream():
            held += chunk
            if taking.size + len(held) > manifest["size"]:
                break
            if len(held) >= PIECE:
                await to_thread.run_sync(taking.write, bytes(held))
                held.clear()
        await to_thread.run_sync(taking.write, bytes(held))
        return await to_thread.run_sync(take, tenant, document, manifest, taking)
    finally:
        await to_thread.run_sync(taking.drop)


def take(tenant: str, document: str, manifest: dict[str, Any], taking: Taking) -> str:
    """Check the content, keep it, write its receipt and queue it; again is the same. Raises Refusal."""
    size, sha256 = taking.size, taking.digest.hexdigest()
    if (size, sha256) != (manifest["size"], manifest["sha256"]):
        raise Refusal(422, "size or SHA-256 is not the manifest's")
    if (found := sniffed(taking.head)) != manifest["mime"]:
        raise Refusal(415, f"the content is {found}, and the manifest says {manifest['mime']}")
    try:
        virus = taking.scan.malware()
    except (OSError, scanning.ScanFailed) as error:
        raise Refusal(503, f"it could not be scanned: {error}", "SCAN_FAILED") from error
    if virus:
        raise Refusal(422, f"malware: {virus}", "MALWARE_FOUND")
    taking.keep()

    def receipt(cursor: Any) -> None:
        cursor.execute(
            "INSERT INTO intake_receipts (id, tenant, name, size_bytes, sha256) VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [document, tenant, manifest["name"], size, sha256],
        )
        stores.record_in(cursor, tenant, "intake", "ACCEPTED", document, {"sha256": sha256, "size": size})

    stores.transaction(receipt)
    worker.send(_CELERY, tenant, "parse", document)
    return document


def sniffed(head: bytes) -> str:
    """The media type by the first bytes."""
    for kind, magic in _SNIFFED:
        if head.lower().startswith(magic.lower()):
            return kind
    try:
        head[:4093].decode()
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":
            return "application/octet-stream"
    return "application/octet-stream" if b"\0" in head else "text/plain"


def document(request: Request) -> Response:
    """How far a document has come, by its audit events. With `after` and `seconds` the answer waits for another state, so long."""
    tenant, _ = tenant_of(request)
    asked = request.query_params
    end = time.monotonic() + min(int(asked.get("seconds") or 0), LONGEST_POLL_SECONDS)
    while True:
        found = stores.events(tenant, str(request.path_params["document"]))
        if not found:
            raise Refusal(404, "no such document")
        if found[-1][0] != asked.get("after") or time.monotonic() >= end:
            break
        time.sleep(POLL_EVERY_SECONDS)
    detail = {key: value for _, each in found for key, value in each.items()}
    actions = [action for action, _ in found]
    return JSONResponse({"state": actions[-1], "events": actions, "trail": " ".join(actions), "detail": detail})


def settings(request: Request) -> Response:
    """The tenant's settings as this process takes them."""
    tenant, known = tenant_of(request)
    return JSONResponse({"tenant": tenant, "mode": MODE, "settings": known})


def query(request: Request) -> Response:
    """Retrieval is the serving service's: what it answers, for this tenant."""
    tenant, _ = tenant_of(request)
    port = contract("intake-gateway")["needs"]["serving"]
    forwarded = urllib.request.Request(
        f"http://serving:{port}/v1/query?{request.url.query}", headers={"X-Tenant": tenant}
    )
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(forwarded, timeout=30) as response:
            return Response(response.read(), response.status, media_type="application/json")
    except urllib.error.HTTPError as error:
        return Response(error.read(), error.code, media_type="application/json")


def well(_: Request) -> Response:
    """Whether all that it needs does its work."""
    status, body = health.answer()
    return Response(body, status, media_type="application/json")


async def refused(_: Request, refusal: Exception) -> Response:
    """A refusal as JSON."""
    assert isinstance(refusal, Refusal)
    return JSONResponse({"error": refusal.why}, refusal.status)


app = Starlette(
    routes=[
        Route("/health", well),
        Route("/v1/token", token, methods=["POST"]),
        Route("/v1/documents", announce, methods=["POST"]),
        Route("/v1/documents/{document:uuid}", document),
        Route("/v1/documents/{document:uuid}/content", content, methods=["PUT"]),
        Route("/v1/settings", settings),
        Route("/v1/query", query),
    ],
    exception_handlers={Refusal: refused},
)
