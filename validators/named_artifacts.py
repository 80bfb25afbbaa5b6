"""Artifacts that the spec names, against those that it generates. Pure."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from plumbline.spec.finding import Finding
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from validators.drift import DRIFT_RULES

_RULE = "PLB926"
_ALIKE = 0.8
"""How much alike a name and an artifact's are where one was probably meant. Others may be files of the project's own."""
_FILE = re.compile(r"(?<![\w./{}'\"$-])[\w-][\w.-]*\.(?:ya?ml|cfg|json)(?![\w./-])")


def unknown_artifacts(spec: Spec, generated: Iterable[str]) -> Iterator[Finding]:
    """A finding for each place where the spec names an artifact that nothing generates."""
    known = set(generated)
    yield from _proofs(spec, known)
    folders = {path.rpartition("/")[0] for path in known}
    below = {name: place.folder for name, place in spec.platform.places.items() if place.folder}
    for name, folder in below.items():
        if folder not in folders and (close := get_close_matches(folder, folders, n=1, cutoff=_ALIKE)):
            yield _finding(spec, path_of("platform", "places", name, "folder"), folder, close)
    yield from _files_of_runbooks(spec, {name: _names_in(folder, known) for name, folder in below.items()})


def _proofs(spec: Spec, known: set[str]) -> Iterator[Finding]:
    for id, requirement in spec.requirements.requirements.items():
        for index, proof in enumerate(requirement.proofs):
            if proof.kind == "artifact" and proof.ref not in known:
                path = path_of("requirements", id, "proofs", index, "ref")
                yield _finding(spec, path, proof.ref, get_close_matches(proof.ref, known, n=1))


def _names_in(folder: str, known: set[str]) -> set[str]:
    """Names of the artifacts that stand in a folder itself."""
    return {name for above, _, name in (path.rpartition("/") for path in known) if above == folder}


def _files_of_runbooks(spec: Spec, names: dict[str, set[str]]) -> Iterator[Finding]:
    """Files that a script names in a generated folder, which lacks them and has one like them."""
    for id, runbook in spec.runbooks.items():
        for index, step in enumerate(runbook.steps):
            here = names.get(step.where, set())
            for field in ("run", "verify", "undo") if here else ():
                for word in sorted(set(_FILE.findall(getattr(step, field) or "")) - here):
                    if close := get_close_matches(word, here, n=1, cutoff=_ALIKE):
                        yield _finding(spec, path_of("runbooks", id, "steps", index, field), word, close)


def _finding(spec: Spec, path: PathText, named: str, close: list[str]) -> Finding:
    return Finding(
        _RULE,
        f"{named} is not generated from this spec",
        location=spec.at(path),
        hint=f"did you mean `{close[0]}`?" if close else DRIFT_RULES[_RULE].fix,
        subject=path,
    )
