"""The HTTP server on loopback: HTTP/1.1 with connections that stay open, a thread a connection."""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import cast
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Incoming:
    """A request, read but not judged. The path is without `/v1`."""

    method: str
    path: str
    query: dict[str, list[str]]
    content: bytes
    token: str


@dataclass(frozen=True)
class Outgoing:
    """An answer in JSON; with `hang`, none: the connection closes after that many seconds."""

    status: int
    body: bytes | None
    headers: dict[str, str]
    hang: float | None = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, answer: Callable[[Incoming], Outgoing]) -> None:
        super().__init__(("127.0.0.1", 0), _ApiHandler)
        self.answer = answer
        self.closing = Event()
        self.open: set[socket.socket] = set()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what tests are about; anything else is told as ever."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _ApiHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # header and body in one packet

    def setup(self) -> None:
        super().setup()
        cast(_Server, self.server).open.add(self.connection)

    def finish(self) -> None:
        cast(_Server, self.server).open.discard(self.connection)
        super().finish()

    def _serve(self) -> None:
        server = cast(_Server, self.server)
        url = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        path = url.path.removeprefix("/v1")
        answer = server.answer(Incoming(self.command, path, parse_qs(url.query), content, token))
        if answer.hang is not None:
            server.closing.wait(answer.hang)
            self.close_connection = True
            return
        body = answer.body or b""
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """A test's output is not a log of calls; `FakeCloud.calls` is."""


@contextmanager
def serve(answer: Callable[[Incoming], Outgoing]) -> Iterator[str]:
    """The address of a server that answers by a function, until the end of the block."""
    server = _Server(answer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.closing.set()
        server.shutdown()
        for connection in list(server.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # wakes its thread, which close() does not
        server.server_close()
        thread.join()
