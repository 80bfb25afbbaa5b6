"""The values that runbooks ask for: what each kind takes, and what is wrong with one."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from plumbline.expressions.linear_patterns import NotLinear, fits
from plumbline.spec.spec import Spec
from schema.runbook import Parameter, ValueKind
from schema.types import ID_PATTERN

SAFE = re.compile(r"[A-Za-z0-9/][A-Za-z0-9._:/@%+=,-]{0,999}", re.ASCII)
"""Text that means the same wherever it stands in a shell command or in SQL: bare, in quotes of either sort, in a here-document.
The first letter is no dash, which begins an option."""
UPWARDS = re.compile(r"(?:^|/)\.{1,2}(?:/|$)")

_PATH = r"(?:/[A-Za-z0-9._:@%+=,-]+)+"


@dataclass(frozen=True, slots=True)
class ValueForm:
    """What a value of a kind is."""

    says: str
    """For a reader: what has to be given."""
    pattern: str
    """What the whole value matches, once it is `normal`."""
    normal: Callable[[str], str] = str
    """The same value in the form that commands expect."""


KINDS: dict[ValueKind, ValueForm] = {
    "tenant": ValueForm("the id of a tenant in tenants.yaml", ID_PATTERN),
    "folder": ValueForm("the absolute path of a folder", _PATH, lambda value: value.rstrip("/")),
    "file": ValueForm("the absolute path of a file", _PATH),
    "file_name": ValueForm("the name of a file, without its folder", r"[A-Za-z0-9][A-Za-z0-9._:@%+=,-]*"),
    "fingerprint": ValueForm(
        "the fingerprint of a key: 40 or 64 hexadecimal digits, in groups or not",
        r"[0-9A-F]{40}|[0-9A-F]{64}",
        lambda value: re.sub(r"\s", "", value).upper(),
    ),
    "release": ValueForm("a version, such as 1.0 or v1.0.1", r"v?[0-9]+(?:\.[0-9]+){0,3}(?:[-+][0-9A-Za-z.-]+)?"),
    "choice": ValueForm("one of its choices", SAFE.pattern),
    "text": ValueForm("a text of its own pattern", SAFE.pattern),
}
"""Every kind of value."""


def says(parameter: Parameter) -> str:
    """What has to be given for a parameter."""
    match parameter.kind:
        case "choice":
            return f"one of {', '.join(parameter.choices)}"
        case "text":
            return f"a text like {parameter.pattern}"
        case "tenant" if parameter.states:
            return f"{KINDS['tenant'].says}, whose state is {' or '.join(parameter.states)}"
        case kind:
            return KINDS[kind].says


def normal(parameter: Parameter, value: str) -> str:
    """The value as commands expect it."""
    return KINDS[parameter.kind].normal(value)


def unsafe(value: str) -> str | None:
    """Why a value cannot be used in a command, whatever its kind; None where it can."""
    if not SAFE.fullmatch(value):
        return "it goes into shell commands: use letters, digits and . _ : / @ % + = , - only, at most 1000 characters, and no dash at the start"
    return "no part of it may be just . or .." if UPWARDS.search(value) else None


def form_problem(parameter: Parameter, value: str) -> str | None:
    """What is wrong with the form of a value, once it is `normal`; None where nothing is."""
    if problem := unsafe(value):
        return problem
    if parameter.kind == "choice" and value not in parameter.choices:
        return f"it must be {says(parameter)}{_close(value, parameter.choices)}"
    if not re.fullmatch(KINDS[parameter.kind].pattern, value):
        return f"it must be {says(parameter)}"
    if parameter.kind == "text" and parameter.pattern:
        return _own_problem(parameter, parameter.pattern, value)
    return None


def _own_problem(parameter: Parameter, pattern: str, value: str) -> str | None:
    try:
        return None if fits(pattern, value) else f"it must be {says(parameter)}"
    except (NotLinear, re.error) as error:
        return f"it can't be matched against {pattern}: {error}"


def problem(spec: Spec, parameter: Parameter, value: str) -> str | None:
    """What is wrong with a value that a new run is given: with its form, or with what it names in the spec."""
    if found := form_problem(parameter, value):
        return found
    return _tenant_problem(spec, parameter, value) if parameter.kind == "tenant" else None


def file_problem(parameter: Parameter, value: str) -> str | None:
    """What is wrong with a path on this machine; None where it is there, will be created, or is no path."""
    match parameter.kind:
        case "folder" if parameter.created:
            return None if _may_become_folder(Path(value)) else "something on the way there is no folder"
        case "folder" if not Path(value).is_dir():
            return "there is no such folder on this machine"
        case "file" if not Path(value).is_file():
            return "there is no such file on this machine"
    return None


def _may_become_folder(path: Path) -> bool:
    """Whether `mkdir -p` has only folders on the way to a path."""
    there = next(each for each in (path, *path.parents) if each.exists() or each.is_symlink())
    return there.is_dir()


def _tenant_problem(spec: Spec, parameter: Parameter, value: str) -> str | None:
    known = spec.tenants.tenants
    if value not in known:
        names = f"; there are {', '.join(sorted(known))}" if known else "; the spec has no tenants"
        return f"it must be {KINDS['tenant'].says}{_close(value, known) or names}"
    state = known[value].state
    if parameter.states and state not in parameter.states:
        return f"its state in tenants.yaml must be {' or '.join(parameter.states)}, but is {state}"
    return None


def _close(value: str, known: Iterable[str]) -> str:
    close = get_close_matches(value, known, 1)
    return f"; did you mean {close[0]}?" if close else ""
