#!/usr/bin/env python3
"""The parts of Qdrant's REST interface that a platform uses: collections, upsert, search by cosine. Every vector is compared.

Qdrant itself keeps segments and a write-ahead log; here a write is one transaction of SQLite below /qdrant/storage.
"""

import argparse
import hmac
import json
import math
import re
import sqlite3
import sys
import threading
from array import array
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

STORAGE = Path("/qdrant/storage")
_PATH = re.compile(r"/collections(?:/(?P<name>[^/]+)(?P<rest>/points(?:/search|/delete|/count)?)?)?")


class Refused(Exception):
    """Status and message of an error."""


class Store:
    """Collections and their points in a file."""

    def __init__(self, folder: Path):
        self.lock = threading.Lock()
        self.file = sqlite3.connect(folder / "reference.sqlite3", check_same_thread=False, isolation_level="IMMEDIATE")
        self.file.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE IF NOT EXISTS collections (name TEXT PRIMARY KEY, size INTEGER NOT NULL);"
            "CREATE TABLE IF NOT EXISTS points (collection TEXT NOT NULL REFERENCES collections ON DELETE CASCADE,"
            " id TEXT NOT NULL, vector BLOB NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (collection, id));"
            "PRAGMA foreign_keys = ON;"
        )

    def size(self, name: str) -> int:
        """Numbers in each vector of a collection. Raises Refused."""
        row = self.file.execute("SELECT size FROM collections WHERE name = ?", [name]).fetchone()
        if row is None:
            raise Refused(404, f"Not found: Collection `{name}` doesn't exist!")
        return int(row[0])

    def answer(self, method: str, name: str | None, rest: str, body: Any) -> Any:
        """The result of a request. Raises Refused."""
        with self.lock, self.file:
            if name is None:
                return {"collections": [{"name": each} for (each,) in self.file.execute("SELECT name FROM collections")]}
            if (method, rest) == ("PUT", ""):
                return self._create(name, body)
            size = self.size(name)
            if (method, rest) == ("DELETE", ""):
                return bool(self.file.execute("DELETE FROM collections WHERE name = ?", [name]).rowcount)
            if (method, rest) == ("GET", ""):
                params = {"vectors": {"size": size, "distance": "Cosine"}}
                return {"status": "green", "points_count": self._count(name), "config": {"params": params}}
            if (method, rest) == ("PUT", "/points"):
                return self._upsert(name, size, body["points"])
            if (method, rest) == ("POST", "/points/search"):
                return self._search(name, size, body)
            if (method, rest) == ("POST", "/points/count"):
                return {"count": self._count(name)}
        raise Refused(404, f"{method} {rest} is not offered by this stand-in")

    def _create(self, name: str, body: Any) -> bool:
        if self.file.execute("SELECT 1 FROM collections WHERE name = ?", [name]).fetchone():
            raise Refused(409, f"Wrong input: Collection `{name}` already exists!")
        self.file.execute("INSERT INTO collections VALUES (?, ?)", [name, body["vectors"]["size"]])
        return True

    def _count(self, name: str) -> int:
        (count,) = self.file.execute("SELECT count(*) FROM points WHERE collection = ?", [name]).fetchone()
        return int(count)

    def _upsert(self, name: str, size: int, points: list[Any]) -> dict[str, str]:
        for point in points:
            vector = _unit(point["vector"], size)
            row = [name, str(point["id"]), vector.tobytes(), json.dumps(point.get("payload", {}))]
            self.file.execute("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?)", row)
        return {"status": "completed"}

    def _search(self, name: str, size: int, body: Any) -> list[dict[str, Any]]:
        wanted, found = _unit(body["vector"], size), []
        for id, blob, payload in self.file.execute("SELECT id, vector, payload FROM points WHERE collection = ?", [name]):
            vector = array("f", blob)
            score = sum(left * right for left, right in zip(wanted, vector, strict=True))
            found.append({"id": id, "score": score, "payload": json.loads(payload)})
        return sorted(found, key=lambda hit: (-float(hit["score"]), hit["id"]))[: body["limit"]]


def _unit(numbers: list[float], size: int) -> "array[float]":
    if len(numbers) != size:
        raise Refused(400, f"Wrong input: Vector dimension error: expected dim: {size}, got {len(numbers)}")
    length = math.sqrt(sum(number * number for number in numbers)) or 1.0
    return array("f", [number / length for number in numbers])


def handler(store: Store, key: str) -> type[BaseHTTPRequestHandler]:
    """What answers requests; all but the health paths ask for the key."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            path, _, _ = self.path.partition("?")
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if path in ("/readyz", "/livez", "/healthz"):
                return self._say(200, b"all shards are ready", "text/plain")
            if not hmac.compare_digest(self.headers.get("api-key", ""), key):
                return self._say(401, b"Must provide an API key or an Authorization bearer token", "text/plain")
            found = _PATH.fullmatch(path)
            try:
                if not found:
                    raise Refused(404, "Not found")
                result = store.answer(self.command, found["name"], found["rest"] or "", json.loads(data) if data else None)
            except Refused as refused:
                status, why = refused.args
                return self._say(status, json.dumps({"status": {"error": why}}).encode())
            except (KeyError, TypeError, ValueError) as error:
                return self._say(400, json.dumps({"status": {"error": f"Format error in JSON body: {error}"}}).encode())
            return self._say(200, json.dumps({"result": result, "status": "ok"}).encode())

        do_GET = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815

        def _say(self, status: int, body: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Health checks would fill the log."""

    return Handler


def main() -> None:
    """Read the key from the settings file, and serve on 6333 until SIGTERM; 6334 is taken, and says nothing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config-path", type=Path, required=True)
    settings = parser.parse_args().config_path.read_text()
    key = re.search(r"(?m)^\s*api_key:\s*(\S+)", settings)
    if key is None:
        sys.exit("the settings hold no api_key")
    answering = handler(Store(STORAGE), key[1])
    threading.Thread(target=ThreadingHTTPServer(("0.0.0.0", 6334), answering).serve_forever, daemon=True).start()
    ThreadingHTTPServer(("0.0.0.0", 6333), answering).serve_forever()


if __name__ == "__main__":
    main()
