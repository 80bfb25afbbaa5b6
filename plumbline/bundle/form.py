"""The form of a manifest, line by line, as regular expressions that Python and the host's `sed` and `grep -E` read alike.

It follows from the manifest's model, so a field is stated once. `text_of` in manifest.py writes what it takes. A line has two
expressions: what it consists of, and how long its parts may be, for one expression cannot say both.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from schema.bundle import Manifest

LISTS = ("images", "models", "files")
"""Fields that stand last, an entry in each line."""
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class LineForm:
    """A kind of line, by a letter."""

    letter: str
    of: str
    """Expression of what it consists of."""
    fits: str
    """Expression of how long its parts may be."""


@dataclass(frozen=True)
class Form:
    """The kinds of lines, and the order in which they stand."""

    lines: tuple[LineForm, ...]
    order: str
    """Expression over the letters of all lines."""

    def takes(self, text: bytes) -> bool:
        """Whether a text has this form."""
        *lines, rest = text.decode("latin-1").split("\n")
        return rest == "" and re.fullmatch(self.order, "".join(map(self._letter, lines))) is not None

    def _letter(self, line: str) -> str:
        fitting = (each.letter for each in self.lines if re.fullmatch(each.of, line) and re.fullmatch(each.fits, line))
        return next(fitting, "?")


@cache
def manifest_form() -> Form:
    """That of `MANIFEST.json`."""
    schema = Manifest.model_json_schema()
    letters, kinds, order = iter(_LETTERS), list[LineForm](), ""

    def kind(of: Sequence[str], end: str = "") -> str:
        for known in kinds:
            if (known.of, known.fits) == (of[0] + end, of[1] + end):
                return known.letter
        kinds.append(LineForm(next(letters), of[0] + end, of[1] + end))
        return kinds[-1].letter

    order += kind((r"\{", r"\{"))
    for name, field in schema["properties"].items():
        if name not in LISTS:
            order += kind([f'"{name}": {value}' for value in _value(schema, field)], ",")
    for name in LISTS:
        field, end = schema["properties"][name], "" if name == LISTS[-1] else ","
        entry = _value(schema, field["items"])
        full = kind([rf'"{name}": \['] * 2) + f"{kind(entry, ',')}*{kind(entry)}" + kind([r"\]"] * 2, end)
        empty = "" if field.get("minItems") else "|" + kind([rf'"{name}": \[\]'] * 2, end)
        order += f"({full}{empty})"
    order += kind((r"\}", r"\}"))
    return Form(tuple(kinds), order)


def _value(schema: dict[str, Any], field: dict[str, Any]) -> tuple[str, str]:
    """What a value consists of, and how long it may be."""
    if "$ref" in field:
        return _value(schema, schema["$defs"][field["$ref"].rpartition("/")[2]])
    if "anyOf" in field:
        return _either(_value(schema, each) for each in field["anyOf"])
    match field["type"]:
        case "object":
            entries = [
                [f'"{name}": {value}' for value in _value(schema, of)] for name, of in field["properties"].items()
            ]
            of, fits = (", ".join(each) for each in zip(*entries, strict=True))
            return rf"\{{{of}\}}", rf"\{{{fits}\}}"
        case "array":
            of, fits = _value(schema, field["items"])
            return rf"\[({of}(, {of})*)?\]", rf"\[({fits}(, {fits})*)?\]"
        case "string":
            return _words(field)
        case "integer":
            return up_to(field["minimum"], field["maximum"]), "[0-9]+"
        case "boolean":
            return ("(true|false)",) * 2
        case "null":
            return ("null",) * 2
    raise TypeError(f"no form is known for {field}")


def _either(values: Iterator[tuple[str, str]]) -> tuple[str, str]:
    of, fits = zip(*values, strict=True)
    return f"({'|'.join(of)})", f"({'|'.join(fits)})"


def _words(field: dict[str, Any]) -> tuple[str, str]:
    """A string: none may hold what JSON writes in another way than it is."""
    if "enum" in field:
        return (f'"({"|".join(field["enum"])})"',) * 2
    of = field["pattern"].removeprefix("^").removesuffix("$")
    if "allOf" in field:
        fits = field["allOf"][0]["pattern"].removeprefix("^").removesuffix("$")
    else:
        fits = f'[^"]{{1,{field["maxLength"]}}}' if "maxLength" in field else '[^"]+'
    return f'"{of}"', f'"{fits}"'


def up_to(least: int, most: int) -> str:
    """An expression of the numbers from `least`, which is 0 or 1 or `most` itself, to `most`, as JSON writes them."""
    if least == most:
        return str(most)
    digits = str(most + 1)
    # numbers with fewer digits; then those that agree with `most + 1` up to a digit, which is smaller
    found = ["0"] if least == 0 else []
    if len(digits) > 1:
        found.append(f"[1-9][0-9]{{0,{len(digits) - 2}}}")
    for at, digit in enumerate(digits):
        first = 1 if at == 0 else 0
        if int(digit) > first:
            found.append(f"{digits[:at]}[{first}-{int(digit) - 1}][0-9]{{{len(digits) - at - 1}}}")
    return f"({'|'.join(found)})"


def armor_form() -> Form:
    """That of one armored signature, as gpg writes it: no words before it, in it or behind it."""
    lines = (
        ("a", "-----BEGIN PGP SIGNATURE-----"),
        ("b", ""),
        ("c", "[A-Za-z0-9+/]+={0,2}"),
        ("d", "=[A-Za-z0-9+/]{4}"),
        ("e", "-----END PGP SIGNATURE-----"),
    )
    return Form(tuple(LineForm(letter, of, ".*") for letter, of in lines), "abc+d?e")
