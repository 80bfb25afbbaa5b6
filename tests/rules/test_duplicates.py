"""An entry that stands twice is found in whatever list of the spec it stands."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
import yaml

from plumbline.spec.loading import load_spec
from tests.rules.edited import shipped
from validators.rules import check_rules

pytestmark = pytest.mark.slow
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


@pytest.mark.parametrize("case", sorted(cases()))
def test_an_entry_that_stands_twice_is_found(case: str) -> None:
    file, path = cases()[case]
    data: Any = deepcopy(yaml.safe_load(shipped()[file]))
    entries: Any = data
    for part in path:
        entries = entries[part]
    entries.append(deepcopy(entries[0]))
    spec, problems = load_spec(shipped() | {file: yaml.safe_dump(data, sort_keys=False, allow_unicode=True)})
    found = problems if spec is None else check_rules(spec, date.today())
    assert [finding for finding in found if finding.location and finding.location.file == file]
