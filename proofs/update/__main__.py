"""`make update-proof`: releases are changed over under load, there and back; the last line is the score.

python -m proofs.update [PLATFORM] [CASE…] [classic|containerd]
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from plumbline.project.proofs import page_marker
from plumbline.stack.engine import find_engine
from proofs.bundle.proof import STORES
from proofs.bundle.updating import failed, install
from proofs.evidence import REPORTS, seen_on
from proofs.update.cases import read_cases
from proofs.update.platforms import publisher_of
from proofs.update.reporting import UpdateRow, as_json, as_page, line, row_of, score
from proofs.update.trying import UpdateScene
from tests.bundle.host import sealed_host
from tests.bundle.releases import publisher
from tests.lab.running import with_engine
from tests.stack.conftest import DATA, shipped_spec

REPORT = REPORTS / "update-proof"
COMMAND = "make update-proof"


def main(words: list[str]) -> int:
    """Try them, print each outcome and the score, and write both down; 1 where something is wrong."""
    platforms = read_cases()
    stores = [word for word in words if word in STORES] or list(STORES)
    named = [word for word in words if word in platforms] or list(platforms)
    only = [word for word in words if word not in (*STORES, *platforms)]
    mark = page_marker(shipped_spec(), DATA, COMMAND)
    rows: list[UpdateRow] = []
    for store in stores:
        for platform in named:
            for row in tried(platform, only, store):
                rows.append(row)
                print(line(row), flush=True)
    right = bool(rows) and all(not row.wrong for row in rows)
    REPORTS.mkdir(exist_ok=True)
    head = seen_on(shipped_spec(), find_engine())
    REPORT.with_suffix(".json").write_text(as_json(rows, head))
    page = as_page(rows, head)
    REPORT.with_suffix(".md").write_text(page if words else mark(page, right))
    print(score(rows))
    return int(not right)


def tried(platform: str, only: list[str], store: str) -> Iterator[UpdateRow]:
    """Each case on one host of that store, there and back."""
    found = read_cases()[platform]
    cases = [each for each in found.cases if not only or each.name in only]
    if not cases:
        return
    with tempfile.TemporaryDirectory(prefix="plumb-updates-") as folder, publisher(Path(folder)) as keys:
        maker = publisher_of(platform, keys)
        first = maker.release()
        with sealed_host(store == "containerd") as host:
            done = install(host, maker, first)
            assert done.returncode == 0, failed(done)
            scene = UpdateScene(host, maker, found.clients)
            for number, case in enumerate(cases, start=1):
                for outcome in scene.try_case(case, f"1.{number}"):
                    yield row_of(store, platform, outcome)


if __name__ == "__main__":
    sys.exit(with_engine(lambda: main(sys.argv[1:])))
