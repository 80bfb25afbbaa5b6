"""PLB701…: every difference between modes is explained, and every explanation has a difference."""

import re
from collections.abc import Iterator

from plumbline.differences import Difference, differences
from plumbline.paths import PathText, covers, path_of
from plumbline.spec import Spec
from validators.rules.parity_examples import example
from validators.rules.registry import Violation, rule
from validators.rules.spec_lookup import exists

MISSING = re.compile(r"(absent|none|missing|unavailable|not available)\b", re.I)
SHOWN = 60
"""Characters of a value that a message shows."""


@rule(
    "PLB701",
    title="Every difference between modes is explained",
    why="A difference that nobody wrote down is a surprise for whoever moves between modes, or a mistake.",
    fix="remove the difference, or add its path to `covers` of a divergence or of an `equivalent` feature",
    failing=example(second_level="debug"),
    passing=example(second_level="debug", covered="services.web.environment"),
)
def unexplained_difference(spec: Spec) -> Iterator[Violation]:
    patterns = [pattern for _, pattern in _covers(spec)]
    seen: set[str] = set()
    for found in differences(spec):
        if found.path in seen or any(covers(pattern, found.path) for pattern in patterns):
            continue
        seen.add(found.path)
        yield Violation(
            found.source,
            f"{found.path} differs: {_both(found)}",
            expected=_short(found.left),
            observed=_short(found.right),
            hint=f"remove the difference, or add `{found.path}` to `covers` of a divergence in parity.yaml",
        )


@rule(
    "PLB702",
    title="Every explanation has a difference",
    why="A matrix that lists differences which are gone is not believed where it is right.",
    fix="remove the path from `covers`, or correct it",
    failing=example(covered="services.web.environment"),
    passing=example(second_level="debug", covered="services.web.environment"),
)
def explanation_without_difference(spec: Spec) -> Iterator[Violation]:
    paths = {found.path for found in differences(spec)}
    for path, pattern in _covers(spec):
        if not any(covers(pattern, found) for found in paths):
            yield Violation(path, f"`{pattern}` covers no difference between modes", observed=pattern)


@rule(
    "PLB703",
    title="A divergence has a workaround",
    why="Who meets it needs to know what to do, if only that there is nothing to do.",
    fix="add `workaround`",
    failing=example(second_level="debug", covered="services.web.environment", workaround="null"),
    passing=example(second_level="debug", covered="services.web.environment"),
)
def divergence_without_workaround(spec: Spec) -> Iterator[Violation]:
    for name, divergence in spec.parity.divergences.items():
        if divergence.workaround is None:
            yield Violation(path_of("parity", "divergences", name), f"divergence {name} has no workaround", at_key=True)


@rule(
    "PLB704",
    title="A feature has a status in every mode",
    why="An empty cell in the matrix reads as an oversight, or as «the same».",
    fix="give a status for each mode of topology/",
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
    title="A divergent feature names its divergence, and no other does",
    why="The matrix links a divergent row to its reason, impact and workaround.",
    fix="set `divergence` on rows with `parity: divergent`, and only there",
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
    title="An equivalent feature says by which means",
    why="«The same by other means» can be judged only by who knows the means.",
    fix="add `means`, and set `covers` only on rows with `parity: equivalent`",
    failing=example(parity="equivalent"),
    passing=example(parity="equivalent, means: a proxy"),
)
def equivalent_without_means(spec: Spec) -> Iterator[Violation]:
    for name, feature in spec.parity.features.items():
        if feature.parity == "equivalent" and feature.means is None:
            yield Violation(
                path_of("parity", "features", name),
                f"feature {name} is equivalent, and says not by which means",
                at_key=True,
            )
        if feature.parity != "equivalent" and feature.covers:
            yield Violation(
                path_of("parity", "features", name, "covers"),
                f"feature {name} is `{feature.parity}`, so that its `covers` explains nothing",
            )


@rule(
    "PLB707",
    title="A feature rests on paths that exist",
    why="A path that leads nowhere: the part was renamed or dropped, and with it perhaps the feature.",
    fix="correct the path; `*` stands for one part",
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
                )


@rule(
    "PLB708",
    title="Every divergence belongs to a feature",
    why="Readers find a divergence by the feature that they use; one without a row is never found.",
    fix="name it in `divergence` of a feature, or remove it",
    failing=example(second_level="debug", covered="services.web.environment", parity="full"),
    passing=example(second_level="debug", covered="services.web.environment"),
)
def divergence_without_feature(spec: Spec) -> Iterator[Violation]:
    used = {feature.divergence for feature in spec.parity.features.values()}
    for name in spec.parity.divergences:
        if name not in used:
            yield Violation(
                path_of("parity", "divergences", name), f"divergence {name} is named by no feature", at_key=True
            )


@rule(
    "PLB709",
    title="A feature with full parity is missing nowhere",
    why="«Full» for a feature that one mode lacks is the lie that the matrix exists to prevent.",
    fix="make it `divergent` and name the divergence",
    failing=example(status="{single: full, second: absent}"),
    passing=example(),
)
def full_but_missing(spec: Spec) -> Iterator[Violation]:
    for name, feature in spec.parity.features.items():
        missing = [mode for mode, status in feature.status.items() if MISSING.match(status)]
        if feature.parity == "full" and missing and len(missing) < len(feature.status):
            yield Violation(
                path_of("parity", "features", name, "parity"),
                f"feature {name} has full parity, and is missing in {', '.join(missing)}",
            )


def _covers(spec: Spec) -> Iterator[tuple[PathText, str]]:
    """Path and pattern of each entry that explains differences."""
    for name, divergence in spec.parity.divergences.items():
        for index, pattern in enumerate(divergence.covers):
            yield path_of("parity", "divergences", name, "covers", index), pattern
    for name, feature in spec.parity.features.items():
        if feature.parity == "equivalent":
            for index, pattern in enumerate(feature.covers):
                yield path_of("parity", "features", name, "covers", index), pattern


def _both(found: Difference) -> str:
    return f"{_short(found.left)} in {found.modes[0]}, {_short(found.right)} in {found.modes[1]}"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
