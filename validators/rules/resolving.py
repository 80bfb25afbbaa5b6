"""PLB107: expressions that resolve."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from plumbline.effective.config_files import config_names, config_text
from plumbline.effective.expression_names import service_names
from plumbline.expressions.rendering import OTHERS_BRACES, ExpressionError, render
from plumbline.spec.location import Location
from plumbline.spec.paths import PathText, SpecPath, path_of
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import TEMPLATE_ENDING
from schema.types import Model, Template
from validators.rules.causes import missing_ids
from validators.rules.effective_services import Placed, placed_services
from validators.rules.registry import Violation, rule


@rule(
    "PLB107",
    title="Expression that does not resolve",
    why="The value cannot be generated.",
    fix="Correct the name. The data reference lists the names that expressions can use.",
    failing="services/web.yaml: {environment: {DB: {template: \"{{ address('db', 'http') }}\"}}}",
    passing="services/web.yaml: {environment: {DB: {template: \"{{ address('db', 'sql') }}\"}}}",
)
def unresolved(spec: Spec) -> Iterator[Violation]:
    """Templates of values and configuration files that fail, each mistake once whoever uses the file and in whatever mode."""
    yield from _once_for_all_modes(spec, (*_failing_values(spec), *_failing_files(spec)))


@dataclass(frozen=True)
class _Failure:
    """An expression that does not resolve in one mode."""

    mode: str
    path: PathText
    location: Location
    message: str
    hint: str | None = None
    service: str | None = None
    """Whose file or value it is."""


def _failing_values(spec: Spec) -> Iterator[_Failure]:
    for each in placed_services(spec):
        names = service_names(spec, each.mode, each.id)
        for path, template in _templates(each):
            try:
                render(template, names)
            except ExpressionError as error:
                hint = OTHERS_BRACES if error.is_unreadable else None
                yield _Failure(each.mode, path, spec.line_of(path, error.line), str(error), hint, each.id)


def _templates(each: Placed) -> Iterator[tuple[PathText, str]]:
    kept = path_of("backups", "stores", each.id)
    for inner, template in _templates_in(each.spec.backups.stores.get(each.id), ()):
        yield path_of(kept, *inner, "template"), template
    for field in type(each.service).model_fields:
        value = getattr(each.service, field)
        for inner, template in _templates_in(value, ()):
            if isinstance(value, dict):
                yield path_of(each.path(field, str(inner[0])), *inner[1:], "template"), template
            else:
                yield path_of(each.path(field), *inner, "template"), template


def _templates_in(value: Any, inner: SpecPath) -> Iterator[tuple[SpecPath, str]]:
    if isinstance(value, Template):
        yield inner, value.template
    elif isinstance(value, Model):
        for field in type(value).model_fields:
            yield from _templates_in(getattr(value, field), (*inner, field))
    elif isinstance(value, dict | tuple):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _templates_in(item, (*inner, key))


def _failing_files(spec: Spec) -> Iterator[_Failure]:
    for each in placed_services(spec):
        for index, file in enumerate(each.service.config):
            for _, known in config_names(spec, each.mode, each.id, file):
                try:
                    config_text(file.source, spec.templates.get(file.source, ""), known)
                except ExpressionError as error:
                    place = spec.template_line(file.source, error.line)
                    hint = _IN_A_FILE if error.is_unreadable else None
                    path = path_of(each.path("config"), index)
                    yield _Failure(each.mode, path, place, str(error), hint, each.id)
                    break  # one tenant's file is like another's


_LACKS_KEY = re.compile(r"^the map has no `[^`]+`(?:; did you mean `([^`]+)`)?")


def _owner(failures: Iterable[_Failure]) -> str | None:
    """Whose map lacks a key, where it is one service's."""
    services = {each.service for each in failures if _LACKS_KEY.match(each.message)}
    return services.pop() if len(services) == 1 else None


def _keys_meant(spec: Spec, owner: str | None, message: str) -> Iterator[tuple[PathText, str]]:
    """The key of the service that is like the one that it lacks: it may be the one that was changed."""
    found = _LACKS_KEY.match(message)
    meant = found[1] if found else None
    if owner is None or meant is None:
        return
    for field in type(spec.services[owner]).model_fields:
        value = getattr(spec.services[owner], field)
        if isinstance(value, dict) and meant in value:
            yield path_of("services", owner, field, meant), f"`{meant}` stands here"


_IN_A_FILE = f"{OTHERS_BRACES}, or remove `{TEMPLATE_ENDING}` from the file's name: it is copied unchanged then"


def _once_for_all_modes(spec: Spec, failures: Iterable[_Failure]) -> Iterator[Violation]:
    found: dict[tuple[Location, str], list[_Failure]] = {}
    for failure in failures:
        found.setdefault((failure.location, failure.message), []).append(failure)
    for (location, message), those in found.items():
        modes = list(dict.fromkeys(each.mode for each in those))
        where = f" in mode {', '.join(modes)}" if len(modes) < len(spec.modes) else ""
        owner = _owner(those)
        yield Violation(
            those[0].path,
            f"does not resolve{where}: {message}{f' (for `{owner}`)' if owner else ''}",
            those[0].hint,
            location=location,
            also=tuple(_keys_meant(spec, owner, message)),
            explains=missing_ids(message),
        )
