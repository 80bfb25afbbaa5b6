"""Health: each store that a service needs is asked for work, not for a connection."""

import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from docpipe import scanning, stores
from docpipe.asking import ask
from docpipe.settings import contract


def _relational(_: int) -> None:
    with stores.database() as cursor:
        cursor.execute("SELECT 1")


def _embedding(_: int) -> None:
    endpoint = os.environ["DOCPIPE_EMBEDDING_ENDPOINT"]
    ask(endpoint.replace("/embeddings", "/health"), "GET")


_ASK: dict[str, Any] = {
    "postgres": _relational,
    "redis": lambda _: stores.queues().ping(),
    "minio": lambda _: stores.objects().list_buckets(),
    "qdrant": lambda _: stores.ask_vectors("GET", "/collections"),
    "clamav": lambda port: scanning.ping("clamav", port),
    "nomic-embed": _embedding,
}


def _fails(need: str, port: int) -> str | None:
    try:
        _ASK.get(need, _connect(need))(port)
    except Exception as error:
        return f"{need}: {type(error).__name__}: {error}"
    return None


def _connect(host: str) -> Any:
    return lambda port: ask(f"http://{host}:{port}/health", "GET")


def answer() -> tuple[int, bytes]:
    """Status and body: 503 while a need fails that the service can't do without."""
    mine = contract(socket.gethostname())
    with ThreadPoolExecutor(max(1, len(mine["needs"]))) as pool:
        found = dict(zip(mine["needs"], pool.map(_fails, mine["needs"], mine["needs"].values()), strict=True))
    failing = {need: why for need, why in found.items() if why}
    lost = set(failing) - set(mine["tolerates"])
    return 503 if lost else 200, json.dumps({"stand_in": True, "failing": failing}).encode()
