"""Edits that somebody thought of: wrong only by what stands elsewhere in the spec, or legal although they look odd."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import yaml

from tests.wrong_specs.sites import sites_of
from tests.wrong_specs.structural import Mutant

_CASES = Path(__file__).with_name("cases")


def mutants(files_of: Callable[[str], Mapping[str, str]]) -> Iterator[Mutant]:
    """All of them; `spec` of a case names another spec than the shipped one, and an empty `old` makes a new file, or begins one.

    Raises LookupError where a case's old text is no longer in its file: mend the case.
    """
    for name, wrong in (("relations", True), ("legal", False)):
        kinds = yaml.safe_load((_CASES / f"{name}.yaml").read_text())
        for kind, cases in kinds.items():
            for case in cases:
                spec = case.get("spec", "shipped")
                yield _mutant(files_of(spec), spec, kind, wrong, case)


def _mutant(files: Mapping[str, str], spec: str, kind: str, wrong: bool, case: Mapping[str, object]) -> Mutant:
    file, old, new = str(case["file"]), str(case["old"]), str(case["new"])
    text = files.get(file, "") if not old else files[file]  # without an old text: a file that is new
    start = text.find(old)
    if start < 0:
        raise LookupError(f"{kind}: {file} does not hold {old!r}")
    changed = text[:start] + new + text[start + len(old) :]
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    line = text.count("\n", 0, start + same) + 1
    around = _around(file, text, start + same) if len(new) < len(old) else frozenset()
    also = tuple(str(each) for each in case.get("also", ()))  # type: ignore[attr-defined]
    return Mutant(kind, wrong, file, line, f"{kind}: {file}: {old!r} → {new!r}", changed, around, spec, also)


def _around(file: str, text: str, position: int) -> frozenset[int]:
    """Lines on which what surrounds a position begins."""
    inside = [
        site
        for site in sites_of(file, text)
        if (site.key or site.value).start_mark.index <= position <= site.value.end_mark.index
    ]
    return frozenset(line for site in inside for line in site.around | {site.line})
