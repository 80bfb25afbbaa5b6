"""What rules look for in texts takes a time that grows with the text: measured as a ratio within one run, of texts that only differ in length."""

import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Callable, Iterator

import pytest

from plumbline.effective.relations import _URL
from plumbline.expressions.rendering import expressions_in, without_expressions
from plumbline.report import masking
from validators import rules
from validators.rules import data_folders, included_files, known_images, runbooks, unsafe_settings

UNITS = ("\n", " ", "a.", "a ", "eyJ-", "{{", "{%", "{{ }}", "age ", "sudo age ", ";age ", "release", "//", "a:", "x=", "- ", "--a ", "user > ", "[", "\\")  # fmt: skip
SEEN: dict[str, Callable[[str], object]] = {
    "secrets": masking.secret_in,
    "masked": masking.mask_secrets,
    "passwords of URLs": masking.url_credentials_in,
    "expressions": lambda text: list(expressions_in(text)),
    "text without expressions": without_expressions,
    "signed things": lambda text: [runbooks.SIGNED_THING.search(line) for line in text.split("\n")],
    "age": lambda text: [runbooks._encrypts(line) for line in runbooks._commands(text)],
    "URLs": lambda text: list(_URL.finditer(text)),
}


def _patterns() -> Iterator[tuple[str, Callable[[str], object]]]:
    """Every pattern of every module of rules, also in tuples and maps, and those that are made for a program's words."""
    modules = [
        importlib.import_module(f"{rules.__name__}.{each.name}") for each in pkgutil.iter_modules(rules.__path__)
    ]
    sources = "\n".join(inspect.getsource(module) for module in modules)
    for module in modules:
        for name, value in vars(module).items():
            for index, pattern in enumerate(_in(value)):
                yield f"{module.__name__.rpartition('.')[2]}.{name}{index or ''}", _as_used(name, pattern, sources)
    for program, image in known_images.KNOWN.items():
        for names in filter(None, (image.settings, image.written)):
            yield f"data_folders.setting of {program} {min(names)}", data_folders.setting(names).findall
    for program, including in included_files.PROGRAMS.items():
        yield f"included_files._line of {program}", included_files._line(including.beside | including.absolute).findall
    for program, settings in unsafe_settings.PROGRAMS.items():
        for each in settings:
            yield f"unsafe_settings._setting of {program} {each.name}", unsafe_settings._setting(each).findall


def _in(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from _in(tuple(value.values()))
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from _in(each)


def _as_used(name: str, pattern: re.Pattern[str], sources: str) -> Callable[[str], object]:
    """What is only ever held against the beginning, or the whole, of a text is not looked for at each place."""
    methods = set(re.findall(rf"\b{name}\.(\w+)\(", sources))
    return pattern.fullmatch if methods and methods <= {"fullmatch", "match"} else pattern.findall


SEEN |= dict(_patterns())


def _took(look: Callable[[str], object], text: str, times_over: int = 3) -> float:
    """The least of some times of this process: how busy the machine is does not matter."""
    times = []
    for _ in range(times_over):
        start = time.process_time()
        look(text)
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.slow
@pytest.mark.parametrize("name", SEEN)
def test_eight_times_the_text_takes_nowhere_near_sixty_four_times_as_long(name: str) -> None:
    look = SEEN[name]
    for unit in UNITS:
        short, long = (unit * (size // len(unit)) + "!" for size in (4_000, 32_000))
        # below a hundredth of a second there is nothing to be told apart
        assert _took(look, long, 1) < 0.01 or _took(look, long) < 24 * _took(look, short), repr(unit)
