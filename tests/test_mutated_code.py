"""The mutations of `make mutated-code`: which there are of a line, and that nothing of them stays."""

import ast

import pytest

from proofs.mutated_code.mutations import mutations


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
