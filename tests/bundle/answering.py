"""A service that answers HTTP for tests, run from the image that `layer` makes: keeps connections, finishes what it has, passes on.

On SIGTERM it takes what has connected, closes each connection behind its answer, and goes.
"""

import http.client
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_BEHIND = sys.argv[2] if len(sys.argv) > 2 else ""
_ENDING = threading.Event()


class AnsweringHandler(BaseHTTPRequestHandler):
    """`/slow` takes 3 s, `/behind` asks the service behind, `/ill` is refused, everything else is answered at once."""

    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_GET(self) -> None:
        """An answer of a few bytes."""
        status, reason = 200, "OK"
        if self.path == "/slow":
            time.sleep(3)
        if self.path == "/behind":
            try:
                asked = http.client.HTTPConnection(_BEHIND, 8000, timeout=10)
                asked.request("GET", "/")
                status = asked.getresponse().status
                asked.close()
            except (OSError, http.client.HTTPException) as error:
                status, reason = 502, repr(error)
        if self.path == "/ill":
            status, reason = 503, "Service Unavailable"
        self.send_response(status, reason)
        self.send_header("Content-Length", "2")
        if _ENDING.is_set():
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Nothing."""


class AnsweringServer(ThreadingHTTPServer):
    """Its threads do not hold it up, and its queue is long."""

    daemon_threads = True
    request_queue_size = 128
    timeout = 0.05


def serve(port: int) -> None:
    """Until SIGTERM; then what has connected is still taken, and open connections have 4 s."""
    server = AnsweringServer(("0.0.0.0", port), AnsweringHandler)
    signal.signal(signal.SIGTERM, lambda *_: _ENDING.set())
    while not _ENDING.is_set():
        server.handle_request()
    server.timeout = 0
    for _ in range(AnsweringServer.request_queue_size):
        server.handle_request()
    server.socket.close()
    time.sleep(4)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
