"""`make bundle-proof`: everything that is claimed of a bundle, tried on hosts that nothing reaches; the last line is the score.

python -m proofs.bundle.proof [PART…] [classic|containerd]
"""

import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from benchmarks.bundle import figures as measured
from generators.markdown import EvidencePage, text
from plumbline.project.proofs import page_marker
from plumbline.stack.engine import find_engine
from proofs.bundle.browsing import pages, release_page
from proofs.bundle.faults import DISK_FULL, ENGINE_STOPS, KILLS, BundleFault
from proofs.bundle.following import runbooks
from proofs.bundle.killing import moments, second_copies
from proofs.bundle.sealed import Outcome, sealed
from proofs.bundle.second_run import SecondRun
from proofs.bundle.updating import update
from proofs.evidence import REPORTS, seen_on
from tests.bundle.agreement import AgreementBench, cases, tried
from tests.bundle.case_keys import Ring
from tests.bundle.host import sealed_host
from tests.bundle.releases import ENTRY_CHANGED, Publisher, publisher
from tests.bundle.swapping import CONTENTS as SWAPPED
from tests.bundle.swapping import Swaps
from tests.bundle.tampering import EACH, Keys
from tests.bundle.tampering import tried as tampered
from tests.lab.running import with_engine
from tests.stack.conftest import DATA, shipped_spec

STORES = ("classic", "containerd")
_REPORT = REPORTS / "bundle-proof.md"
_DISK_GIB = 7
"""Room for the images, a release and its unpacked files, twice over."""


@dataclass(frozen=True)
class ProofRow:
    """Something that was tried."""

    store: str
    part: str
    name: str
    right: bool


def faults(maker: Publisher, store: str) -> Iterator[Outcome]:
    """Killed at each step, and the engine stopped in the middle."""
    yield from _struck(maker, store, (*KILLS, *ENGINE_STOPS), None)


def full_disks(maker: Publisher, store: str) -> Iterator[Outcome]:
    """One disk for images, files and memory, which fills up in the middle."""
    yield from _struck(maker, store, DISK_FULL, _DISK_GIB)


def _struck(maker: Publisher, store: str, catalogue: Iterable[BundleFault], disk_gib: int | None) -> Iterator[Outcome]:
    first, second = maker.release(), maker.release("1.1", ENTRY_CHANGED)
    with sealed_host(store == "containerd", disk_gib) as host:
        scene = SecondRun(host, maker, first, second)
        for fault in catalogue:
            yield fault.name, scene.problems(fault)


def tampering(maker: Publisher, store: str) -> Iterator[Outcome]:
    """The whole catalogue; no image store has a part in it."""
    if store != STORES[0]:
        return
    folder = maker.folder / "tampering"
    folder.mkdir()
    outcomes = list(tampered(Keys(maker.key, maker.stranger), EACH, folder))
    for kind, all_of_it in groupby(outcomes, key=itemgetter(0)):
        yield f"{EACH} × {kind}: refused by install.sh and by plumb", [wrong for _, wrong in all_of_it if wrong]


def agreement(maker: Publisher, store: str) -> Iterator[Outcome]:
    """All cases, by both verifiers; no image store has a part in them."""
    if store != STORES[0]:
        return
    folder = maker.folder / "agreement"
    ring = Ring(folder / "keys")
    ring.folder.mkdir(parents=True)
    try:
        found = list(tried(AgreementBench(folder, ring, shipped_spec()), list(cases())))
    finally:
        ring.end()
    for group, of_it in groupby(found, key=lambda each: each[0].name.partition(":")[0]):
        outcomes = list(of_it)
        wrong = [f"{case.name}: {problem}" for case, problems in outcomes for problem in problems]
        yield f"{len(outcomes)} cases, {group}: taken alike by verify.sh and by plumb", wrong


def medium(maker: Publisher, store: str) -> Iterator[Outcome]:
    """A medium that changes before each call of each program; no image store has a part in it."""
    if store != STORES[0]:
        return
    swaps = Swaps(maker.folder / "medium", Keys(maker.key, maker.stranger))
    calls = swaps.calls()
    for first, kind in enumerate(SWAPPED, start=1):
        # together they come to each call
        moments = range(first, calls + 1, len(SWAPPED))
        found = [f"{nth}: {wrong}" for nth in moments for wrong in swaps.problems(kind, nth)]
        yield f"the medium becomes {kind} before {len(moments)} of {calls} calls: refused, or not noticed at all", found


def kills(maker: Publisher, store: str) -> Iterator[Outcome]:
    """Many moments of death, most of them on a small engine; no image store has a part in them."""
    if store == STORES[0]:
        yield from moments(Keys(maker.key, maker.stranger), maker.folder / "dying")
        yield second_copies()


def site(maker: Publisher, store: str) -> Iterator[Outcome]:
    """The pages in the bundle, with no network; no image store has a part in them."""
    if store == STORES[0]:
        yield from pages(maker)
        yield release_page(maker)


def figures(maker: Publisher, store: str) -> Iterator[Outcome]:
    """What it costs, against what users have without it."""
    if store == STORES[0]:
        apart = replace(maker, folder=maker.folder / "figures")
        for figure in measured(apart):
            yield str(figure), ["it misses its goal"] if figure.wrong else []


PARTS: dict[str, Callable[[Publisher, str], Iterator[Outcome]]] = {
    "sealed": sealed,
    "update": update,
    "runbooks": runbooks,
    "tampering": tampering,
    "agreement": agreement,
    "medium": medium,
    "site": site,
    "figures": figures,
    "kills": kills,
    "faults": faults,
    "full-disks": full_disks,
}
"""By name, in the order in which they run, each on each store."""


def main(words: list[str]) -> int:
    """Try them, print each outcome and the score, and write both down; 1 where something is wrong."""
    stores = [word for word in words if word in STORES] or STORES
    parts = [word for word in words if word not in STORES] or list(PARTS)
    rows: list[ProofRow] = []
    mark = page_marker(shipped_spec(), DATA, "make bundle-proof")
    with tempfile.TemporaryDirectory(prefix="plumb-releases-") as folder, publisher(Path(folder)) as maker:
        for store in stores:
            for part in parts:
                for name, problems in PARTS[part](maker, store):
                    rows.append(ProofRow(store, part, name, not problems))
                    said = "".join(f"\n    {problem}" for problem in problems)
                    print(f"{'WRONG' if problems else 'right'}  {store}, {part}: {name}{said}", flush=True)
    REPORTS.mkdir(exist_ok=True)
    right = all(row.right for row in rows)
    page = as_page(rows, seen_on(shipped_spec(), find_engine()))
    _REPORT.write_text(page if words else mark(page, right))
    print(score(rows))
    return int(not right)


def score(rows: list[ProofRow]) -> str:
    """In a line."""
    return f"bundle proof: {sum(row.right for row in rows)} of {len(rows)} as they have to be"


def as_page(rows: list[ProofRow], head: str) -> str:
    """The page of the site."""
    page = EvidencePage("bundle-proof.md", "Bundles on sealed hosts")
    page.add(f"{head}: {score(rows)}.")
    shown = [(None, [row.part, row.store, text(row.name), "right" if row.right else "**wrong**"]) for row in rows]
    page.table(["Part", "Store", "What", "Outcome"], shown)
    return page.done().content.decode()


if __name__ == "__main__":
    sys.exit(with_engine(lambda: main(sys.argv[1:])))
