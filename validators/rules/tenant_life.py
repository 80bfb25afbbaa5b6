"""PLB550, PLB551: how tenants live, and what they are set to."""

import re
from collections.abc import Iterator

from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.registry import Violation, rule

_LIFE = """
tenants.yaml:
  tenants: {{acme: {{title: Acme, octet: 1, state: ACTIVE}}}}
  transitions:
    - {{before: PENDING, after: ACTIVE, effect: It begins.}}
    - {{before: ACTIVE, after: SUSPENDED, effect: It waits.}}
    - {{before: {0}, after: {1}, effect: It continues.}}
"""


@rule(
    "PLB550",
    title="Empty, duplicate or unreachable state transition",
    why="Runbooks and people follow the list. A state that no transition reaches was forgotten, or is a mistake.",
    fix="Make each transition lead to another state, and list it once. Only PENDING may have no transition to it.",
    failing=_LIFE.format("FAILED", "ACTIVE"),
    passing=_LIFE.format("SUSPENDED", "ACTIVE"),
)
def odd_transition(spec: Spec) -> Iterator[Violation]:
    """Transitions to the same state, twice, or from a state that none leads to."""
    transitions = spec.tenants.transitions
    reached = {each.after for each in transitions} | {"PENDING"}
    seen: set[tuple[str, str]] = set()
    for index, each in enumerate(transitions):
        path = path_of("tenants", "transitions", index)
        if each.before == each.after:
            yield Violation(path, f"it leads from {each.before} to {each.after}")
        elif (each.before, each.after) in seen:
            yield Violation(path, f"{each.before} to {each.after} is listed twice")
        elif each.before not in reached:
            yield Violation(path_of(path, "before"), f"no transition leads to {each.before}", observed=each.before)
        seen.add((each.before, each.after))


_SETTINGS = "tenants.yaml: {{tenants: {{acme: {{title: A, octet: 1, state: ACTIVE}}}}, settings: {0}}}"
_RANGE = re.compile(r"\((-?\d+(?:\.\d+)?) (?:to|–|-) (-?\d+(?:\.\d+)?)\)")


@rule(
    "PLB551",
    title="Setting outside its own range",
    why="Each new tenant gets the value. The limit is never reached, or always exceeded.",
    fix="Choose a default within the range in its description, and a `…_default` no larger than its `…_max`.",
    failing=_SETTINGS.format("{threshold: {default: 7, description: Score (0 to 1) of a hit.}}"),
    passing=_SETTINGS.format("{threshold: {default: 0.7, description: Score (0 to 1) of a hit.}}"),
)
def outside_its_range(spec: Spec) -> Iterator[Violation]:
    """Defaults beyond the range in their description, or on the other side of a limit of their name."""
    settings = spec.tenants.settings
    numbers = {
        name: each.default
        for name, each in settings.items()
        if isinstance(each.default, (int, float)) and not isinstance(each.default, bool)
    }
    for name, value in numbers.items():
        path = path_of("tenants", "settings", name, "default")
        said = _RANGE.search(settings[name].description)
        if said and not float(said[1]) <= value <= float(said[2]):
            yield Violation(
                path, f"{value} is outside the range {said[1]} to {said[2]} in its description", observed=str(value)
            )
        stem = name.removesuffix("_default")
        most, least = numbers.get(f"{stem}_max"), numbers.get(f"{stem}_min")
        if stem != name and most is not None and value > most:
            yield Violation(path, f"{value} is more than `{stem}_max`, {most}", observed=str(value))
        if stem != name and least is not None and value < least:
            yield Violation(path, f"{value} is less than `{stem}_min`, {least}", observed=str(value))
