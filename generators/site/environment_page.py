"""The page of environment variables: each once, and what differs between modes side by side."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from generators.markdown import Page, code, prose, text
from generators.site.secret_handover import handovers, how_secrets_are_read
from plumbline.effective.deployment import field_path, services_of
from plumbline.effective.expression_names import service_names
from plumbline.effective.expression_places import known_in_service, value_places
from plumbline.expressions.rendering import value_text
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.types import Value

NOT_SET, NOT_THERE = "–", "no such service"


@dataclass
class _Variable:
    """A variable of a service, in every mode that sets it."""

    places: list[Callable[[], Iterable[PathText]]] = field(default_factory=list)
    """What find where it is said."""
    values: dict[str, str] = field(default_factory=dict)
    """Its value as Markdown, by mode."""

    def paths(self) -> Iterable[PathText]:
        """Where it is said, mode by mode."""
        return chain.from_iterable(places() for places in self.places)


def environment(spec: Spec) -> Iterable[Artifact]:
    """`docs/operator/environment.md`."""
    page = Page("docs/operator/environment.md", "Environment")
    page.add(how_secrets_are_read(spec))
    for variable, meaning in spec.platform.environment.items():
        page.add(f"- {code(variable)}: {prose(meaning)}", path_of("platform", "environment", variable))
    variables = _variables(spec)
    placed = {mode: services_of(spec, mode).keys() for mode in spec.modes}
    alike = {
        key: each
        for key, each in variables.items()
        if len(set(each.values.values())) == 1
        and all(key[0] not in placed[mode] or mode in each.values for mode in spec.modes)
    }
    differing = {key: each for key, each in variables.items() if key not in alike}
    several = len(spec.modes) > 1
    page.section(
        "## The same in every mode that runs the service" if several else "",
        ["Variable", "Service", "Value"],
        [
            (each.paths, [code(name), code(service), next(iter(each.values.values()))])
            for (service, name), each in alike.items()
        ],
    )
    page.section(
        "## What differs between modes",
        ["Variable", "Service", *map(text, spec.modes)],
        [
            (
                each.paths,
                [
                    code(name),
                    code(service),
                    *(each.values.get(mode, NOT_SET if service in placed[mode] else NOT_THERE) for mode in spec.modes),
                ],
            )
            for (service, name), each in differing.items()
        ],
    )
    yield page.done()


def _variables(spec: Spec) -> dict[tuple[str, str], _Variable]:
    """Every variable by service and name, in that order."""
    found: dict[tuple[str, str], _Variable] = {}

    def note(mode: str, service: str, name: str, value: str, places: Callable[[], Iterable[PathText]]) -> None:
        variable = found.setdefault((service, name), _Variable())
        variable.values[mode] = value
        variable.places.append(places)

    for mode in spec.modes:
        for service, each in services_of(spec, mode).items():
            names = service_names(spec, mode, service)
            for name, value in each.environment.items():
                places = partial(_places, spec, mode, service, name, value)
                note(mode, service, name, code(value_text(value, names)), places)
    for handover in handovers(spec):
        if handover.variable:
            note(handover.mode, handover.service, handover.variable, handover.value, partial(tuple, (handover.path,)))
    return dict(sorted(found.items()))


def _places(spec: Spec, mode: str, service: str, name: str, value: Value) -> Iterable[PathText]:
    yield field_path(service, spec.services[service], mode, "environment", name)
    yield from value_places(value, known_in_service(spec, mode, service))
