"""The mutants that change nothing that anybody could see, with the reasons: `equivalent.json`."""

import ast
import json
from collections.abc import Mapping
from pathlib import Path

from proofs.mutated_code.mutations import mutations

LIST = Path(__file__).with_name("equivalent.json")
Key = tuple[str, str, str]
"""The module, its line without the indentation, the change in words."""


def equivalent() -> set[Key]:
    """All of the list."""
    return {(each["module"], each["source"], each["what"]) for each in json.loads(LIST.read_text())}


def outdated(modules: Mapping[str, Path]) -> list[Key]:
    """Entries that no mutant of any module is."""
    return sorted(equivalent() - {key for module, file in modules.items() for key in _keys(module, file.read_text())})


def _keys(module: str, source: str) -> set[Key]:
    lines = source.splitlines()
    return {(module, lines[each.line - 1].strip(), each.what) for each in mutations(ast.parse(source))}
