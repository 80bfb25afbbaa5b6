"""Parsing: raw content becomes canonical JSON, a list of passages."""

import hashlib
import html
import json
import re
from typing import Any

from docpipe import stores
from docpipe.worker import RETRIED, send, worker

PASSAGE_WORDS = 80
app = worker("parse")


@app.task(name="docpipe.parse", **RETRIED)
def parse(tenant: str, document: str, _: None = None) -> None:
    """Parse a document and hand it on; again is the same."""
    raw = stores.stored(tenant, f"raw/{document}")
    found = canonical(document, raw)
    stores.store(tenant, f"parsed/{document}.json", json.dumps(found).encode())
    stores.record(tenant, "parse", "PARSED", document, {"passages": len(found["passages"])})
    send(app, tenant, "policy", document, found)


def canonical(document: str, raw: bytes) -> dict[str, Any]:
    """The canonical form. Of a PDF only what stands in it as plain strings is read: this is no Docling."""
    text = raw.decode("utf-8", "replace")
    if raw.startswith(b"%PDF-"):
        text = " ".join(re.findall(r"\(((?:[^()\\]|\\.)*)\)\s*Tj", text))
    elif raw[:15].lower().startswith((b"<!doctype html", b"<html")):
        text = html.unescape(re.sub(r"(?s)<(script|style).*?</\1>|<[^>]+>", " ", text))
    words = text.split()
    passages = [" ".join(words[at : at + PASSAGE_WORDS]) for at in range(0, len(words), PASSAGE_WORDS)]
    return {"document": document, "source_sha256": hashlib.sha256(raw).hexdigest(), "passages": passages}
