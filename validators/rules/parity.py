"""PLB701…: every difference between modes is explained, and every explanation has a difference."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plumbline.effective.deployment import field_path
from plumbline.effective.differences import Difference, differences
from plumbline.spec.paths import PathText, covers, path_of
from plumbline.spec.spec import Spec
from plumbline.spec.suggestions import closest
from validators.rules.parity_examples import example, three_modes
from validators.rules.registry import Violation, rule
from validators.rules.spec_lookup import exists
from validators.rules.written import of_services

MISSING = re.compile(r"(absent|none|missing|unavailable|not available)\b", re.I)
_RENAMED = 0.9
"""How much alike two paths are where one was probably made of the other."""
SHOWN = 60
"""Characters of a value that a message shows."""


@rule(
    "PLB701",
    title="Unexplained difference between modes",
    why="An undocumented difference is a mistake, or surprises people who move between modes.",
    fix="Remove the difference, or add its path to `covers` of a divergence or of an `equivalent` feature.",
    failing=example(second_level="debug"),
    passing=example(second_level="debug", covered="services.web.environment"),
)
def unexplained_difference(spec: Spec) -> Iterator[Violation]:
    """Each path once, with its value in every mode, at the place that makes the first difference nobody explains."""
    explanations = _explanations(spec)
    by_path: dict[str, list[Difference]] = {}
    for found in differences(spec):
        by_path.setdefault(found.path, []).append(found)
    patterns = {pattern for each in explanations for pattern in each.covers}
    idle = [pattern for pattern in sorted(patterns) if not any(covers(pattern, path) for path in by_path)]
    not_apart: dict[str, list[Violation]] = {}
    for path, pairs in by_path.items():
        explaining = [each for each in explanations if each.names(path)]
        left = next((pair for pair in pairs if not any(each.sets_apart(pair.modes) for each in explaining)), None)
        if left is None:
            continue
        cover = f"add `{path}` to `covers` of a divergence in parity.yaml"
        renamed = closest(path, idle, _RENAMED)
        if explaining:
            places = " and ".join(each.path for each in explaining)
            cover = f"add a divergence that sets {' and '.join(left.modes)} apart; {places} does not"
        violation = Violation(
            left.source,
            f"{path} differs: {_by_mode(spec, pairs)}",
            expected=_short(left.left),
            observed=_short(left.right),
            hint=f"remove the difference, or {cover}",
            explains=((renamed,),) if renamed else (),
        )
        if len(explaining) == 1:
            not_apart.setdefault(explaining[0].path, []).append(violation)
        else:
            yield violation
    for explanation, violations in not_apart.items():
        yield from violations if len(violations) == 1 else [_wrongly_apart(explanation, violations)]


@rule(
    "PLB702",
    title="Explanation without a difference",
    why="If a matrix lists differences that no longer exist, nobody trusts the rest of it.",
    fix="Remove the path from `covers`, or correct it.",
    failing=example(covered="services.web.environment"),
    passing=example(second_level="debug", covered="services.web.environment"),
)
def explanation_without_difference(spec: Spec) -> Iterator[Violation]:
    """Covered paths that are alike in all modes, and modes that are not apart in any of them."""
    found = differences(spec)
    for each in _explanations(spec):
        for index, pattern in enumerate(each.covers):
            if not any(covers(pattern, one.path) and each.sets_apart(one.modes) for one in found):
                if _is_unresolved(spec, pattern):
                    continue  # PLB107 says so
                message = f"`{pattern}` covers no difference between modes {' and '.join(spec.modes)}"
                also = tuple(_written(spec, pattern))
                yield Violation(path_of(each.path, "covers", index), message, observed=pattern, also=also)
        covered = [one for one in found if each.names(one.path)]
        for index, mode in enumerate(each.apart):
            if covered and not _is_apart(mode, set(spec.modes) - set(each.apart), spec.modes, covered):
                message = f"mode {mode} does not differ from the others in anything covered here"
                yield Violation(path_of(each.path, "sets_apart", index), message, observed=mode)


def _wrongly_apart(explanation: str, violations: Sequence[Violation]) -> Violation:
    """Several differences that one explanation covers between modes that it does not set apart: it is what is wrong."""
    return Violation(
        path_of(explanation, "sets_apart"),
        f"{len(violations)} paths that it covers differ between modes that it does not set apart",
        hint="name those modes, or remove the differences",
        also=tuple((each.path, each.message) for each in violations),
    )


def _is_unresolved(spec: Spec, pattern: str) -> bool:
    """Whether it is about a service with a text that does not resolve: what that differs in is not known then."""
    return any(
        pattern.split(".")[:2] == ["services", placed.id] and not all(text.resolves for text in texts)
        for placed, texts in of_services(spec)
    )


def _written(spec: Spec, pattern: str) -> Iterator[tuple[PathText, str]]:
    """Where each mode says what a pattern without `*` covers: one of them may be what changed."""
    section, *below = pattern.split(".")
    for mode in spec.modes if "*" not in pattern and section in ("topology", "services") else ():
        path = path_of("topology", mode, *below) if section == "topology" else _in_mode(spec, mode, *below)
        if path and spec.has(path):
            yield path, f"what mode {mode} says"


def _in_mode(spec: Spec, mode: str, name: str, field: str = "", key: str | None = None, *_: str) -> PathText | None:
    return field_path(name, spec.services[name], mode, field, key) if field and name in spec.services else None


def _is_apart(mode: str, others: set[str], modes: Sequence[str], covered: Sequence[Difference]) -> bool:
    """Whether a mode differs from one that is not set apart; where all are, from every other in one thing at least."""
    partners: dict[str, set[str]] = {}
    for one in covered:
        if mode in one.modes:
            partners.setdefault(one.path, set()).update(set(one.modes) - {mode})
    if others:
        return any(found & others for found in partners.values())
    return any(len(found) == len(modes) - 1 for found in partners.values())


@rule(
    "PLB720",
    title="Explanation that does not say which modes it sets apart",
    why="With three modes, «dev catches all mail» must not also explain a wrong mail server in production.",
    fix=(
        "Name the modes that differ in `sets_apart`, e.g. `sets_apart: [dev]`. The others are then compared with "
        "each other."
    ),
    failing=three_modes(),
    passing=three_modes(sets_apart="[third]"),
)
def modes_not_set_apart(spec: Spec) -> Iterator[Violation]:
    """Explanations without `sets_apart` in a spec of more than two modes."""
    if len(spec.modes) > 2:
        for each in _explanations(spec):
            if each.covers and not each.apart:
                yield Violation(
                    each.path, f"it does not say which of the modes {', '.join(spec.modes)} it sets apart", at_key=True
                )


@rule(
    "PLB703",
    title="Divergence without a workaround",
    why="Users need to know what to do about it, even if the answer is «nothing».",
    fix="Add `workaround`.",
    failing=example(second_level="debug", covered="services.web.environment", workaround="null"),
    passing=example(second_level="debug", covered="services.web.environment"),
)
def divergence_without_workaround(spec: Spec) -> Iterator[Violation]:
    for name, divergence in spec.parity.divergences.items():
        if divergence.workaround is None:
            yield Violation(path_of("parity", "divergences", name), f"divergence {name} has no workaround", at_key=True)


@rule(
    "PLB704",
    title="Feature without a status in every mode",
    why="An empty cell in the matrix reads as an oversight, or as «the same».",
    fix="Add a status for each mode of topology/.",
    failing=example(status="{single: full}"),
    passing=example(),
)
def incomplete_status(spec: Spec) -> Iterator[Violation]:
    for name, feature in spec.parity.features.items():
        for mode in spec.modes:
            if mode not in feature.status:
                yield Violation(
                    path_of("parity", "features", name, "status"), f"feature {name} has no status in mode {mode}"
                )


@rule(
    "PLB705",
    title="Feature whose `parity` and `divergence` disagree",
    why="The matrix links a divergent row to its reason, impact and workaround.",
    fix="Set `divergence` on rows with `parity: divergent`, and only there.",
    failing=example(parity="divergent"),
    passing=example(second_level="debug", covered="services.web.environment"),
)
def divergent_without_divergence(spec: Spec) -> Iterator[Violation]:
    for name, feature in spec.parity.features.items():
        if (feature.parity == "divergent") != (feature.divergence is not None):
            named = f"names {feature.divergence}" if feature.divergence else "names no divergence"
            yield Violation(
                path_of("parity", "features", name), f"feature {name} is `{feature.parity}` and {named}", at_key=True
            )


@rule(
    "PLB706",
    title="Equivalent feature without `means`, or `covers` on another",
    why="Only a reader who knows the means can judge «the same by other means».",
    fix="Add `means`, and set `covers` only on rows with `parity: equivalent`.",
    failing=example(parity="equivalent"),
    passing=example(parity="equivalent, means: a proxy"),
)
def equivalent_without_means(spec: Spec) -> Iterator[Violation]:
    for name, feature in spec.parity.features.items():
        if feature.parity == "equivalent" and feature.means is None:
            yield Violation(
                path_of("parity", "features", name),
                f"feature {name} is equivalent but does not say how (`means` is missing)",
                at_key=True,
            )
        if feature.parity != "equivalent" and feature.covers:
            yield Violation(
                path_of("parity", "features", name, "covers"),
                f"feature {name} is `{feature.parity}`, so its `covers` explains nothing",
            )


@rule(
    "PLB707",
    title="Feature path that does not exist",
    why="The part was renamed or removed, and perhaps the feature with it.",
    fix="Correct the path; `*` stands for one part.",
    failing=example(paths="[services.wbe]"),
    passing=example(paths="[services.web, services.*.health]"),
)
def path_without_target(spec: Spec) -> Iterator[Violation]:
    for name, feature in spec.parity.features.items():
        for index, path in enumerate(feature.paths):
            if not exists(spec, path):
                yield Violation(
                    path_of("parity", "features", name, "paths", index),
                    f"there is no `{path}` in the spec",
                    observed=path,
                    explains=_lost(spec, path),
                )


def _lost(spec: Spec, path: str) -> tuple[tuple[str, ...], ...]:
    """The id that a path begins with, where it is that which is not there."""
    section, *below = path.split(".")
    gone = below and below[0] != "*" and exists(spec, section) and not exists(spec, f"{section}.{below[0]}")
    return ((below[0],),) if gone else ()


@rule(
    "PLB708",
    title="Divergence without a feature",
    why="Readers find a divergence through the feature that they use. Nobody finds a divergence without a feature.",
    fix="Name it in `divergence` of a feature, or remove it.",
    failing=example(second_level="debug", covered="services.web.environment", parity="full"),
    passing=example(second_level="debug", covered="services.web.environment"),
)
def divergence_without_feature(spec: Spec) -> Iterator[Violation]:
    used = {feature.divergence for feature in spec.parity.features.values()}
    for name in spec.parity.divergences:
        if name not in used:
            yield Violation(path_of("parity", "divergences", name), f"no feature names divergence {name}", at_key=True)


@rule(
    "PLB709",
    title="Feature with full parity that a mode lacks",
    why="A matrix that says «full» although one mode lacks the feature is wrong where readers rely on it most.",
    fix="Set `parity: divergent` and name the divergence.",
    failing=example(status="{single: full, second: absent}"),
    passing=example(),
)
def full_but_missing(spec: Spec) -> Iterator[Violation]:
    for name, feature in spec.parity.features.items():
        missing = [mode for mode, status in feature.status.items() if MISSING.match(status)]
        if feature.parity == "full" and missing and len(missing) < len(feature.status):
            yield Violation(
                path_of("parity", "features", name, "parity"),
                f"feature {name} has full parity but is missing in {', '.join(missing)}",
            )


@dataclass(frozen=True, slots=True)
class _Explanation:
    """A divergence, or an equivalent feature: what it explains, and between which modes."""

    path: PathText
    covers: tuple[str, ...]
    apart: tuple[str, ...]
    """Modes that go their own way; all, where none is named."""

    def names(self, path: str) -> bool:
        """Whether it speaks of a spec path."""
        return any(covers(pattern, path) for pattern in self.covers)

    def sets_apart(self, modes: tuple[str, str]) -> bool:
        """Whether it explains that two modes differ."""
        return not self.apart or bool(set(modes) & set(self.apart))


def _explanations(spec: Spec) -> list[_Explanation]:
    found = [
        _Explanation(path_of("parity", "divergences", name), each.covers, each.sets_apart)
        for name, each in spec.parity.divergences.items()
    ]
    return found + [
        _Explanation(path_of("parity", "features", name), feature.covers, feature.sets_apart)
        for name, feature in spec.parity.features.items()
        if feature.parity == "equivalent"
    ]


def _by_mode(spec: Spec, pairs: Sequence[Difference]) -> str:
    """Values with the modes that have them, e.g. `debug in dev, info in left and right`."""
    values = {mode: value for pair in pairs for mode, value in zip(pair.modes, (pair.left, pair.right), strict=True)}
    modes: dict[str, list[str]] = {}
    for mode in spec.modes:
        if mode in values:
            modes.setdefault(values[mode], []).append(mode)
    return ", ".join(f"{_short(value)} in {' and '.join(names)}" for value, names in modes.items())


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
