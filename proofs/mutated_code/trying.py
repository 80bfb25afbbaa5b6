"""A pytest plugin that runs the tests once as they are, and then, for each mutant, those of them that may notice it.

Those are the tests that ran its line; and of a test with many parameters, those that gave its function what none before them did. A
mutant that they leave alive might still be noticed by another: the share is a lower bound.

Each mutant is a fork of the process that collected the tests. In a function it takes the place of the function's code. Constants of a
module take the places of the former ones wherever these were imported; where no test notices that, and for whatever else is evaluated
when a module is imported, everything is imported anew.
"""

import ast
import gc
import importlib.abc
import importlib.util
import os
import random
import resource
import signal
import sys
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from proofs.mutated_code.mutations import Mutation, mutations
from proofs.mutated_code.watching import CodeRun, Function, Watching

QUIETLY = ["-m", "not live and not slow", "-q", "--no-header", "-p", "no:cacheprovider", "--assert=plain", "--tb=no"]
_AGAIN = ("validators", "tests", "proofs.wrong_specs", "plumbline.stack", "plumbline.report")
"""What is imported anew for a mutant of a module."""
_CPU_S, _HANG_S = 30, 120
_SEED = 27
_WHOLE = "validators.stack.whole"
_COMPARES = f"{_WHOLE}.checks", "differences"
"""More than half of an inspection. Remembered, for it is what it was when anything else is broken."""


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant."""

    module: str
    line: int
    source: str
    what: str
    found: bool


@dataclass
class _Module:
    """A module, and the tests that call it: the last one that found a mutant first."""

    name: str
    file: Path
    order: list[pytest.Item]

    def __post_init__(self) -> None:
        source = self.file.read_text()
        self.tree, self._lines = ast.parse(source), source.splitlines()

    def line(self, each: Mutation) -> str:
        """That of a mutant, without the indentation."""
        return self._lines[each.line - 1].strip()


class Mutants:
    """The plugin, for some modules by their names, and every so many of their mutants."""

    def __init__(self, modules: dict[str, Path], told: Callable[[Outcome], None], each: int = 1):
        self.modules, self.told, self.each = modules, told, each
        self.failed = False
        self.trusted: set[pytest.Item] = set()
        self.watching = Watching(map(str, modules.values()))
        self.ran: dict[pytest.Item, CodeRun] = {}
        self.functions: dict[Function, list[FunctionType]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test failed as it is."""
        self.failed = self.failed or report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of pytest's own."""
        with self.watching.remembering(*_COMPARES):
            for item, following in _with_following(session.items):
                run = partial(item.config.hook.pytest_runtest_protocol, item=item, nextitem=following)
                self.ran[item] = self.watching.during(run)
        if self.failed:
            raise pytest.UsageError("the tests fail as they are")
        for each in gc.get_objects():
            if isinstance(each, FunctionType):
                self.functions[each.__code__.co_filename, each.__code__.co_firstlineno].append(each)
        gc.freeze()  # a collection in a child would copy every page
        every = [_Module(module, file, self._order(session.items, file)) for module, file in self.modules.items()]
        tries = [(module, each) for module in every for each in mutations(module.tree)]
        random.Random(_SEED).shuffle(tries)  # so that a run that is ended early, or is of every Nth, tells of all
        for module, each in tries[:: self.each]:
            with nullcontext() if module.name.startswith(_WHOLE) else self.watching.remembering(*_COMPARES):
                self._try(module, each)
        return True

    def _order(self, items: Sequence[pytest.Item], file: Path) -> list[pytest.Item]:
        """The tests that call a file. A module that is a table has no functions, and everybody may read it."""
        return [item for item in items if str(file) in self.ran[item].lines] or list(items)

    def _try(self, module: "_Module", each: Mutation) -> None:
        undo = each.swap()
        try:
            killer = self._killer(module, each)
        finally:
            undo.swap()
        if isinstance(killer, pytest.Item):  # it may find the next one, too
            module.order.insert(0, module.order.pop(module.order.index(killer)))
            self._trust(killer)
        self.told(Outcome(module.name, each.line, module.line(each), each.what, killer is not None))

    def _trust(self, test: pytest.Item) -> None:
        """Refuse a test that fails in a child without any change, and would find every mutant."""
        if test not in self.trusted:
            if _in_a_child(partial(_failing, [test])):
                raise pytest.UsageError(f"{test.name} fails in a child without any change")
            self.trusted.add(test)

    def _killer(self, module: "_Module", each: Mutation) -> object:
        """The test that notices, or whatever else is not None."""
        name, file, order = module.name, module.file, module.order
        changed = compile(ast.fix_missing_locations(module.tree), str(file), "exec")
        if each.function:
            first = min([each.function.lineno, *(decorator.lineno for decorator in each.function.decorator_list)])
            tests = self._of((str(file), first), each.lines, order)
            return _test(tests, _in_a_child(partial(_in_function, changed, self.functions[str(file), first], tests)))
        if isinstance(each.statement, ast.Assign):
            alone = compile(ast.Module([each.statement], []), str(file), "exec")
            if killer := _test(order, _in_a_child(partial(_in_names, name, alone, order))):
                return killer
        files = sorted({str(item.path) for item in order})
        return _in_a_child(partial(_in_module, name, file, changed, files)) or None

    def _of(self, function: Function, lines: range, order: Sequence[pytest.Item]) -> list[pytest.Item]:
        """The tests that ran some lines, each of which gave the function something that none before it did with other parameters."""
        known: dict[object, set[int]] = defaultdict(set)
        tests = []
        for item in order:
            ran = self.ran[item]
            known_here = known[getattr(item, "function", item)]
            if ran.given[function] <= known_here or ran.lines[function[0]].isdisjoint(lines):
                continue
            known_here |= ran.given[function]
            tests.append(item)
        return tests


def _with_following(items: Sequence[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item]]:
    """Each with the next, and the last with itself: what it shares with others stays."""
    return zip(items, [*items[1:], *items[-1:]], strict=True)


def _test(tests: Sequence[pytest.Item], number: int) -> object:
    """A test by its number; a child that did not end by itself has none."""
    return tests[number - 1] if number > 0 else number or None


def _in_a_child(run: Callable[[], int]) -> int:
    """What a function returns in a child; -1 where that did not end by itself in good time."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        gc.disable()
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, resource.RLIM_INFINITY))
        signal.alarm(_HANG_S)
        try:
            answer = str(run())
        except BaseException:  # of this program, for pytest keeps those of a test
            answer = traceback.format_exc()
        os.write(write, answer.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as stream:
        said = stream.read()
    os.waitpid(pid, 0)
    if said and not said.isdecimal():
        raise pytest.UsageError(said)
    return int(said or -1)


def _failing(tests: Sequence[pytest.Item]) -> int:
    """The number of the first test that fails, from 1; 0 where none does."""
    for number, (item, following) in enumerate(_with_following(tests), 1):
        if number == 1:
            item.session._setupstate.teardown_exact(item)  # of whatever ran last
        if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
            return number
    return 0


def _in_function(changed: CodeType, functions: Sequence[FunctionType], tests: Sequence[pytest.Item]) -> int:
    for each in functions:
        each.__code__ = next(code for code in _codes(changed) if code.co_firstlineno == each.__code__.co_firstlineno)
    return _failing(tests)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Those of functions, outermost first."""
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)


def _in_names(module: str, statement: CodeType, tests: Sequence[pytest.Item]) -> int:
    held = sys.modules[module].__dict__
    former = dict(held)
    try:
        exec(statement, held)
    except Exception:  # and so would an import
        os._exit(0)
    for each in [each for name, each in sys.modules.items() if name.startswith(_AGAIN)]:
        for name, value in list(each.__dict__.items()):
            if former.get(name) is value and held.get(name) is not value:
                each.__dict__[name] = held[name]
    return _failing(tests)


def _in_module(module: str, file: Path, changed: CodeType, files: Sequence[str]) -> int:
    for name in [name for name in sys.modules if name.startswith(_AGAIN) or name == module]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Changed(module, file, changed))
    return int(bool(pytest.main([*files, *QUIETLY, "-x"])))


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a module as a mutant."""

    def __init__(self, module: str, file: Path, changed: CodeType):
        self.module, self.file, self.changed = module, file, changed

    def find_spec(self, fullname: str, path: object, target: object = None) -> Any:
        """That of the module alone."""
        return (
            importlib.util.spec_from_file_location(fullname, self.file, loader=self)
            if fullname == self.module
            else None
        )

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed code."""
        exec(self.changed, module.__dict__)
