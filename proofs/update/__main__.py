"""`make update-proof`: releases are changed over under load, there and back; the last line is the score.

python -m proofs.update [CASE…] [classic|containerd]
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from proofs.bundle.proof import STORES
from proofs.bundle.updating import failed, install
from proofs.update.cases import CasesOfPlatform, read_cases
from proofs.update.trying import Outcome, Scene
from tests.bundle.host import sealed_host
from tests.bundle.releases import publisher
from tests.lab.running import with_engine

PLATFORM = "docpipe"
"""The shipped spec's."""


def main(words: list[str]) -> int:
    """Try them, print each outcome and the score; 1 where something is wrong."""
    stores = [word for word in words if word in STORES] or STORES
    only = [word for word in words if word not in STORES]
    outcomes: list[Outcome] = []
    for store in stores:
        for outcome in tried(read_cases()[PLATFORM], only, store):
            outcomes.append(outcome)
            print(line(store, outcome), flush=True)
    right = sum(not each.wrong for each in outcomes)
    print(f"update proof: {right} of {len(outcomes)} as they have to be")
    return int(right < len(outcomes) or not outcomes)


def tried(platform: CasesOfPlatform, only: list[str], store: str) -> Iterator[Outcome]:
    """Each case on one host of that store, there and back."""
    with tempfile.TemporaryDirectory(prefix="plumb-updates-") as folder, publisher(Path(folder)) as maker:
        first = maker.release()
        with sealed_host(store == "containerd") as host:
            done = install(host, maker, first)
            assert done.returncode == 0, failed(done)
            scene = Scene(host, maker, platform.clients)
            for number, case in enumerate(platform.cases, start=1):
                if not only or case.name in only:
                    yield from scene.try_case(case, f"1.{number}")


def line(store: str, outcome: Outcome) -> str:
    """An outcome for a terminal."""
    total = outcome.seen.total
    slowest = "; ".join(f"{kind} {each.longest_s:.1f} s" for kind, each in outcome.seen.kinds.items())
    said = "".join(f"\n    {each}" for each in (*outcome.goal.refused, *outcome.wrong))
    return (
        f"{'WRONG' if outcome.wrong else 'right'}  {store}, {outcome.case.name} {outcome.way}: {total.failed} of "
        f"{total.asked} requests failed, {total.resent} sent again, {len(outcome.seen.sent)} documents, {len(outcome.lost)} lost, "
        f"{len(outcome.twice)} twice; {outcome.took_s:.0f} s; longest: {slowest}{said}"
    )


if __name__ == "__main__":
    sys.exit(with_engine(lambda: main(sys.argv[1:])))
