"""Answers 200 on every port that the shipped spec publishes for health checks; 503 while /node/silent is there."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

PORTS = (443, 3100, 6333, 12346)


class Healthy(BaseHTTPRequestHandler):
    """Well, unless it is told otherwise."""

    def do_GET(self) -> None:
        self.send_response(503 if Path("/node/silent").exists() else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


for port in PORTS:
    Thread(target=ThreadingHTTPServer(("127.0.0.1", port), Healthy).serve_forever).start()
