"""The mutations of `make mutated-code`: which there are of a line, that nothing of them stays, and who is asked of them."""

import ast

import pytest

from proofs.mutated_code.__main__ import TESTED_BY, modules
from proofs.mutated_code.equivalent import outdated
from proofs.mutated_code.mutations import mutations
from proofs.mutated_code.watching import Watching


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("def f(a, b): return a < b", {"a <= b", "return None"}),
        (
            "def f(a, b): return a == b and a",
            {"a != b and a", "a == b or a", "return a", "return a == b", "return None"},
        ),
        (
            "def f(a): return a.get('x', 1)",
            {"a.get('xXX', 1)", "a.get('x', 2)", "a.get('x')", "a.get(1, 'x')", "return None"},
        ),
        ("def f(a): return 'x' if a else True", {"'xXX' if", "if not a", "else False", "return None"}),
        ("A = ('x', 'y')", {"('y',)", "('x',)"}),
        ("A = {'x': 1}", {"{}", "{'x': 2}"}),
        ("def f(a): return any(not b for b in a if b)", {"all((not b", "any((b for", "if not b", "return None"}),
        ("def f(a=1): a.watch.phase('x')", {"a=2"}),
        ("def f(a): a.append(1)", {"a.append(2)", "pass"}),
    ],
)
def test_every_small_change_of_a_line(line: str, changed: set[str]) -> None:
    tree = ast.parse(line)
    came = []
    for each in mutations(tree):
        undo = each.swap()
        came.append(ast.unparse(ast.fix_missing_locations(tree)))
        undo.swap()
    assert ast.unparse(tree) == ast.unparse(ast.parse(line))
    assert len(came) == len(changed) and all(sum(part in text for text in came) >= 1 for part in changed), came


def test_the_lines_that_a_mutant_is_of() -> None:
    """Those of a head alone, where there is a body."""
    tree = ast.parse("def f(a):\n if (a and\n   g):\n  return h(\n   True)\n match a:\n  case 'x':\n   return 2\n")
    found = {each.what: each.lines for each in mutations(tree)}
    assert [*found["And becomes Or"]] == [2, 3]
    assert [*found["True becomes False"]] == [4, 5]
    assert [*found["'x' becomes another text"]] == [7]
    assert [*found["2 becomes 3"]] == [8]


def _half(value: list[int]) -> int:
    if value:
        return value[0] // 2
    return 0


def test_what_is_run_is_noted_by_line_and_by_what_a_function_is_given() -> None:
    watching = Watching([__file__])
    first = _half.__code__.co_firstlineno
    full, same, empty = (watching.during(lambda: _half(given)) for given in ([4], [4], []))  # noqa: B023
    ran = [{line - first for line in each.lines[__file__] if first < line <= first + 3} for each in (full, same, empty)]
    assert ran == [{1, 2}, {1, 2}, {1, 3}]
    of_half = [each.given[__file__, first] for each in (full, same, empty)]
    assert of_half[0] == of_half[1] != of_half[2]


def test_the_tests_are_there_and_every_equivalent_mutant_is_one() -> None:
    assert [file.name for file in TESTED_BY if not file.is_file()] == []
    assert outdated(modules([])) == []
