"""What the answers of all modes say about each feature of the matrix. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from plumbline.spec.finding import Finding
from plumbline.spec.paths import SpecPath, path_of
from plumbline.spec.spec import Spec
from validators.parity.asking import Key
from validators.parity.rules import PARITY_RULES

Verdict = Literal["as declared", "differs", "no probe"]


@dataclass(frozen=True)
class Answered:
    """A probe with what each mode was to answer, and what it did."""

    shows: str
    kind: str
    declared: Mapping[str, str]
    observed: Mapping[str, str]


@dataclass(frozen=True)
class FeatureRow:
    """A row of the matrix with its evidence."""

    id: str
    title: str
    parity: str
    divergence: str | None
    status: Mapping[str, str]
    """What is declared, by mode."""
    probes: tuple[Answered, ...]

    @property
    def verdict(self) -> Verdict:
        """What the answers say."""
        if not self.probes:
            return "no probe"
        return "differs" if faults(self) else "as declared"


def feature_rows(spec: Spec, observed: Mapping[str, Mapping[Key, str]]) -> list[FeatureRow]:
    """Every feature, in the order of the matrix. `observed` is by mode."""
    return [
        FeatureRow(
            name,
            feature.title,
            feature.parity,
            feature.divergence,
            feature.status,
            tuple(
                Answered(
                    probe.shows, probe.kind, probe.answers, {mode: observed[mode][name, number] for mode in observed}
                )
                for number, probe in enumerate(feature.probes)
            ),
        )
        for name, feature in spec.parity.features.items()
    ]


def parity_findings(spec: Spec, rows: Sequence[FeatureRow]) -> list[Finding]:
    """A finding for each answer, feature and divergence that is not as declared."""
    found: list[Finding] = []
    for row in rows:
        for rule, message, place in faults(row):
            path = path_of("parity", "features", row.id, *place)
            known = PARITY_RULES[rule]
            found.append(
                Finding(rule, message, severity=known.severity, location=spec.at(path), hint=known.fix, subject=path)
            )
    return found


def faults(row: FeatureRow) -> list[tuple[str, str, SpecPath]]:
    """Rule, message, and the place below the feature."""
    found: list[tuple[str, str, SpecPath]] = [
        (
            "PLB931",
            f"{row.title}: {mode} answers {observed!r}, but {probe.declared.get(mode)!r} is declared ({probe.shows})",
            ("probes", number, "answers"),
        )
        for number, probe in enumerate(row.probes)
        for mode, observed in probe.observed.items()
        if observed != probe.declared.get(mode)
    ]
    differing = [probe for probe in row.probes if len(set(probe.observed.values())) > 1]
    if row.parity == "full":
        found += [("PLB932", f"{row.title} is full, but {_said(probe)}", ("parity",)) for probe in differing]
    if row.parity == "divergent" and row.probes and not differing and len(row.probes[0].observed) > 1:
        found.append(("PLB933", f"{row.title}: divergence {row.divergence} does not show", ("divergence",)))
    return found


def _said(probe: Answered) -> str:
    return " and ".join(f"{mode} answers {answer!r}" for mode, answer in probe.observed.items())
