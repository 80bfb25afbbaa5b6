"""PLB118, PLB119: the platform's own variables against their list, and what Compose would have filled in."""

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from plumbline.runbook.rendering import runbook_texts
from plumbline.runbook.shell_inside import SHELLS
from plumbline.spec.finding import Severity
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once, placed_services, raw
from validators.rules.registry import Violation, rule

_CLOSE = 0.85
"""Names at least so alike are one name and its typing mistake."""
_FILLED_IN = re.compile(r"\$\{[A-Za-z_]\w*(?::?[-?+][^}]*)?\}|(?<!\$)\$[A-Z_][A-Z0-9_]+\b")
"""`${NAME}` in all the forms that Compose knows, and `$NAME` as environments are named; `$name` is a word of many formats."""


@rule(
    "PLB118",
    title="Platform variable that is not in the list or that no service sets",
    why="The program reads another name: it ignores the variable that is set, and the documented one has no effect.",
    fix="Correct the name, or add it to, or remove it from, `environment` in platform.yaml.",
    failing="""
platform.yaml: {environment: {SAMPLE_MODE: The mode.}}
services/web.yaml: {environment: {SAMPLE_MOED: one}}
""",
    passing="""
platform.yaml: {environment: {SAMPLE_MODE: The mode.}}
services/web.yaml: {environment: {SAMPLE_MODE: one}}
""",
)
def undocumented_variable(spec: Spec) -> Iterator[Violation]:
    """Variables with the platform's prefix that are not in its list, and entries of the list that nobody sets."""
    listed = spec.platform.environment
    prefixes = _prefixes(spec)
    setting: dict[str, list[PathText]] = {}
    for placed in placed_services(spec):
        for name in placed.service.environment:
            setting.setdefault(name, []).append(placed.path("environment", name))
        for secret, use in placed.service.secrets.items():
            for variable in filter(None, (use.variable, use.environment)):
                setting.setdefault(variable, []).append(placed.path("secrets", secret))
    unlisted = {name: paths for name, paths in setting.items() if name.startswith(prefixes) and name not in listed}
    idle = [name for name in listed if name not in setting and not _is_told_to_people(spec, name)]
    for name in idle:
        close = _closest(name, unlisted)
        if close is None:
            message = f"no service sets `{name}`"
            yield Violation(path_of("platform", "environment", name), message, at_key=True)
        elif len({path.parts[1] for path in unlisted[close]}) > 1:
            # several services set the other: the list is what is mistyped
            hint = f"did you mean `{close}`, which services set?"
            yield Violation(path_of("platform", "environment", name), f"no service sets `{name}`", hint, at_key=True)
            del unlisted[close]
    yield from _in_runbooks(spec, prefixes)
    for name, paths in unlisted.items():
        meant = _closest(name, listed)
        if meant is None and len({path.parts[1] for path in paths}) > 1:
            message = f"services set `{name}`, but it is not in the list of the platform's variables"
            yield Violation(path_of("platform", "environment"), message, f"add `{name}: what it means`")
            continue
        for path in dict.fromkeys(paths):
            right = f"did you mean `{meant}`?" if meant else None
            yield Violation(path, f"`{name}` is not in the list of the platform's variables", right, at_key=True)


_READ = re.compile(r"\$\{?(?P<name>[A-Z][A-Z0-9_]*)")


def _in_runbooks(spec: Spec, prefixes: tuple[str, ...]) -> Iterator[Violation]:
    """Variables that a script reads, and that are like one of the list and none."""
    for id, runbook in spec.runbooks.items():
        for inner, text in runbook_texts(runbook):
            for name in dict.fromkeys(_READ.findall(text)):
                known = name in spec.platform.environment or f"{name}=" in text
                if name.startswith(prefixes) and not known and (meant := _closest(name, spec.platform.environment)):
                    message = f"`{name}` is not in the list of the platform's variables"
                    yield Violation(path_of("runbooks", id, inner), message, f"did you mean `{meant}`?")


def _prefixes(spec: Spec) -> tuple[str, ...]:
    """What the platform's own variables begin with: its name, or what three listed ones and more share."""
    listed = list(spec.platform.environment)
    named = spec.platform.name.upper().replace("-", "_") + "_"
    found = {named} if any(name.startswith(named) for name in listed) else set()
    first = {name.partition("_")[0] for name in listed if "_" in name}
    shared = {f"{first.pop()}_"} if len(first) == 1 and len(listed) >= 3 else set()
    return tuple(found | shared)


def _closest(name: str, known: Iterable[str]) -> str | None:
    rated = [(SequenceMatcher(None, name, each).ratio(), each) for each in known]
    best = max(rated, default=(0.0, ""))
    return best[1] if best[0] >= _CLOSE else None


def _is_told_to_people(spec: Spec, name: str) -> bool:
    """Whether a runbook or a configuration file names it, so that somebody else sets or reads it."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    texts = [text for runbook in spec.runbooks.values() for _, text in runbook_texts(runbook)]
    return any(word.search(text) for text in (*texts, *spec.templates.values()))


@rule(
    "PLB119",
    title="Compose-style `${NAME}` that nothing substitutes",
    severity=Severity.WARNING,
    why=(
        "Compose replaces `${NAME}` in its own files, but text of a spec is passed on unchanged: the process sees "
        "the dollar sign."
    ),
    fix="Write the value, an expression in `template:`, or a secret. Keep it if the program itself reads `${NAME}`.",
    failing='services/web.yaml: {environment: {SITE: "${SITE:-http://localhost}"}}',
    passing="services/web.yaml: {environment: {SITE: http://localhost}}",
)
def compose_would_fill_in(spec: Spec) -> Iterator[Violation]:
    """Variables, and words that no shell reads, with `${NAME}` or `$NAME`."""
    yield from once(
        Violation(path, f"the process gets `{found[0]}` literally: nothing substitutes it", observed=found[0])
        for placed in placed_services(spec)
        for path, text in _as_they_are(placed)
        if (found := _FILLED_IN.search(text))
    )


def _as_they_are(placed: Placed) -> Iterator[tuple[PathText, str]]:
    """What a process is handed unchanged: its variables, and the words of its calls unless a shell is among them."""
    service = placed.service
    for name, value in service.environment.items():
        yield placed.path("environment", name), raw(value)
    calls = {"entrypoint": service.entrypoint or (), "command": service.command or ()}
    if not any(raw(word).rpartition("/")[2] in SHELLS for words in calls.values() for word in words):
        for field, words in calls.items():
            yield from ((path_of(placed.path(field), index), raw(word)) for index, word in enumerate(words))
