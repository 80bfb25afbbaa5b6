"""A tenant's gateway as the entry sees it: says whose it is, counts, and falls ill on demand."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Backend(ThreadingHTTPServer):
    """One server on a loopback port."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, tenant: str):
        super().__init__(("127.0.0.1", 0), _BackendHandler)
        self.tenant = tenant
        self.healthy = True
        self.checks: list[bool] = []
        """What each health check was answered."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _BackendHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together, or the second waits 40 ms for an acknowledgement
    server: Backend

    def do_GET(self) -> None:
        if self.path == "/health":
            self.server.checks.append(self.server.healthy)
        ill = self.path == "/health" and not self.server.healthy
        seen = {name.lower(): value for name, value in self.headers.items()}
        body = json.dumps({"tenant": self.server.tenant, "path": self.path, "headers": seen}).encode()
        self.send_response(500 if ill else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""


@contextmanager
def backend(tenant: str) -> Iterator[Backend]:
    """A tenant's server, until the block ends."""
    with Backend(tenant) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
