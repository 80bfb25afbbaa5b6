"""What a test runs of some files: the lines, and what the functions are given. So that few tests are tried on a mutant."""

import dataclasses
import enum
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial, wraps
from importlib import import_module
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any

_PLAIN = (type(None), bool, int, float, str, bytes, Path, enum.Enum, type, FunctionType)
Function = tuple[str, int]
"""By its file and first line."""


@dataclass
class CodeRun:
    """What a test ran."""

    lines: defaultdict[str, set[int]] = field(default_factory=partial(defaultdict, set))
    """By file."""
    given: defaultdict[Function, set[int]] = field(default_factory=partial(defaultdict, set))
    """The numbers of what each function was given."""

    def add(self, other: "CodeRun") -> None:
        """What another ran, too."""
        for file, lines in other.lines.items():
            self.lines[file] |= lines
        for function, numbers in other.given.items():
            self.given[function] |= numbers


class Numbers:
    """Equal values have one number. Those that nobody can compare have one each.

    A value is kept, and is looked at once: one that changes later keeps its number.
    """

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self._kept: dict[int, tuple[int, object]] = {}

    def of(self, value: Any) -> int:
        """The number of a value."""
        if isinstance(value, _PLAIN):
            return self._number((type(value).__name__, value))
        if id(value) in self._kept:
            return self._kept[id(value)][0]
        self._kept[id(value)] = self._number(("seen", id(value))), value  # for one that holds itself
        number = self._number(self._parts(value))
        self._kept[id(value)] = number, value
        return number

    def of_all(self, values: Iterable[Any]) -> int:
        """The number of values that are given at once."""
        return self._number(("all", *map(self.of, values)))

    def _number(self, key: Any) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def _parts(self, value: Any) -> tuple[Any, ...]:
        name = type(value).__qualname__
        if isinstance(value, Mapping):
            return name, *((self.of(key), self.of(each)) for key, each in value.items())
        if isinstance(value, (list, tuple)):
            return name, *map(self.of, value)
        if isinstance(value, (set, frozenset)):
            return name, frozenset(map(self.of, value))
        if dataclasses.is_dataclass(value):
            return name, *(self.of(getattr(value, each.name, None)) for each in dataclasses.fields(value))
        return "alone", id(value)


class Watching:
    """Notes what tests run of some files, one at a time."""

    def __init__(self, files: Iterable[str]):
        self.files = frozenset(files)
        self.numbers = Numbers()
        self._ran = CodeRun()
        self._remembered: dict[int, tuple[Any, CodeRun]] = {}

    def during(self, run: Callable[[], object]) -> CodeRun:
        """What is run meanwhile."""
        self._ran = CodeRun()
        threading.settrace(self._call)
        sys.settrace(self._call)
        try:
            run()
        finally:
            sys.settrace(None)
            threading.settrace(None)
        return self._ran

    def _call(self, frame: FrameType, event: str, argument: object) -> Any:
        code = frame.f_code
        if code.co_filename not in self.files:
            return None
        given = frame.f_locals
        count = code.co_argcount + code.co_kwonlyargcount
        number = self.numbers.of_all(given[name] for name in code.co_varnames[:count] if name in given)
        self._ran.given[code.co_filename, code.co_firstlineno].add(number)
        return self._line

    def _line(self, frame: FrameType, event: str, argument: object) -> Any:
        self._ran.lines[frame.f_code.co_filename].add(frame.f_lineno)
        return self._line

    @contextmanager
    def remembering(self, module: str, name: str) -> Iterator[None]:
        """A function of plain values runs once for each, and whoever is watched ran what it ran."""
        holder = import_module(module).__dict__
        former = holder[name]

        @wraps(former)
        def remembered(*given: Any) -> Any:
            key, outer = self.numbers.of_all(given), self._ran
            if key not in self._remembered:
                self._ran = CodeRun()
                self._remembered[key] = former(*given), self._ran
                self._ran = outer
            answer, ran = self._remembered[key]
            outer.add(ran)
            return answer

        holder[name] = remembered
        try:
            yield
        finally:
            holder[name] = former
