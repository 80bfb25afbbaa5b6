"""`make mutated-code`: whatever decides a fact, broken in small ways, one at a time; the last line is the share that the tests notice.

python -m proofs.mutated_code [WORD …] [each=N]     only modules whose name contains a word; every Nth mutant

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
        if counted and counted[-1].module != each.module:
            print(_share(counted[-1].module, counted), flush=True)
        (same if is_same else counted).append(each)
        if each.found == is_same:
            print(
                f"{'is found' if is_same else 'survives'}  {each.module}:{each.line} {each.what}\n    {each.source}",
                flush=True,
            )

    each = next((int(word.removeprefix("each=")) for word in words if word.startswith("each=")), 1)
    with TemporaryDirectory() as folder:  # pytest's own goes when other runs come, and every mutant would look found
        call = [*map(str, TESTED_BY), *QUIETLY, f"--basetemp={folder}/tests"]
        if status := pytest.main(call, plugins=[Mutants(named, told, each)]):
            return int(status)
    found = sum(each.found for each in counted)
    REPORTS.mkdir(exist_ok=True)
    REPORT.write_text(page(counted, score := f"{found} of {len(counted)} found, {len(same)} equivalent"))
    print(f"mutated code: {score}, {found / len(counted):.1%}")
    return int(found < WANTED * len(counted) or any(each.found for each in same))


def _share(module: str, counted: Sequence[Outcome]) -> str:
    own = [each.found for each in counted if each.module == module]
    return f"{module}: {sum(own)} of {len(own)}"


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
    rows = [(None, [code(module), str(sum(found)), str(len(found))]) for module, found in shares.items()]
    made.table(["Module", "Found", "Of"], rows)
    left = [each for each in counted if not each.found]
    made.table(
        ["Not found", "Line", "Change"],
        [(None, [code(f"{each.module}:{each.line}"), code(each.source), text(each.what)]) for each in left],
    )
    return made.done().content.decode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
