"""Edits that the committed schemas say are wrong, and edits that nothing can say anything against, at every place."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import yaml

from tests.wrong_specs.edits import twice, typo, with_key, with_value, without
from tests.wrong_specs.sites import Site, sites

PROSE = {
    "title", "summary", "description", "expect", "reason", "consequence", "undo", "how", "trigger", "effect",
    "recovery", "why", "failure", "on_failure", "destroys", "owner", "contact", "purpose", "note", "text",
}  # fmt: skip
"""Fields in which a person writes sentences."""


@dataclass(frozen=True)
class Mutant:
    """A spec with one edit."""

    kind: str
    wrong: bool
    file: str
    line: int
    """The line of the edit."""
    what: str
    text: str
    """The file's new text."""
    around: frozenset[int] = frozenset()
    """Lines of the maps that lost something: what is missing has no line of its own."""
    spec: str = "shipped"
    also: tuple[str, ...] = ()
    """Files in which the finding may stand as well, for the edit does not show which of two ends is meant."""


Edit = Callable[[str, Site], Iterator[str]]


def _key_typo(text: str, site: Site) -> Iterator[str]:
    if site.key is not None and site.is_field:
        yield with_key(text, site, typo(site.name))


def _dangling_key(text: str, site: Site) -> Iterator[str]:
    if site.key is not None and "x-refers-to" in site.key_schema:
        yield with_key(text, site, typo(site.name))


def _dangling(text: str, site: Site) -> Iterator[str]:
    refers = any("x-refers-to" in schema for schema in site.schemas)
    if refers and isinstance(site.value, yaml.ScalarNode) and site.value.style is None:
        yield with_value(text, site, typo(site.value.value))


def _bad_id(text: str, site: Site) -> Iterator[str]:
    if site.key is not None and site.key_schema.get("pattern", "").startswith("^[a-z]"):
        yield with_key(text, site, f'"{site.name} {site.name}"')


def _word_for_number(text: str, site: Site) -> Iterator[str]:
    if site.types() and site.types() <= {"integer", "number"}:
        yield with_value(text, site, "many")


def _below_zero(text: str, site: Site) -> Iterator[str]:
    if site.types() and site.types() <= {"integer", "number"}:
        yield with_value(text, site, "-1")


def _much_too_large(text: str, site: Site) -> Iterator[str]:
    if site.types() == {"integer"}:
        yield with_value(text, site, "99999999999999999999")


def _number_for_text(text: str, site: Site) -> Iterator[str]:
    if site.types() == {"string"} and isinstance(site.value, yaml.ScalarNode) and not site.above.flow_style:
        yield with_value(text, site, "1234.5")


def _list_for_scalar(text: str, site: Site) -> Iterator[str]:
    if site.types() and site.types() <= {"string", "integer", "number", "boolean", "choice"}:
        yield with_value(text, site, "[a, b]")


def _text_for_collection(text: str, site: Site) -> Iterator[str]:
    if site.types() and site.types() <= {"object", "array"} and isinstance(site.value, yaml.CollectionNode):
        yield with_value(text, site, "none")


def _unknown_choice(text: str, site: Site) -> Iterator[str]:
    if site.types() == {"choice"} and isinstance(site.value, yaml.ScalarNode):
        yield with_value(text, site, typo(site.value.value))


def _missing(text: str, site: Site) -> Iterator[str]:
    if site.required:
        yield without(text, site)


def _empty(text: str, site: Site) -> Iterator[str]:
    if site.required and site.key is not None:
        yield with_value(text, site, "null")


def _given_twice(text: str, site: Site) -> Iterator[str]:
    if site.key is not None:
        yield twice(text, site)


def _pattern_broken(text: str, site: Site) -> Iterator[str]:
    patterns = [schema["pattern"] for schema in site.schemas if "pattern" in schema]
    if patterns and isinstance(site.value, yaml.ScalarNode) and site.value.style != "|":
        new = "?!" + site.value.value.replace('"', "")
        if not any(re.search(pattern, new) for pattern in patterns):
            yield with_value(text, site, f'"{new}"')


_CALL = re.compile(r"\{\{[^}]*?\b(url|host|port|secret_file|config|address_of|published)\('([^']+)'(?:, *'([^']+)')?\)")


def _expression(text: str, site: Site) -> Iterator[str]:
    """Each name in each call of an expression, and the function's own, mistyped."""
    if not isinstance(site.value, yaml.ScalarNode):
        return
    start, end = site.value.start_mark.index, site.value.end_mark.index
    for call in _CALL.finditer(text, start, end):
        for group in (1, 2, 3):
            if call.group(group):
                yield text[: call.start(group)] + typo(call.group(group)) + text[call.end(group) :]


def _brace_lost(text: str, site: Site) -> Iterator[str]:
    if isinstance(site.value, yaml.ScalarNode):
        start, end = site.value.start_mark.index, site.value.end_mark.index
        if (place := text.find("}}", start, end)) >= 0:
            yield text[:place] + "}" + text[place + 2 :]


def _shell_quote_lost(text: str, site: Site) -> Iterator[str]:
    shell = site.file.startswith("runbooks/") and site.name in ("run", "verify", "undo_commands")
    if shell and isinstance(site.value, yaml.ScalarNode) and site.value.style == "|":
        start, end = site.value.start_mark.index, site.value.end_mark.index
        if (place := text.rfind("'", start, end)) >= 0:
            yield text[:place] + text[place + 1 :]


def _prose(text: str, site: Site) -> Iterator[str]:
    plain = isinstance(site.value, yaml.ScalarNode) and site.value.style is None
    if plain and site.name in PROSE and site.types() == {"string"}:
        end = site.value.end_mark.index
        yield f"{text[:end]} Nothing else{text[end:]}"


def _comment(text: str, site: Site) -> Iterator[str]:
    if site.key is not None and not site.above.flow_style:
        start = text.rindex("\n", 0, site.key.start_mark.index) + 1 if site.key.start_mark.line else 0
        if not text[start : site.key.start_mark.index].strip():
            yield f"{text[:start]}# said by a colleague\n{text[start:]}"


def _quoted(text: str, site: Site) -> Iterator[str]:
    plain = isinstance(site.value, yaml.ScalarNode) and site.value.style is None
    if plain and site.types() == {"string"} and not {'"', "\\", "\n"} & set(_written(text, site)):
        yield with_value(text, site, f'"{site.value.value}"')


def _written(text: str, site: Site) -> str:
    return text[site.value.start_mark.index : site.value.end_mark.index]


def _a_little_more(text: str, site: Site) -> Iterator[str]:
    if isinstance(site.value, yaml.ScalarNode) and site.name in {
        "rotation_days",
        "duration_min",
        "retention_days",
        "requests_per_minute",
        "timeout_s",
    }:
        yield with_value(text, site, str(int(float(site.value.value)) + 1))


def _another_variable(text: str, site: Site) -> Iterator[str]:
    if (
        site.file.startswith("services/")
        and site.path == ("environment",)
        and not getattr(site.value, "flow_style", True)
    ):
        start = text.rindex("\n", 0, site.value.start_mark.index) + 1
        yield f'{text[:start]}  EXTRA_FLAG: "on"\n{text[start:]}'


WRONG: dict[str, Edit] = {
    "a field mistyped": _key_typo,
    "a reference mistyped": _dangling,
    "a reference mistyped, as a key": _dangling_key,
    "an id with a blank": _bad_id,
    "a word for a number": _word_for_number,
    "a number below zero": _below_zero,
    "a number that nothing holds": _much_too_large,
    "a number for text": _number_for_text,
    "a list for a value": _list_for_scalar,
    "text for a collection": _text_for_collection,
    "a choice that is none": _unknown_choice,
    "a required field removed": _missing,
    "a required field left empty": _empty,
    "a key given twice": _given_twice,
    "characters that a pattern forbids": _pattern_broken,
    "a name in an expression mistyped": _expression,
    "a brace of an expression lost": _brace_lost,
    "a quote of a script lost": _shell_quote_lost,
}
LEGAL: dict[str, Edit] = {
    "words added to a sentence": _prose,
    "a comment": _comment,
    "text in quotes": _quoted,
    "a little more": _a_little_more,
    "another variable": _another_variable,
}


def mutants(files: Mapping[str, str], spec: str = "shipped") -> Iterator[Mutant]:
    """All of them, in the order of the places; `spec` is the name of what the files are."""
    for site in sites(files):
        text = files[site.file]
        for wrong, edits in ((True, WRONG), (False, LEGAL)):
            for kind, edit in edits.items():
                for new in edit(text, site):
                    if new != text:
                        what = f"{kind}: {'.'.join(map(str, site.path))}"
                        line = _first_difference(text, new)
                        around = site.around if len(new) < len(text) else frozenset()
                        yield Mutant(kind, wrong, site.file, line, what, new, around, spec)


def _first_difference(old: str, new: str) -> int:
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return old.count("\n", 0, same) + 1
