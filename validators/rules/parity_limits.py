"""PLB220: an explanation of differences is for some of them, and not for all that may come."""

from collections.abc import Iterator

from plumbline.effective.differences import differences
from plumbline.spec.paths import PathText, SpecPath, covers, parse_path, parts_of, path_of
from plumbline.spec.spec import Spec
from validators.rules.parity_examples import example
from validators.rules.registry import Violation, rule

_DEPTH = {"services": 3, "networks": 3, "topology": 2}
"""Parts of a path that names a field: `services.<id>.<field>`, `networks.<id>.<field>`, `topology.<field>`."""


@rule(
    "PLB220",
    title="Explanation of differences without a limit",
    why="It also explains every difference that is added later, including mistakes, and no check finds those.",
    fix="Name the field (`services.*.environment`), or the one thing that a mode lacks (`services.web`).",
    failing=example(second_level="debug", covered="services.*"),
    passing=example(second_level="debug", covered="services.*.environment"),
)
def explains_everything(spec: Spec) -> Iterator[Violation]:
    """Entries of `covers` that end above a field, and are not the name of one difference."""
    found = {difference.path: parts_of(difference.path) for difference in differences(spec)}
    for path, pattern in _covers(spec):
        try:
            parts = parse_path(pattern)
        except ValueError:
            continue  # PLB702 says that it covers nothing
        if _names_a_field(parts) or parts in found.values():
            continue
        covered = [each for each in found if covers(pattern, each)]
        if covered:
            yield Violation(
                path,
                f"`{pattern}` explains every difference there, currently {len(covered)}",
                f"name them: {', '.join(f'`{each}`' for each in covered[:3])}" + (", …" if len(covered) > 3 else ""),
                observed=pattern,
            )


def _names_a_field(parts: SpecPath) -> bool:
    depth = _DEPTH.get(str(parts[0]), 2)
    return len(parts) >= depth and parts[depth - 1] != "*"


def _covers(spec: Spec) -> Iterator[tuple[PathText, str]]:
    """Path and pattern of each entry that explains differences."""
    for name, divergence in spec.parity.divergences.items():
        for index, pattern in enumerate(divergence.covers):
            yield path_of("parity", "divergences", name, "covers", index), pattern
    for name, feature in spec.parity.features.items():
        if feature.parity == "equivalent":
            for index, pattern in enumerate(feature.covers):
                yield path_of("parity", "features", name, "covers", index), pattern
