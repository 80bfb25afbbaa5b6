"""Clients without pause, until a file is there or their time is over; a program of its own, for it runs in another network.

`clients.py FILE`: a JSON object with `end` (the file), `record` (where each request is written down, a JSON object per line),
`place` (ADDRESS:PORT), `seconds` (the longest run), `clients` (kind and number of each), `key` (a file) and `grace_s` for those that
ask the reference pipeline.
"""

import hashlib
import http.client
import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

UPLOAD_BYTES = 20_000_000
CHUNK = 1 << 17
SLOW_S = 3
"""Seconds that a slow answer takes."""
BETWEEN_S = 0.4
AFTER_A_FAILURE_S = 0.5
TIMEOUT_S = 90
REFUSED = 401
_BROKEN = (OSError, http.client.HTTPException)


class RequestLog:
    """What all of them write down."""

    def __init__(self, file: IO[str]):
        self._file, self._lock = file, threading.Lock()

    def add(self, line: dict[str, Any]) -> None:
        """A request."""
        with self._lock:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()


class LoadClient:
    """One of them: what it sends, in turn, and what came back is written down."""

    def __init__(self, told: dict[str, Any], kind: str, number: int, record: RequestLog):
        self.told, self.kind, self.name, self._record = told, kind, f"{kind} {number}", record
        self.kept = kind.endswith("-kept")
        self._connection = http.client.HTTPConnection(told["place"], timeout=TIMEOUT_S)
        self.token = ""

    def ask(self, method: str, path: str, wanted: int, body: Any = None, **more: Any) -> bytes | None:
        """The answer's content; None where it is not the wanted one.

        A kept connection that ended before it was used is opened again, and for a token that is no longer taken it asks for a
        new one: once each, as any client does.
        """
        headers = more.pop("headers", {})
        began, used, again = time.monotonic(), self._connection.sock is not None, set[str]()
        while True:
            status, content, seen, broken = self._sent(method, path, body() if callable(body) else body, headers)
            if status == REFUSED and self.token and "renewed" not in again:
                again.add("renewed")
                self.log_in()
            elif broken and used and method == "GET" and "resent" not in again:
                # nothing of an answer came, and to ask again changes nothing
                again.add("resent")
            else:
                break
        if status != wanted:
            seen = f"{status} {seen} {content[:120].decode(errors='replace')}"
        line = {"client": self.name, "kind": self.kind, "began": began, "ended": time.monotonic()}
        self._record.add({**line, "right": status == wanted, "seen": seen, **dict.fromkeys(again, True), **more})
        if status == wanted:
            return content
        time.sleep(AFTER_A_FAILURE_S)
        return None

    def _sent(self, method: str, path: str, data: Any, headers: dict[str, str]) -> tuple[int, bytes, str, bool]:
        """Status, content and words of the answer, and whether the connection ended instead."""
        own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            self._connection.request(method, path, data, headers | own)
            answer = self._connection.getresponse()
            found = answer.status, answer.read(), answer.reason, False
        except _BROKEN as error:
            self._connection.close()
            return 0, b"", repr(error), isinstance(error, ConnectionError)
        if not self.kept or answer.status == REFUSED:
            self._connection.close()
        return found

    def log_in(self) -> None:
        """The tenant's key for a token; not written down."""
        self.token = ""
        while not self.token and not over(self.told):
            key = Path(self.told["key"]).read_text().strip()
            try:
                self._connection.request("POST", "/v1/token", headers={"Authorization": f"Bearer {key}"})
                self.token = json.loads(self._connection.getresponse().read())["token"]
            except (*_BROKEN, ValueError, KeyError):
                time.sleep(1)
            self._connection.close()

    def announced(self, content: bytes, mime: str) -> str | None:
        """Where a document goes, whose name no other has."""
        name = f"{self.name} {uuid.uuid4()}"
        manifest = {"name": name, "mime": mime, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        made = self.ask("POST", "/v1/documents", 201, json.dumps(manifest))
        return str(json.loads(made)["document"]) if made else None


def get(client: LoadClient) -> None:
    """A path that answers at once."""
    client.ask("GET", client.told["path"], 200)
    time.sleep(BETWEEN_S)


def settings(client: LoadClient) -> None:
    """What the gateway reads from its database."""
    client.ask("GET", "/v1/settings", 200)
    time.sleep(BETWEEN_S)


def query(client: LoadClient) -> None:
    """What another service answers behind the gateway."""
    client.ask("GET", "/v1/query?q=updates", 200)
    time.sleep(BETWEEN_S)


def document(client: LoadClient, content: bytes = b"", mime: str = "text/plain", pause_s: float = 1.5) -> str | None:
    """A document is announced and sent; until it is taken it is sent again. Its id, where it was."""
    content = content or f"{client.name} says {uuid.uuid4()} and nothing else.".encode()
    made = client.announced(content, mime)
    taken = None
    while made and not taken and not over(client.told):
        sent: Any = content if len(content) <= CHUNK else lambda: _parts(content)
        length = {"Content-Length": str(len(content)), "Content-Type": mime}
        path = f"/v1/documents/{made}/content"
        taken = client.ask("PUT", path, 202, sent, headers=length, document=made)
    time.sleep(pause_s)
    return made if taken else None


def upload(client: LoadClient) -> None:
    """The same with 20 MB."""
    head = f"%PDF-1.4\n(Upload {uuid.uuid4()}) Tj\n".encode()
    document(client, head + b"0" * (UPLOAD_BYTES - len(head)), "application/pdf", 5)


def slow(client: LoadClient) -> None:
    """An answer that takes its time: nothing happens to a document that came through."""
    path = client.told["document"]
    client.ask("GET", f"{path}?after=INDEXED&seconds={SLOW_S}", 200)


def poll(client: LoadClient) -> None:
    """A long poll: until something happens, or for as long as a service has to finish."""
    client.ask("GET", f"{client.told['document']}?after=INDEXED&seconds={max(1, client.told['grace_s'] - 3)}", 200)


KINDS: dict[str, Callable[[LoadClient], object]] = {
    "get-new": get,
    "get-kept": get,
    "settings-new": settings,
    "settings-kept": settings,
    "query-kept": query,
    "document-new": document,
    "upload-new": upload,
    "slow-new": slow,
    "poll-kept": poll,
}


def first_document(client: LoadClient) -> str:
    """The path of a document that came through, to wait for."""
    client.log_in()
    sent: str | None = None
    while not (sent := sent or document(client, pause_s=0)) and not over(client.told):
        time.sleep(1)
    path = f"/v1/documents/{sent}"
    while not over(client.told):
        answer = client.ask("GET", path, 200)
        if answer and json.loads(answer)["state"] == "INDEXED":
            break
        time.sleep(0.5)
    return path


def over(told: dict[str, Any]) -> bool:
    """Whether they are to end."""
    return Path(told["end"]).exists() or time.monotonic() > told["until"]


def _parts(content: bytes) -> Iterator[bytes]:
    for at in range(0, len(content), CHUNK):
        yield content[at : at + CHUNK]


def _run(client: LoadClient) -> None:
    if client.told.get("key"):
        client.log_in()
    while not over(client.told):
        KINDS[client.kind](client)


def main(told: dict[str, Any]) -> None:
    """All of them, until the end."""
    told["until"] = time.monotonic() + told["seconds"]
    with Path(told["record"]).open("w") as file:
        record = RequestLog(file)
        if told.get("key"):
            told["document"] = first_document(LoadClient(told, "document-new", 99, record))
        print("ready", flush=True)
        each = [
            LoadClient(told, kind, number, record) for kind, count in told["clients"].items() for number in range(count)
        ]
        threads = [threading.Thread(target=_run, args=(client,)) for client in each]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
