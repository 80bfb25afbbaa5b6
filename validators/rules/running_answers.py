"""PLB149: what a service is asked while it runs, held against the configuration files that say how it runs."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from plumbline.effective.expression_names import service_names
from plumbline.expressions.rendering import ExpressionError, value_text
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services, without_comments

_LINE = re.compile(
    r"^[ \t]*(?P<key>[A-Za-z][\w.-]*)(?:[ \t]*[:=][ \t]*|[ \t]+)(?P<value>[^\s{\[|>][^\n]*)$", re.MULTILINE
)
_SIZE = re.compile(r"(?P<number>\d+)[ \t]*(?P<unit>[kmgt]?)i?b?", re.IGNORECASE)
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_ALIKE = 0.85
"""How much a key that nobody asks for is like one that is asked for and stands nowhere, where it is that one mistyped."""

_ASKED = """
config/db.conf: "max_connections = {0}\\n"
services/db.yaml:
  config: [{{source: config/db.conf, target: /etc/db.conf}}]
  running: {{settings: {{title: Settings, run: [psql, -c, SHOW ALL], answers: {{max_connections: "100"}}}}}}
"""


@rule(
    "PLB149",
    title="Setting that differs from the declared running one",
    why=(
        "`plumb verify stack` reports the difference on each node. One of the two is a mistake: a store that keeps "
        "nothing, or a limit that nobody agreed on."
    ),
    fix="Write the same value in the configuration file and in `running`.",
    failing=_ASKED.format(200),
    passing=_ASKED.format(100),
)
def answers_otherwise(spec: Spec) -> Iterator[Violation]:
    """Keys of configuration files with another value than the answer of that name, and keys that are one mistyped."""
    yield from once(found for placed, texts in of_services(spec) for found in _otherwise(placed, texts))


def _otherwise(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[Violation]:
    answers = dict(_answers(placed))
    files = [text for text in texts if text.where == Where.CONFIG and not text.name.endswith((".py", ".sql"))]
    for text in files if answers else ():
        found = list(_LINE.finditer(without_comments(text.shown)))
        written = {match["key"].lower() for match in found}
        for match in found:
            key, value = match["key"], _plain(match["value"])
            at = text.at_word(key)
            if key.lower() in answers:
                said, path = answers[key.lower()]
                if _amount(value) != _amount(said) and _once_only(found, key):
                    message = f"`{key}` is {value} here, but `running` says {said}"
                    yield Violation(
                        text.path,
                        message,
                        expected=said,
                        observed=value,
                        location=at,
                        also=((path, "what is said to run"),),
                    )
            elif close := get_close_matches(key.lower(), answers.keys() - written, n=1, cutoff=_ALIKE):
                message = f"no query of `running` reads `{key}`, and `{close[0]}`, which one reads, is set nowhere"
                yield Violation(text.path, message, f"did you mean `{close[0]}`?", observed=key, location=at)


def _once_only(found: list[re.Match[str]], key: str) -> bool:
    """A key that stands several times is a list, or one of several sections."""
    return [match["key"].lower() for match in found].count(key.lower()) == 1


def _answers(placed: Placed) -> Iterator[tuple[str, tuple[str, PathText]]]:
    """Each answer by its name, as it is expected in this mode, and where that is said."""
    names = service_names(placed.spec, placed.mode, placed.id)
    for query, asked in placed.service.running.items():
        for name, value in asked.answers.items():
            try:
                text = value_text(value, names)
            except ExpressionError:
                continue  # PLB107 says so
            yield name.lower(), (text, path_of("services", placed.id, "running", query, "answers", name))


def _plain(value: str) -> str:
    """A value without its quotes and without what is behind it."""
    value = value.strip().rstrip(";").strip()
    quoted = re.match(r"([\"'])(.*?)\1", value)
    return quoted[2] if quoted else value


def _amount(value: str) -> str:
    """A size as its number of bytes, a word in small letters; switches are alike however they are written."""
    if size := _SIZE.fullmatch(value):
        return str(int(size["number"]) * _UNITS[size["unit"].lower()])
    return {"on": "yes", "true": "yes", "off": "no", "false": "no"}.get(value.lower(), value.lower())
