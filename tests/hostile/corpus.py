"""The corpus: entries of `surface.yaml`, and tables of values in each kind of field and of expressions in each kind of place."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from plumbline.spec.yaml_tree import MAX_CHARACTERS
from tests.core.test_expression_budget import COSTLY
from tests.core.test_forms import CASES, _with

DATA = Path(__file__).parents[2] / "data"
_SENTINEL = "here-it-is"


@dataclass(frozen=True)
class HostileCase:
    """What is done to a copy of the shipped spec, and what has to come of it."""

    name: str
    file: str
    line: int
    rule: str
    exit: int
    do: Callable[[Path], None]
    """Does it to the file."""


def corpus() -> list[HostileCase]:
    """Every case."""
    return [*_surface(), *_forms(), *_expressions()]


def _surface() -> Iterator[HostileCase]:
    for name, entry in yaml.safe_load((Path(__file__).parent / "surface.yaml").read_text()).items():
        line = entry.get("line") or _line_of(entry["file"], entry["edit"][0]) + entry.get("after", 0)
        yield HostileCase(name, entry["file"], line, entry["rule"], entry.get("exit", 2), _doing(entry))


def _line_of(file: str, old: str) -> int:
    text = (DATA / file).read_text()
    assert old in text, (file, old)
    return text[: text.index(old)].count("\n") + 1


def _doing(entry: dict[str, Any]) -> Callable[[Path], None]:
    def do(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if "edit" in entry:
            old, new = entry["edit"]
            path.write_text(path.read_text().replace(old, _escaped(new), 1))
            return
        path.unlink(missing_ok=True)
        if "link" in entry:
            path.symlink_to(entry["link"])
        elif "folder" in entry:
            path.mkdir()
        elif "fifo" in entry:
            __import__("os").mkfifo(path)
        elif "hex" in entry:
            path.write_bytes(bytes.fromhex(str(entry["hex"])))
        elif "repeat" in entry:
            path.write_text(_repeated(**entry["repeat"]))
        else:
            path.write_text(entry["text"])

    return do


def _escaped(text: str) -> str:
    """What YAML has taken for a character that YAML holds as an escape only."""
    return "".join(char if char.isprintable() or char == "\n" else f"\\u{ord(char):04x}" for char in text)


def _repeated(unit: str, times: int, before: str = "", after: str = "", numbered: bool = False) -> str:
    units = (unit.replace("x", f"x{number}") for number in range(times)) if numbered else [unit * times]
    return before + "".join(units) + after


def _forms() -> Iterator[HostileCase]:
    """Each value that means nothing, in each kind of field."""
    for (name, path), values in CASES.items():
        marked = _dumped(_with(name, path, _SENTINEL)).split("\n")
        line = next(number for number, text in enumerate(marked, 1) if _SENTINEL in text)
        # of a mapping the finding stands at what is wrong in it, which differs from value to value
        for value in (each for each in values if not isinstance(each, dict)):
            text = _dumped(_with(name, path, value))
            title = f"{path} of {name}: {value!r:.120}"
            yield HostileCase(title, f"{name}.yaml", line, "PLB007", 2, partial(_write, text=text))


def _dumped(data: object) -> str:
    return str(yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True))


def _write(path: Path, text: str) -> None:
    path.write_text(text)


_OF_THE_WHOLE = ("many expressions", "much text")
"""What costs too much as a whole, so that it is said of the text, at the last expression that it was well with."""


def _expressions() -> Iterator[HostileCase]:
    """Each expression that costs too much, in a value, a configuration file and a runbook, in turn."""
    places = (
        ("services/redis.yaml", "environment: {SLOW: {template: %s}}\n", "PLB107"),
        ("config/redis/redis.conf.j2", None, "PLB107"),
        ("runbooks/offline-install.yaml", "on_failure: ", "PLB801"),
    )
    for number, (name, expression) in enumerate(COSTLY.items()):
        file, form, rule = places[number % 3]
        text = (DATA / file).read_text()
        if form is None:
            line, changed = text.count("\n") + 1, text + expression + "\n"
        elif "%s" in form:
            line, changed = text.count("\n") + 1, text + form % yaml.dump(expression, width=10**9).strip()
        else:
            line = _line_of(file, form)
            lines = text.split("\n")
            lines[line - 1] = form + yaml.dump(expression, width=10**9, default_style='"').strip()
            changed = "\n".join(lines)
        exit = 1
        if len(expression) > MAX_CHARACTERS and form is not None:
            rule, exit = "PLB003", 2
        if name in _OF_THE_WHOLE and form is None:
            line = text[: text.rindex("{{")].count("\n") + 1
        yield HostileCase(f"{name} in {file}", file, line, rule, exit, partial(_write, text=changed))
