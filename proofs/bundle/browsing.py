"""The bundle's site, read from its folder by a browser that has no network."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from proofs.bundle.sealed import Outcome
from tests.bundle.releases import Publisher, plumb
from tests.lab.packages import BROWSER, install

_PAGES = {
    "index.html": "docpipe",
    "operator/runbooks/offline-install.html": "Install offline",
    "operator/runbooks/offline-update.html": "Update an offline host",
    "auditor/parity.html": "Mode parity",
    "architect/networks.html": "Networks",
}
"""Pages with their headings."""
_SEARCHED = "postgres"
_LOAD_MS = 15_000


def pages(maker: Publisher) -> Iterator[Outcome]:
    """Pages are shown, and the search finds something."""
    install(*BROWSER)
    bundle, folder = maker.release(), maker.folder / "browsed"
    folder.mkdir()
    unpack = f"zstd -dcq '{bundle}' | tar -xf - -C '{folder}' --wildcards 'site/*'"
    subprocess.run(["sh", "-c", unpack], check=True)
    for page, heading in _PAGES.items():
        shown = re.sub(r"<[^>]+>", "", "".join(re.findall(r"<h1.*?</h1>", _shown(folder, page), re.DOTALL)))
        yield f"{page} is shown from its folder", [] if heading in shown else [f"its heading is {shown!r}"]
    found = _shown(folder, f"index.html?q={_SEARCHED}").count('class="md-search-result__item"')
    yield f"the search for {_SEARCHED} finds {found} pages", [] if found else ["nothing is found"]
    picture = folder / "search.png"
    _browse(folder, f"index.html?q={_SEARCHED}", f"--screenshot={picture}")
    yield "it is drawn", [] if picture.exists() and picture.stat().st_size > 10_000 else ["the picture is empty"]


def release_page(maker: Publisher) -> Outcome:
    """The page of a release, which `plumb verify bundle` writes into reports/."""
    bundle = maker.release()
    done = plumb("verify", "bundle", str(bundle), *map(str, maker.trust))
    return f"plumb verify bundle {bundle.name} finds nothing", [] if done.returncode == 0 else [
        done.stdout,
        done.stderr,
    ]


def _shown(folder: Path, page: str) -> str:
    """What the page has become in the browser, as HTML."""
    return _browse(folder, page, "--dump-dom")


def _browse(folder: Path, page: str, *what: str) -> str:
    call = ["unshare", "--net", "chromium", "--headless", "--no-sandbox", "--disable-gpu"]
    call += [f"--user-data-dir={folder / 'profile'}", f"--virtual-time-budget={_LOAD_MS}", "--window-size=1200,900"]
    address = f"file://{folder}/site/{page}"
    done = subprocess.run([*call, *what, address], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout
