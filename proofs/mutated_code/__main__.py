"""`make mutated-code`: whatever decides a fact, broken in small ways, one at a time; the last line is the share that the tests notice.

python -m proofs.mutated_code [WORD …] [each=N] [tests=WORD]

Only modules whose name contains a word; every Nth mutant; only those of the tests' files whose name contains the word. Mutants are tried
in an order that is mixed, so that the score so far is a sample of the whole.

The tests need no engine. `equivalent.json` has the mutants that change nothing that anybody could see, each with the reason.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from generators.markdown import EvidencePage, code, text
from proofs.evidence import REPORTS
from proofs.mutated_code.equivalent import LIST, equivalent, outdated
from proofs.mutated_code.trying import QUIETLY, Mutants, Outcome

ROOT = Path(__file__).parents[2]
MODULES = ("validators/stack/**/*.py", "plumbline/report/fact.py", "plumbline/stack/containers.py")
LEFT_OUT = ("matrix", "rendering", "rules", "verify")
"""They say what was found, and decide nothing of it."""
TESTED_BY = tuple(
    ROOT / "tests" / "stack" / f"test_{name}.py"
    for name in (
        *(
            "comparing_facts",
            "containers",
            "events",
            "facts",
            "files_and_strangers",
            "ignoring",
            "inside",
            "lost_needs",
            "matrix",
        ),
        *("reach", "running", "secrecy", "settling", "trials", "whole"),
    )
)
WANTED = 0.95
REPORT = REPORTS / "mutated-code.md"


def modules(words: Sequence[str]) -> dict[str, Path]:
    """Files by the module's name."""
    every = {file for pattern in MODULES for file in ROOT.glob(pattern)}
    if gone := {*LEFT_OUT} - {file.stem for file in every}:
        raise SystemExit(f"no module is called {', '.join(sorted(gone))}: was it renamed?")
    files = sorted(file for file in every if file.stem not in LEFT_OUT)
    named = {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in files}
    return {name: file for name, file in named.items() if not words or any(word in name for word in words)}


def main(words: list[str]) -> int:
    """Try them all; 1 where fewer are found than is wanted, or one that is called equivalent is found."""
    named = modules([word for word in words if "=" not in word])
    for gone in outdated(modules([])):
        raise SystemExit(f"{LIST.name}: no mutant is {gone} any more: remove the entry, or write it as the code is now")
    known = equivalent()
    counted: list[Outcome] = []
    same: list[Outcome] = []

    def told(each: Outcome) -> None:
        is_same = (each.module, each.source, each.what) in known
        (same if is_same else counted).append(each)
        if each.found == is_same:
            print(
                f"{'is found' if is_same else 'survives'}  {each.module}:{each.line} {each.what}\n    {each.source}",
                flush=True,
            )
        if not (len(counted) + len(same)) % 100:
            print(f"{_score(counted, same)} so far", flush=True)

    options = dict(word.split("=", 1) for word in words if "=" in word)
    tests = [str(file) for file in TESTED_BY if options.get("tests", "") in file.stem]
    with TemporaryDirectory() as folder:  # pytest's own goes when other runs come, and every mutant would look found
        call = [*tests, *QUIETLY, f"--basetemp={folder}/tests"]
        if status := pytest.main(call, plugins=[Mutants(named, told, int(options.get("each", 1)))]):
            return int(status)
    found = sum(each.found for each in counted)
    REPORTS.mkdir(exist_ok=True)
    REPORT.write_text(page(counted, score := _score(counted, same)))
    print(f"mutated code: {score}, {found / len(counted):.1%}")
    return int(found < WANTED * len(counted) or any(each.found for each in same))


def _score(counted: Sequence[Outcome], same: Sequence[Outcome]) -> str:
    return f"{sum(each.found for each in counted)} of {len(counted)} found, {len(same)} equivalent"


def page(counted: list[Outcome], score: str) -> str:
    """The score by module, and the mutants that no test notices."""
    made = EvidencePage("mutated-code.md", f"Mutated code: {score}")
    made.add(
        "Whatever decides a fact about a running stack was broken in small ways, one at a time, and the tests that need no engine "
        "were run. Equivalent are those that change nothing that anybody could see."
    )
    shares: dict[str, list[bool]] = {}
    for each in counted:
        shares.setdefault(each.module, []).append(each.found)
    rows = [(None, [code(module), str(sum(found)), str(len(found))]) for module, found in sorted(shares.items())]
    made.table(["Module", "Found", "Of"], rows)
    left = sorted((each for each in counted if not each.found), key=lambda each: (each.module, each.line))
    made.table(
        ["Not found", "Line", "Change"],
        [(None, [code(f"{each.module}:{each.line}"), code(each.source), text(each.what)]) for each in left],
    )
    return made.done().content.decode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
