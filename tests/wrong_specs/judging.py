"""What `plumb check` says of a mutant, and whether that is what it has to say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from plumbline.spec.finding import Finding, Severity
from plumbline.spec.loading import load_spec
from tests.wrong_specs.structural import Mutant
from validators.rules import check_rules
from validators.stand_in_folders import missing_stand_ins

TODAY = date(2026, 11, 26)
NEAR = 3
"""Lines between the edit and the finding, at most."""


@dataclass(frozen=True)
class SpecVerdict:
    """`word`: found, elsewhere, survives, crash; clean, accused."""

    mutant: Mutant
    word: str
    findings: tuple[Finding, ...]
    problem: str = ""

    @property
    def right(self) -> bool:
        """Whether it is what it has to be."""
        return self.word in ("found", "clean")


def judged(files: Mapping[str, str], mutant: Mutant, folder: Path | None = None) -> SpecVerdict:
    """Check a mutant as `plumb check --no-drift` does; `folder` has the stand-ins, where the spec has some."""
    changed = {**files, mutant.file: mutant.text}
    try:
        spec, findings = load_spec(changed)
        if spec is not None:
            findings = check_rules(spec, TODAY)
            findings += missing_stand_ins(spec, folder) if folder else ()
    except Exception as error:  # any: that is what is looked for
        return SpecVerdict(mutant, "crash", (), f"{type(error).__name__}: {error}")
    said = tuple(finding for finding in findings if finding.severity != Severity.NOTE)
    if not mutant.wrong:
        return SpecVerdict(mutant, "accused" if said else "clean", said)
    if not said:
        return SpecVerdict(mutant, "survives", said)
    return SpecVerdict(mutant, "found" if any(_near(each, mutant) for each in said) else "elsewhere", said)


def _near(finding: Finding, mutant: Mutant) -> bool:
    """Whether it shows the edit: where it stands itself, or among the places that it names."""
    places = [place for place in (finding.location, *(each.location for each in finding.related)) if place]
    return any(
        place.file in mutant.also
        or (place.file == mutant.file and (abs(place.line - mutant.line) <= NEAR or place.line in mutant.around))
        for place in places
    )
