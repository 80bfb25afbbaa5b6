"""`make site-proof`: every page of three sites in a browser, from a folder; the last line is the score.

The shipped spec's site, with its evidence, and those of two specs of another shape. Each page is read in both colour schemes, on a
desk and on a telephone, and as it is printed; each link and anchor is followed. Pictures of one page of each kind, to be looked
at, are left in reports/site/. The same pages are built by Zensical, too, as a canary: that is reported, and counts for nothing.
"""

import base64
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import unquote

from proofs.evidence import REPORTS
from tests.calling import ROOT
from tests.lab.packages import BROWSER, install
from tests.site.browser import Browser, browser
from tests.site.building import OTHERS, built_of, built_site
from tests.site.links import anchors_of, links_of
from tests.site.measures import (
    LEAST,
    PAGES,
    STILL,
    kept_out,
    loaded_elsewhere,
    misprinted,
    too_wide,
    unreadable,
)

DESK, TELEPHONE = max(LEAST), min(LEAST)
MOST_MB, MOST_HOME_KB = 8.0, 250
SCHEMES = ("default", "slate")
SEARCHED = ("rollback", "uninstall", "restore")
_CANARY = "zensical==0.0.73"


def faults_of(reader: Browser, page: Path) -> Iterator[str]:
    """What is wrong with a page as somebody reads it."""
    reader.open(page.as_uri(), DESK)
    yield from loaded_elsewhere(reader)
    yield from too_wide(reader, DESK)
    yield from unreadable(reader, DESK)
    for scheme in SCHEMES:
        yield from kept_out(reader, scheme)
    yield from misprinted(reader)
    reader.open(page.as_uri(), TELEPHONE)
    yield from too_wide(reader, TELEPHONE)
    yield from unreadable(reader, TELEPHONE)


def lost_links(site: Path) -> Iterator[str]:
    """Links of a site that lead to no file or to no anchor of it."""
    pages = {page: page.read_text("utf-8") for page in sorted(site.rglob("*.html"))}
    anchors = {page: anchors_of(text) for page, text in pages.items()}
    for page, text in pages.items():
        for link in links_of(text):
            path, _, anchor = unquote(link).partition("#")
            target = (page.parent / path.partition("?")[0]).resolve() if path else page
            if not target.exists():
                yield f"{page.relative_to(site)}: {link} leads to no file"
            elif anchor and target in anchors and anchor not in anchors[target]:
                yield f"{page.relative_to(site)}: {link} leads to no anchor"


def too_heavy(site: Path) -> Iterator[str]:
    """A site that is more than a stick's worth, and a first page that is slow to come."""
    mb = sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) / 1e6
    if mb > MOST_MB:
        yield f"the site has {mb:.1f} MB, more than {MOST_MB:g}"
    home = (site / "index.html").stat().st_size / 1e3
    if home > MOST_HOME_KB:
        yield f"the first page has {home:.0f} KB, more than {MOST_HOME_KB}"


def lost_words(reader: Browser, site: Path) -> Iterator[str]:
    """Words that people search for and that find nothing."""
    for word in SEARCHED:
        reader.open(f"{(site / 'index.html').as_uri()}?q={word}")
        try:
            reader.until("document.querySelectorAll('.md-search-result__item').length > 0")
        except AssertionError:
            yield f"a search for {word} finds nothing"


def take_pictures(reader: Browser, site: Path, folder: Path) -> int:
    """One page of each kind, in both schemes, on a desk and on a telephone."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = 0
    for name in PAGES:
        for width in (DESK, TELEPHONE):
            reader.open((site / name).as_uri(), width)
            reader.run(STILL)
            for scheme in SCHEMES:
                reader.run(f"document.body.setAttribute('data-md-color-scheme', '{scheme}')")
                data = reader.call("Page.captureScreenshot", format="png")["data"]
                kind = name.removesuffix(".html").replace("/", "-")
                (folder / f"{kind}-{width}-{scheme}.png").write_bytes(base64.b64decode(data))
                taken += 1
    return taken


def canary(pages: int) -> str:
    """What Zensical makes of the same pages."""
    with tempfile.TemporaryDirectory(prefix="plumb-canary-") as folder:
        venv.create(folder, with_pip=True)
        got = subprocess.run(
            [f"{folder}/bin/pip", "install", "--quiet", _CANARY], capture_output=True, check=False, text=True
        )
        if got.returncode:
            return f"canary: {_CANARY} could not be had: {got.stderr.strip()[-200:]}"
        project = Path(folder) / "project"
        for name in ("docs", "plumbline/site"):
            shutil.copytree(ROOT / name, project / name)
        shutil.copy(ROOT / "mkdocs.yml", project)
        done = subprocess.run(
            [f"{folder}/bin/zensical", "build"], cwd=project, capture_output=True, check=False, text=True
        )
        said = (done.stdout + done.stderr).strip().splitlines()
        made = len(list((project / "site").rglob("*.html")))
    return f"canary: {_CANARY} ended with {done.returncode}, {made} of {pages} pages: {said[-1] if said else 'silent'}"


def main() -> int:
    """Read every page; 1 when anything is wrong."""
    install(*BROWSER)
    faults: list[str] = []
    pages = 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plumb-site-proof-")))
        reader = stack.enter_context(browser(folder / "profile"))
        for name, make in {"shipped": None, **OTHERS}.items():
            site = built_of(make, folder / name) if make else built_site(ROOT, folder / name)
            found = [*lost_links(site), *too_heavy(site)]
            read = sorted(site.rglob("*.html"))
            for page in read:
                found += [f"{page.relative_to(site)}: {fault}" for fault in faults_of(reader, page)]
            if name == "shipped":
                found += lost_words(reader, site)
                print(f"{take_pictures(reader, site, REPORTS / 'site')} pictures in {REPORTS / 'site'}", flush=True)
                print(canary(len(read)), flush=True)
            pages += len(read)
            faults += (f"{name}: {fault}" for fault in found)
            print(
                f"{name}: {len(read)} pages, {len(found)} faults",
                *(f"    {each}" for each in found),
                sep="\n",
                flush=True,
            )
    print(f"site: {pages} pages of {1 + len(OTHERS)} specs, {len(faults)} faults")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
