"""An entry that stands twice, in one list of each kind of the shipped spec."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from typing import Any

import yaml

from plumbline.spec.loading import load_spec
from tests.rules.edited import shipped
from validators.rules import check_rules

WORDS_AND_STEPS = ("command", "entrypoint", "read", "restore", "run", "steps", "then", "write")


def _lists(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], list[Any]]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _lists(value, (*path, key))
    elif isinstance(node, list):
        if node and path[-1] not in WORDS_AND_STEPS:
            yield path, node
        for index, value in enumerate(node):
            yield from _lists(value, (*path, index))


def cases() -> dict[str, tuple[str, tuple[str | int, ...]]]:
    """File and path of one list of each kind."""
    found: dict[str, tuple[str, tuple[str | int, ...]]] = {}
    for file, text in sorted(shipped().items()):
        if file.endswith(".yaml") and not file.startswith("config/"):
            for path, _ in _lists(yaml.safe_load(text)):
                named = [str(part) for part in path if isinstance(part, str)]
                found.setdefault(f"{file.partition('/')[0]} {named[-1]}", (file, path))
    return found


def samples() -> list[str]:
    """The first kind of each file or folder of the spec."""
    firsts: dict[str, str] = {}
    for case in sorted(cases()):
        firsts.setdefault(case.partition(" ")[0], case)
    return list(firsts.values())


def is_found(case: str) -> bool:
    """Whether a finding is about the file."""
    file, path = cases()[case]
    data: Any = deepcopy(yaml.safe_load(shipped()[file]))
    entries: Any = data
    for part in path:
        entries = entries[part]
    entries.append(deepcopy(entries[0]))
    spec, problems = load_spec(shipped() | {file: yaml.safe_dump(data, sort_keys=False, allow_unicode=True)})
    found = problems if spec is None else check_rules(spec, date.today())
    return any(finding.location and finding.location.file == file for finding in found)
