"""One word, one meaning: no class's name stands twice, and no two modules of a folder differ by a letter."""

import ast
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import combinations, groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("schema", "plumbline", "generators", "validators", "proofs", "benchmarks", "tests")
MODULES = [path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
MODULES.sort(key=lambda module: (module.parent, module.name))


def _classes(module: Path) -> Iterator[str]:
    text = (ROOT / module).read_text()
    if "class " in text:
        yield from (node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef))


def _differ_by_a_letter(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1:
        return False
    changes = [step for step in SequenceMatcher(None, one, other, autojunk=False).get_opcodes() if step[0] != "equal"]
    return len(changes) == 1 and max(changes[0][2] - changes[0][1], changes[0][4] - changes[0][3]) == 1


def test_no_two_classes_have_one_name() -> None:
    found = Counter(name for module in MODULES for name in _classes(module))
    assert [name for name, count in found.items() if count > 1] == []


def test_no_two_modules_of_a_folder_differ_by_a_letter() -> None:
    folders = groupby(MODULES, key=lambda module: module.parent)
    pairs = (pair for _, modules in folders for pair in combinations(modules, 2))
    assert [(str(one), str(other)) for one, other in pairs if _differ_by_a_letter(one.stem, other.stem)] == []
