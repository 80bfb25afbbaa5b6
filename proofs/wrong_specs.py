"""`make wrong-specs`: what `plumb check` says of hundreds of wrong specs and of legal ones; the last line is the score.

python -m proofs.wrong_specs [relations|structural] [each=N] [seed=N]
"""

import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

from generators.markdown import EvidencePage, text
from plumbline.spec.spec_files import read_spec_files
from proofs.evidence import REPORTS
from tests.rules import listed_twice, three_modes
from tests.rules.two_modes import texts_of
from tests.wrong_specs import relations, structural
from tests.wrong_specs.judging import NEAR, SpecVerdict, judged
from tests.wrong_specs.structural import Mutant

ROOT = Path(__file__).parents[1]
FOLDERS = {"shipped": ROOT / "data", "starter": ROOT / "plumbline" / "starter"}
SPECS = (*FOLDERS, "three modes")
EACH, SEED = {"shipped": 30, "starter": 6, "three modes": 6}, 20261126
"""Mutants of each kind of structural edit, where there are so many places; which ones they are."""
WANTED = 0.98
"""Share of the wrong ones that has to be found at its line."""
REPORT = REPORTS / "wrong-specs.md"


@cache
def files_of(spec: str) -> dict[str, str]:
    """The files of one of the specs: the one that ships, that of `plumb init`, and one of a shape of its own."""
    if spec in FOLDERS:
        return read_spec_files(FOLDERS[spec])
    return texts_of(three_modes.files())


def chosen(words: Iterable[str]) -> Iterator[Mutant]:
    """The mutants that a call names: all relations, and a sample of each kind of structural edit of each spec."""
    words = list(words)
    given = dict(word.split("=") for word in words if "=" in word)
    parts = [word for word in words if "=" not in word] or ["relations", "structural"]
    if "relations" in parts:
        yield from relations.mutants(files_of)
    if "structural" in parts:
        for spec in SPECS:
            yield from sampled(spec, int(given.get("each", EACH[spec])), int(given.get("seed", SEED)))


def sampled(spec: str, each: int, seed: int) -> Iterator[Mutant]:
    """So many of each kind of structural edit of a spec."""
    drawn = random.Random(seed)
    by_kind = defaultdict(list)
    for mutant in structural.mutants(files_of(spec), spec):
        by_kind[mutant.kind].append(mutant)
    for all_of_it in by_kind.values():
        yield from drawn.sample(all_of_it, min(each, len(all_of_it)))


def _judged(mutant: Mutant) -> SpecVerdict:
    return judged(files_of(mutant.spec), mutant, FOLDERS.get(mutant.spec))


def main(words: list[str]) -> int:
    """Try them, print each that is not as it has to be, and the score; 1 where it is too low, or anything crashed."""
    verdicts = []
    lists = [] if words else sorted(listed_twice.cases())
    with ProcessPoolExecutor(2) as workers:
        doubled = dict(zip(lists, workers.map(listed_twice.is_found, lists, chunksize=8), strict=True))
        for verdict in workers.map(_judged, list(chosen(words)), chunksize=8):
            verdicts.append(verdict)
            if not verdict.right:
                print(_shown(verdict), flush=True)
    REPORTS.mkdir(exist_ok=True)
    REPORT.write_text(as_page(verdicts))
    wrong = Counter(each.word for each in verdicts if each.mutant.wrong)
    once = Counter(len({each.message for each in verdict.findings}) for verdict in verdicts if verdict.word == "found")
    print(f"findings for one edit: {', '.join(f'{n} for {times}' for n, times in sorted(once.items()))}")
    missed = [case for case, found in doubled.items() if not found]
    print(
        f"entries listed twice: {len(doubled) - len(missed)} of {len(doubled)} found{''.join(f', not {each}' for each in missed)}"
    )
    print(score(verdicts))
    accused = any(each.word == "accused" for each in verdicts)
    return int(bool(wrong["crash"]) or bool(missed) or accused or wrong["found"] < WANTED * wrong.total())


def score(verdicts: list[SpecVerdict]) -> str:
    """In a line."""
    wrong = Counter(each.word for each in verdicts if each.mutant.wrong)
    legal = Counter(each.word for each in verdicts if not each.mutant.wrong)
    return (
        f"wrong specs: {wrong['found']} of {wrong.total()} found within {NEAR} lines of the edit, {wrong['elsewhere']} elsewhere, "
        f"{wrong['survives']} not, {wrong['crash'] + legal['crash']} crashes; {legal['accused']} false on {legal.total()} legal ones"
    )


def _shown(verdict: SpecVerdict) -> str:
    said = "".join(f"\n    {each.location} {each.rule} {each.message[:120]}" for each in verdict.findings[:3])
    where = f"{verdict.mutant.spec}: {verdict.mutant.file}:{verdict.mutant.line}"
    return f"{verdict.word:10}{where} {verdict.mutant.what} {verdict.problem}{said}"


def as_page(verdicts: list[SpecVerdict]) -> str:
    """The page of the site: what was tried of each kind, and what came out."""
    page = EvidencePage("wrong-specs.md", "Wrong specs")
    page.add(f"Each is the shipped spec, that of `plumb init` or one of three modes, with one edit. {score(verdicts)}.")
    kinds: dict[tuple[bool, str], Counter[str]] = defaultdict(Counter)
    for each in verdicts:
        kinds[not each.mutant.wrong, each.mutant.kind][each.word] += 1
    rows = [
        (None, ["legal" if legal else "wrong", text(kind), ", ".join(f"{n} {word}" for word, n in counts.items())])
        for (legal, kind), counts in sorted(kinds.items())
    ]
    page.table(["", "Edit", "Outcome"], rows)
    return page.done().content.decode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
