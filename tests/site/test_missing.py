"""The page for what is not there, wherever a server gives it out."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.site.browser import Browser

pytestmark = pytest.mark.slow


class _Below(SimpleHTTPRequestHandler):
    """A server with a site below a path."""

    def translate_path(self, path: str) -> str:
        path = path.partition("?")[0]
        return super().translate_path(path.removeprefix("/deep/down")) if path.startswith("/deep/down/") else "/nowhere"

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        page = Path(self.directory, "404.html").read_bytes()
        self.send_response(code, message)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def served(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Below, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/deep/down/"
        server.shutdown()


@pytest.mark.parametrize("wrong", ["gone.html", "operator/gone.html", "a/b/c/d/"])
def test_it_leads_back_from_any_depth(served: str, reader: Browser, wrong: str) -> None:
    reader.open(served + wrong)
    assert reader.run("document.querySelector('h1').textContent") == "Page not found"
    reader.until(f"document.querySelector('a').href === '{served}index.html'")
    # whatever it needs it brings along: what it asks for is where the site begins
    assert all(each.startswith(served) for each in reader.requests())


def test_it_leads_back_from_a_folder(site: Path, reader: Browser) -> None:
    reader.open((site / "404.html").as_uri())
    assert reader.run("document.querySelector('a').href") == (site / "index.html").as_uri()
    assert reader.complaints() == []
