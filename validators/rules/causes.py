"""One cause is told once: what follows from a finding stands below it, and not beside it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from plumbline.spec.finding import Finding, Related, Severity

_QUOTED = re.compile(r"`([^`]+)`|'([^']+)'")
_DOTTED = re.compile(r"(?<![\w-])[\w-]+(?:\.[\w*-]+)+")
_CALLED = re.compile(
    r"\b(?:in|and|but|modes?|service|image|model|network|segment|secret|role|runbook|place|tenant|location|parameter) (?=([\w-]+))"
)
_WORD = re.compile(r"[\w-]+")
_LACKS = re.compile(r"there is no |has no |there is nothing under | is not known here| is not published ")
NO_MODE = "no"
"""What a message speaks of by «in no mode»: the word that stands where a mode's id would."""
_MOST = 50
"""Causes that are looked for: with more of them, each is told by itself."""


def told_once(findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those that follow from another one, in which they are `related`.

    A finding follows from one that `explains` ids where it speaks of them. Rules are numbered from what things are called to
    what they mean together, so the lowest is the cause.
    """
    spoken = [_spoken_of(finding.message) for finding in findings]
    cause_of: dict[int, int] = {}
    errors = (i for i, each in enumerate(findings) if each.explains and each.severity == Severity.ERROR)
    causes = sorted(errors, key=lambda i: findings[i].rule)  # a note that explained an error would let a check pass
    told: set[int] = set()
    for cause in causes[:_MOST]:
        if cause in cause_of:
            continue
        told.add(cause)
        wanted = [{word for id in ids for word in _WORD.findall(id)} for ids in findings[cause].explains]
        for index, words in enumerate(spoken):
            if index not in told and index not in cause_of and any(ids <= words for ids in wanted):
                cause_of[index] = cause
    followers: dict[int, list[Related]] = {}
    for index, cause in sorted(cause_of.items()):
        each = findings[index]
        followers.setdefault(cause, []).append(Related(each.message, each.location, each.rule))
    return [
        replace(each, related=(*each.related, *followers.get(index, ())))
        for index, each in enumerate(findings)
        if index not in cause_of
    ]


def missing_ids(problem: str) -> tuple[tuple[str, ...], ...]:
    """What an expression's problem explains: the ids that it finds missing."""
    said = problem.partition(";")[0]
    quoted = tuple(one or other for one, other in _QUOTED.findall(said)) if _LACKS.search(said) else ()
    return (quoted,) if quoted else ()


def _spoken_of(message: str) -> set[str]:
    """Words that a message uses as ids: what it quotes, paths, and what it calls by its kind."""
    named = [quoted for pair in _QUOTED.findall(message) for quoted in pair]
    named += [*_DOTTED.findall(message), *_CALLED.findall(message)]
    return {word for text in named for word in _WORD.findall(text)}
