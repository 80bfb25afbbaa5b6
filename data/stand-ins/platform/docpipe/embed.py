"""Embedding and indexing: three stores are written, and then the audit says so."""

import hashlib
import json
import urllib.error
import uuid
from typing import Any

from docpipe import stores
from docpipe.embedding import embedded
from docpipe.worker import RETRIED, worker

app = worker("embedding")


class WrongDimensions(Exception):
    """A vector has another length than the tenant's setting says."""


@app.task(name="docpipe.embedding", **RETRIED)
def embed(tenant: str, document: str, found: dict[str, Any]) -> None:
    """Embed and index a document that passed the gates; again is the same."""
    settings = stores.tenants()[tenant][1]
    try:
        vectors, model = embedded(found["passages"], settings["embedding_dimensions"])
        assert_dimensions(vectors, settings["embedding_dimensions"])
    except WrongDimensions as error:
        stores.record(tenant, "embed", "INDEXING_REFUSED", document, {"why": str(error)})
        return
    stores.store(tenant, f"parsed/{document}.gated.json", json.dumps(found).encode())
    index(tenant, document, found, vectors)
    proof = [hashlib.sha256(text.encode()).hexdigest() for text in found["passages"]]
    with stores.database() as cursor:
        cursor.execute(
            "INSERT INTO custom_metadata (document, name, value) VALUES (%s, 'passages', %s) ON CONFLICT DO NOTHING",
            [document, json.dumps(proof)],
        )
        detail = {"dimensions": len(vectors[0]) if vectors else 0, "vectors": len(vectors), "embedded_by": model}
        stores.record_in(cursor, tenant, "embed", "INDEXED", document, detail)
    stores.store(tenant, f"receipts/{document}.json", json.dumps({**detail, "passages": proof}).encode())


def assert_dimensions(vectors: list[list[float]], wanted: int) -> None:
    """Raises WrongDimensions before anything is written."""
    if wrong := {len(vector) for vector in vectors} - {wanted}:
        raise WrongDimensions(f"{wrong.pop()} numbers, not {wanted}")


def index(tenant: str, document: str, found: dict[str, Any], vectors: list[list[float]]) -> None:
    """Write the vectors; each has an id of its own, so that a second time changes nothing."""
    collection = f"/collections/{tenant}"
    try:
        stores.vectors("GET", collection)
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        size = len(vectors[0]) if vectors else 768
        stores.vectors("PUT", collection, {"vectors": {"size": size, "distance": "Cosine"}})
    points = [
        {
            "id": str(uuid.uuid5(uuid.UUID(document), str(number))),
            "vector": vector,
            "payload": {"document": document, "passage": number, "source_sha256": found["source_sha256"]},
        }
        for number, vector in enumerate(vectors)
    ]
    stores.vectors("PUT", f"{collection}/points?wait=true", {"points": points})
