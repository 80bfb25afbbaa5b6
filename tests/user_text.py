"""Every text that a user reads, where it is written, and the words that none of them may have."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent

PRIVATE_WORDS = {
    r"\banew\b": "again, or recreate",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bstrangers?\b": "foreign, unmanaged",
    r"\blonely\b": "unattached",
    r"\bdear(er|est)\b": "more expensive",
    r"\bfor ever\b": "forever",
    r"\bthat (is|are) none\b|\band is none\b": "invalid, not a …",
    r"\b(is|be|are|was) had\b": "has",
    r"(?<!\bthere )(?<!\bThere )\b(is|are) no (?!longer\b|more\b|other\b)[a-z]": "is not a …",
    r"\bsays? nothing of\b": "does not say … about",
    r"\b(release|image|one|step|migration|version|configuration) before(?=[.,;:)]|$| (still|runs?|has|have|uses?)\b)": "previous",
    r"\bgo(es)? on\b": "continue",
    r"\bwhose it is\b": "who owns it",
    r", for (?!example\b|instance\b)(an? \w+ |the \w+ |its \w+ |that was |nobody |another )(is|are|was|has|takes?|reads?|confirmed|stack|shows)": (
        "because"
    ),
    r"\bstands? (?!in\b|for\b|alone\b|still\b)\w|\bstands?(?=[.,;]|$)": "is",
    r"\bbehind (its end|the last)\b": "after",
    r"\btells? (its|no) metrics\b|\btold (its )?metrics\b": "exports",
    r"\bheld against\b": "checked against",
    r"\b(well|sick) service\b|\bheal (an?|those)\b": "healthy, unhealthy, repair",
    r"\bway back\b": "rollback",
    r"\b(is|are|was|were) told (of|again|by|alone)\b|\bnobody is told\b": "notified, exported",
    r"\blook(s|ed)? at again\b": "evaluate again",
}
"""A pattern for each word, turn or literal translation that a native reader has to decode, and what the field says instead."""


def private_words(text: str) -> list[str]:
    """What of a text has to be decoded, each with what to write instead."""
    return [
        f"«{found[0]}»: write {better}"
        for pattern, better in PRIVATE_WORDS.items()
        if (found := re.search(pattern, text, re.IGNORECASE))
    ]


def texts_of_code(*rooms: str) -> Iterator[tuple[str, str]]:
    """Each literal text of three words or more in the modules of some packages, docstrings left out: (file:line, text)."""
    for room in rooms:
        for file in sorted((ROOT / room).rglob("*.py")):
            tree = ast.parse(file.read_text())
            for node, text in _literals(tree):
                if len(re.findall(r"[A-Za-z]{2,} ", text)) >= 2:
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", text


def _literals(tree: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    left_out = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
    left_out |= {id(part) for each in ast.walk(tree) if isinstance(each, ast.JoinedStr) for part in each.values}
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node, node.value
        if isinstance(node, ast.JoinedStr):
            yield node, "".join(each.value if isinstance(each, ast.Constant) else "X" for each in node.values)


def docstrings(room: str) -> Iterator[tuple[str, str]]:
    """Each docstring of a package, also of attributes: those of the schema are the descriptions of fields."""
    for file in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                yield f"{file.relative_to(ROOT)}:{node.lineno}", node.value.value


SHELL = (
    "run",
    "verify",
    "command",
    "entrypoint",
    "output",
    "capture",
    "sql",
    "flow",
    "command",
    "restore",
    "write",
    "read",
)
"""Keys of a spec below which programs stand, not prose."""


def texts_of_data(folder: str) -> Iterator[tuple[str, str]]:
    """Each value of the YAML files below a folder that is prose: (file key, text)."""
    for file in sorted((ROOT / folder).rglob("*.yaml")):
        if "config" not in file.relative_to(ROOT).parts:
            for path, text in _values(yaml.safe_load(file.read_text()), ()):
                if len(text.split()) >= 3:
                    yield f"{file.relative_to(ROOT)} {'.'.join(path)}", text


def _values(node: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in SHELL:
                yield from _values(value, (*path, str(key)))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _values(value, (*path, str(number)))
    elif isinstance(node, str):
        yield path, node


def lines_of(*files: str) -> Iterator[tuple[str, str]]:
    """Each line of hand-written pages: (file:line, text)."""
    for name in files:
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
            yield f"{name}:{number}", line
