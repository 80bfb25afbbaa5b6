"""What stands before a registry: one that is busy at first, one whose tokens come from elsewhere."""

import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

from tests.lab.registry import PASSWORD, USER

_PASSED_ON = ("Content-Type", "Docker-Content-Digest", "WWW-Authenticate")
_TOKEN = "a-token-of-the-lab"


class Proxy(ThreadingHTTPServer):
    """Passes on what it is asked, once it is in the mood."""

    def __init__(self, target: str, busy: int, tokens: bool):
        super().__init__(("127.0.0.1", 0), _Asked)
        self.target, self.busy, self.tokens = target, busy, tokens
        self.requests: list[str] = []

    @property
    def host(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.server_address[1]}"


class _Asked(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        if self.server.busy > 0:
            self.server.busy -= 1
            self._say(503, {}, b"busy")
        elif self.server.tokens and self.path.startswith("/token?"):
            wanted = f"Basic {b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"
            known = self.headers.get("Authorization") == wanted
            self._say(200 if known else 401, {}, f'{{"token": "{_TOKEN}"}}'.encode() if known else b"{}")
        elif self.server.tokens and self.headers.get("Authorization") != f"Bearer {_TOKEN}":
            challenge = f'Bearer realm="http://{self.server.host}/token",service="lab",scope="repository:app:pull"'
            self._say(401, {"WWW-Authenticate": challenge}, b"")
        else:
            self._pass_on()

    def log_message(self, *_: object) -> None:
        """Nothing: the tests look at `requests`."""

    def _pass_on(self) -> None:
        headers = {name: self.headers[name] for name in ("Accept", "Authorization") if name in self.headers}
        answer = requests.get(f"http://{self.server.target}{self.path}", headers=headers, timeout=20)
        self._say(answer.status_code, {n: answer.headers[n] for n in _PASSED_ON if n in answer.headers}, answer.content)

    def _say(self, code: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(code)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def proxy_of(target: str, busy: int = 0, tokens: bool = False) -> Iterator[Proxy]:
    """It ends with the block. `busy`: how often it answers 503 first; `tokens`: it takes tokens that it gives for a password."""
    with Proxy(target, busy, tokens) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
