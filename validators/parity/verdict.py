"""The verdict about each feature of the matrix, from the answers of all modes. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from plumbline.spec.finding import Finding
from plumbline.spec.paths import SpecPath, path_of
from plumbline.spec.spec import Spec
from schema.image import StandIn
from schema.parity import Feature
from schema.probe import Proof
from validators.parity.asking import Key
from validators.parity.rules import PARITY_RULES

Verdict = Literal["as declared", "differs", "no probe"]


@dataclass(frozen=True)
class Answered:
    """A probe with what each mode was to answer, and what it did."""

    shows: str
    kind: str
    proof: Proof
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
    ran_on: tuple[str, ...]
    """What did the work: `image`, another `server`, a `reference` or a `stub` in its place; for each service that it rests on."""
    unproven: str | None = None
    """Why nothing proves it by behaviour."""

    @property
    def proof(self) -> Proof | Literal["nothing"]:
        """The best that its probes prove, as long as all answers are as declared."""
        found = [probe.proof for probe in self.probes] if self.verdict == "as declared" else []
        return next((each for each in get_args(Proof) if each in found), "nothing")

    @property
    def proven_by(self) -> str:
        """The same with what did the work, e.g. `behaviour (reference, server)`."""
        return f"{self.proof} ({', '.join(self.ran_on)})" if self.probes and self.ran_on else self.proof

    @property
    def verdict(self) -> Verdict:
        """What the answers say."""
        if not self.probes:
            return "no probe"
        return "differs" if faults(self) else "as declared"


def feature_rows(
    spec: Spec, observed: Mapping[str, Mapping[Key, str]], stood_in: Collection[str] = ()
) -> list[FeatureRow]:
    """Every feature, in the order of the matrix. `observed` is by mode, `stood_in` the images that something took the place of."""
    return [
        FeatureRow(
            name,
            feature.title,
            feature.parity,
            feature.divergence,
            feature.status,
            tuple(
                Answered(
                    probe.shows,
                    probe.kind,
                    probe.proof,
                    probe.answers,
                    {mode: observed[mode][name, number] for mode in observed},
                )
                for number, probe in enumerate(feature.probes)
            ),
            _ran_on(spec, feature, stood_in),
            feature.unproven,
        )
        for name, feature in spec.parity.features.items()
    ]


def _ran_on(spec: Spec, feature: Feature, stood_in: Collection[str]) -> tuple[str, ...]:
    services = {path.split(".")[1] for path in feature.paths if path.startswith("services.")}
    services |= {
        name for probe in feature.probes if probe.question for name in (probe.question.service, probe.caller) if name
    }
    images = {spec.services[name].image for name in services if name in spec.services}
    kinds = {_played_by(spec.images.images[image].stand_in) if image in stood_in else "image" for image in images}
    return tuple(sorted(kinds))


def _played_by(stand_in: StandIn | None) -> str:
    if stand_in is None or stand_in.recipe != "contract":
        return "server"
    return "reference" if stand_in.programs else "stub"


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
