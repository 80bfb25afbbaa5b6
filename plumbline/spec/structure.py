"""Mistakes of structure: what Pydantic says of data, as findings at their places and in words. Pure."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from plumbline.spec.compose_words import COMPOSE_WORDS
from plumbline.spec.finding import Finding
from plumbline.spec.model_walk import model_at
from plumbline.spec.paths import SpecPath, format_path
from plumbline.spec.sections import Section
from plumbline.spec.suggestions import closest, closest_name, join_names, shorten
from plumbline.spec.yaml_tree import YamlNode, holds, key_at, node_at
from schema.forms import SAYS
from schema.service import Override, Service
from schema.types import description_of

MOST = 40
"""Findings of one file that are told one by one."""

_WORDS = {
    "string_type": "has to be text",
    "string_sub_type": "has to be text",
    "int_type": "has to be a whole number",
    "int_from_float": "has to be a whole number",
    "int_parsing_size": "has to be a number of fewer digits",
    "float_type": "has to be a number",
    "finite_number": "has to be a finite number",
    "bool_type": "has to be true or false",
    "bool_parsing": "has to be true or false",
    "dict_type": "has to be a map",
    "model_type": "has to be a map",
    "model_attributes_type": "has to be a map",
    "tuple_type": "has to be a list",
    "list_type": "has to be a list",
    "none_required": "has to be null",
    "literal_error": "has to be {expected}",
    "greater_than": "has to be more than {gt}",
    "greater_than_equal": "has to be at least {ge}",
    "less_than": "has to be less than {lt}",
    "less_than_equal": "has to be at most {le}",
    "string_too_long": "has to have at most {max_length} characters",
    "too_short": "has to have at least {min_length} entries, but has {actual_length}",
    "too_long": "has to have at most {max_length} entries, but has {actual_length}",
}
"""What each kind of mistake means, with the names of its context."""


def structure_findings(error: ValidationError, root: YamlNode, section: Section) -> list[Finding]:
    """What is wrong with a file's data, each thing once; of very many the first, and how many there are."""
    meant = [details for details in error.errors(include_url=False) if _is_meant(details)]
    found: dict[tuple[str, bool], Finding] = {}
    for details in meant[: MOST + 1]:
        finding, about_key = _finding(details, root, section)
        # each alternative of a field reports; the first that is no wrong kind says most
        found.setdefault((finding.subject, about_key), finding)
    kept = _without_echoes(list(found.values()))[:MOST]
    if len(meant) > MOST:
        place = kept[-1].location or root.location
        kept.append(
            Finding(
                "PLB007",
                f"{len(meant) - MOST:,} more mistakes of structure follow in this file",
                location=place,
                hint="fix the first ones, then check again",
            )
        )
    return kept


def _is_meant(details: ErrorDetails) -> bool:
    """Pydantic reports a value that is neither text nor a template once for each; one of them is what was meant."""
    last = details["loc"][-1] if details["loc"] else None
    if last == "str" and details["type"] == "string_type":
        return not isinstance(details["input"], dict)
    return not (last == "Template" and details["type"] == "model_type")


def _without_echoes(findings: list[Finding]) -> list[Finding]:
    """A typo in the name of a required field is one mistake: the field that is missing is the one that is not known."""
    meant = {
        (finding.subject.rpartition(".")[0], finding.expected)
        for finding in findings
        if finding.expected and finding.message.endswith(_UNKNOWN)
    }
    return [
        finding
        for finding in findings
        if not (
            finding.message.endswith(_MISSING)
            and (finding.subject.rpartition(".")[0], finding.subject.rpartition(".")[2]) in meant
        )
    ]


_UNKNOWN = " is not a field here"
_MISSING = " is missing"


def _finding(details: ErrorDetails, root: YamlNode, section: Section) -> tuple[Finding, bool]:
    path = _path(details, root)
    about_key = details["type"] == "extra_forbidden" or "[key]" in details["loc"]
    node = key_at(root, path) if about_key else None
    location = (node or node_at(root, path)).location
    name = shorten(str(path[-1])) if path else section.name
    hint: str | None
    expected = None
    match details["type"]:
        case "extra_forbidden":
            message, expected = f"`{name}`{_UNKNOWN}", _close_field(str(path[-1]), path, section)
            hint = _field_hint(expected, path, section)
        case "missing":
            key = key_at(root, path[:-1])
            location = (key or node_at(root, path[:-1])).location
            message, hint = f"`{name}`{_MISSING}", f"add `{name}:`{_described(path, section)}"
        case _ if details["input"] is None and not about_key:
            message, hint = f"`{name}` has no value", f"write one after the colon{_described(path, section)}"
        case _:
            message, hint = f"`{name}` {_words(details)}", _value_hint(details, name)
            if about_key and details["type"] == "string_pattern_mismatch" and (close := _id_like(details)):
                hint = f"rename it to `{close}`"
    finding = Finding(
        "PLB007",
        message,
        location=location,
        hint=hint,
        subject=format_path((section.name, *path)),
        expected=expected,
        observed=_shown(details["input"]),
    )
    return finding, about_key


def _path(details: ErrorDetails, root: YamlNode) -> SpecPath:
    """Where in the file; without the names that Pydantic gives to alternatives of a field."""
    path: tuple[str | int, ...] = ()
    for part in details["loc"]:
        if part == "[key]" or (isinstance(part, str) and not holds(root, (*path, part)) and _is_alternative(part)):
            continue
        path = (*path, part)
    return path


def _is_alternative(part: str) -> bool:
    return part in ("str", "Template", "int", "bool", "float") or part.startswith(
        ("function-", "tuple[", "constrained-")
    )


def _words(details: ErrorDetails) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return f"has to be {SAYS.get(context['pattern']) or 'of another form'}"
    if kind == "value_error":
        return f"has to be {context['error']}"
    if kind == "string_too_short":
        return "is empty" if context["min_length"] == 1 else f"has to have at least {context['min_length']} characters"
    return _WORDS[kind].format(**context) if kind in _WORDS else details["msg"][:1].lower() + details["msg"][1:]


def _close_field(name: str, path: SpecPath, section: Section) -> str | None:
    model = model_at(section.model, path[:-1])
    return closest(name, model.model_fields) if model else None


def _field_hint(close: str | None, path: SpecPath, section: Section) -> str:
    model = model_at(section.model, path[:-1])
    name = str(path[-1])
    if model in (Service, Override) and name in COMPOSE_WORDS:
        return f"`{name}` is a key of Compose: {COMPOSE_WORDS[name]}"
    return f"did you mean `{close}`?" if close else f"fields here: {join_names(model.model_fields if model else [])}"


def _described(path: SpecPath, section: Section) -> str:
    """What the field, or the map that the value stands in, holds."""
    for depth in (len(path), len(path) - 1):
        model = model_at(section.model, path[: depth - 1]) if depth > 0 else None
        field = model.model_fields.get(str(path[depth - 1])) if model else None
        if model and field and (said := description_of(model, str(path[depth - 1]))):
            name = "" if depth == len(path) else f"`{path[depth - 1]}`: "
            return f" ({name}{said})"
    return ""


def _value_hint(details: ErrorDetails, name: str) -> str | None:
    value, kind = details["input"], details["type"]
    if kind in ("string_type", "string_sub_type") and isinstance(value, int | float | bool):
        # a float's own spelling is lost: 12e3 has become 12000.0
        shown = "" if isinstance(value, float) else f': {name}: "{str(value).lower()}"'
        return f"put it in quotes{shown}"
    if kind in ("bool_type", "bool_parsing"):
        return "write true or false"
    if kind in ("int_type", "float_type") and isinstance(value, str):
        return "write a plain decimal number, without quotes, leading zeros or `_`, of at most 19 digits"
    if kind == "literal_error":
        options = [text.strip("'") for text in str(details["ctx"]["expected"]).replace(" or ", ", ").split(", ")]
        close = closest(str(value), options)
        return f"did you mean `{close}`?" if close else None
    return None


def _id_like(details: ErrorDetails) -> str | None:
    """The closest name that the pattern of a map's keys takes."""
    return closest_name(str(details["input"]), details["ctx"]["pattern"])


def _shown(value: Any) -> str | None:
    return repr(value)[:80] if isinstance(value, str | int | float | bool) else None
