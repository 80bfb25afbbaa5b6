"""What rules look for in texts takes a time that grows with the text: measured as a ratio within one run, of texts that only differ in length."""

import re
import time
from collections.abc import Callable, Iterator

import pytest

from plumbline.effective.relations import _URL
from plumbline.expressions.rendering import expressions_in, without_expressions
from validators.rules import named_services, port_words, program_ports, runbooks, secret_patterns

UNITS = ("\n", " ", "a.", "a ", "eyJ-", "{{", "{%", "{{ }}", "age ", "sudo age ", ";age ", "release", "//", "a:", "x=", "- ", "--a ", "user > ", "[", "\\")  # fmt: skip
SEEN: dict[str, Callable[[str], object]] = {
    "secrets": secret_patterns.secret_in,
    "masked": secret_patterns.masked,
    "passwords of URLs": secret_patterns.url_credentials_in,
    "expressions": lambda text: list(expressions_in(text)),
    "text without expressions": without_expressions,
    "signed things": lambda text: [runbooks.SIGNED_THING.search(line) for line in text.split("\n")],
    "age": lambda text: [runbooks._encrypts(line) for line in runbooks._commands(text)],
    "URLs": lambda text: list(_URL.finditer(text)),
}


def _patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for module in (named_services, port_words, program_ports):
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern) and name != "_HOST_VARIABLE":  # is matched whole, and short
                yield f"{module.__name__.rpartition('.')[2]}.{name}", value


SEEN |= {name: lambda text, pattern=pattern: list(pattern.finditer(text)) for name, pattern in _patterns()}  # type: ignore[misc]


def _took(look: Callable[[str], object], text: str) -> float:
    """The least of three times of this process: how busy the machine is does not matter."""
    times = []
    for _ in range(3):
        start = time.process_time()
        look(text)
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("name", SEEN)
def test_eight_times_the_text_takes_nowhere_near_sixty_four_times_as_long(name: str) -> None:
    look = SEEN[name]
    for unit in UNITS:
        short, long = (unit * (size // len(unit)) + "!" for size in (4_000, 32_000))
        took = _took(look, long)
        # below a hundredth of a second there is nothing to be told apart
        assert took < 0.01 or took < 24 * _took(look, short), repr(unit)
