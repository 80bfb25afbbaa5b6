"""The cases of tests/bundle/cases/, each taken by verify.sh and by `plumb verify bundle`: both have to say the same.

A case is how a bundle is changed while it is made, and what has to come of it: `accepted`, or a reason of
plumbline/bundle/refusal.py. `each` makes many of one, `{name}` is replaced by each of its values.

python -m tests.bundle.agreement [WORD OF A NAME]…
"""

import itertools
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from plumbline.spec.spec import Spec
from tests.bundle.case_keys import KINDS as KEYS
from tests.bundle.case_keys import Ring
from tests.bundle.changes import made
from tests.stack.conftest import ROOT, shipped_spec
from validators.bundle.check import Trust, verify_bundle

FOLDER = Path(__file__).parent / "cases"
VERIFY = ROOT / "deploy" / "offline" / "scripts" / "verify.sh"
ACCEPTED = "accepted"
_REFUSED = re.compile(r"^error: refused: [ -~]+? \(([a-z-]+)\)(: [ -~]*)?$", re.MULTILINE)
_HARMLESS = re.compile(r"[\n -~]*")


@dataclass(frozen=True)
class AgreementCase:
    """One bundle."""

    name: str
    changes: list[list[Any]]
    expected: str
    signed: bool
    """Whether the manifest vouches for what was done to the body."""
    trusts: str
    """The key that the host trusts."""


def cases() -> Iterator[AgreementCase]:
    """All of them."""
    for file in sorted(FOLDER.glob("*.json")):
        for family in json.loads(file.read_text()):
            axes = family.get("each", {})
            for values in itertools.product(*axes.values()):
                chosen = dict(zip(axes, values, strict=True))
                if chosen in family.get("except", []):
                    continue
                name = re.sub(r"\{(\w+)\}", partial(_named, chosen), family["name"])
                yield AgreementCase(
                    f"{file.stem}: {name}",
                    [list(_filled(change, chosen)) for change in family.get("changes", [])],
                    family["expected"],
                    family.get("signed", True),
                    next(iter(_filled([family.get("trusts", "publisher")], chosen))),
                )


def _named(chosen: dict[str, Any], found: re.Match[str]) -> str:
    return _shown(chosen[found[1]])


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and value.isascii() and value.isprintable() else json.dumps(value)


def _filled(words: list[Any], chosen: dict[str, Any]) -> Iterator[Any]:
    """The words of a change; a list in place of a last one is several."""
    for word in words:
        value = chosen[word[1:-1]] if isinstance(word, str) and word[1:-1] in chosen and word[:1] == "{" else word
        if isinstance(value, list) and words[0] in ("named", "also_by"):
            yield from value
        else:
            yield value


@dataclass(frozen=True)
class AgreementBench:
    """Where cases are tried."""

    folder: Path
    ring: Ring
    spec: Spec

    def prepare(self, found: list[AgreementCase]) -> None:
        """Make the keys, which one after the other takes less than several at once."""
        for name in {case.trusts for case in found} | {
            str(word) for case in found for change in case.changes for word in change if str(word) in KEYS
        }:
            self.ring.state(name)

    def problems(self, case: AgreementCase) -> list[str]:
        """What is wrong with how it is taken."""
        file = self.folder / f"{abs(hash(case.name))}"
        file.write_bytes(made(self.ring, case.changes, case.signed))
        try:
            seen = {"verify.sh": self._by_script(case, file), "plumb": self._by_plumb(case, file)}
        finally:
            file.unlink()
        return [f"{who} says {said}, not {case.expected}" for who, said in seen.items() if said != case.expected]

    def _by_script(self, case: AgreementCase, file: Path) -> str:
        call = ["sh", str(VERIFY), "--dry-run", "--state", str(self.ring.state(case.trusts)), str(file)]
        done = subprocess.run(call, capture_output=True, check=False, timeout=120)
        said = done.stderr.decode("latin-1")
        if done.returncode == 0 and not said:
            return ACCEPTED
        refused = _REFUSED.search(said)
        if done.returncode == 1 and refused and _HARMLESS.fullmatch(said):
            return refused[1]
        return f"exit code {done.returncode}: {said!r}"

    def _by_plumb(self, case: AgreementCase, file: Path) -> str:
        trust = Trust((self.ring.fingerprint(case.trusts),), self.ring.public(case.trusts))
        try:
            report = verify_bundle(file, self.spec, trust, lambda _: None)
        except Exception as error:
            return repr(error)
        if not all(_HARMLESS.fullmatch(finding.message) for finding in report.findings):
            return f"what a terminal takes for a command: {report.findings}"
        return report.refused or (ACCEPTED if report.signer else "nothing")


def tried(bench: AgreementBench, found: list[AgreementCase]) -> Iterator[tuple[AgreementCase, list[str]]]:
    """Each case, and what was wrong."""
    bench.prepare(found)
    with ThreadPoolExecutor() as pool:
        yield from zip(found, pool.map(bench.problems, found), strict=True)


def main(words: list[str]) -> int:
    """Try them and print the score; 1 where something is wrong."""
    found = [case for case in cases() if not words or any(word in case.name for word in words)]
    right = 0
    with tempfile.TemporaryDirectory(prefix="plumb-cases-") as name:
        ring = Ring(Path(name) / "keys")
        ring.folder.mkdir()
        try:
            for case, problems in tried(AgreementBench(Path(name), ring, shipped_spec()), found):
                right += not problems
                for problem in problems:
                    print(f"{case.name}: {problem}", flush=True)
        finally:
            ring.end()
    print(f"bundle cases: {right} of {len(found)} taken alike by verify.sh and by plumb, and as they have to be")
    return int(right != len(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
