"""Values that an operator types on a runbook's page: a form at its top, and a place wherever a value is shown. Pure.

Without JavaScript there is no form, and the places show names in marks that no shell takes for a value.
"""

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

_MARK = re.compile(r"plumb(?:value|derived)\d+x")
_TAG = re.compile(r"(<[^>]*>)")
_HEADING_END = "</h1>"
_NEXT_HEADING = re.compile(r"<h2\b")
DERIVED = "of the tenant"
"""What a place shows that follows from the tenant, before one is typed."""


def with_values(page: str, form: Mapping[str, Any], script: str) -> str:
    """A page's HTML whose marks are places of values, with the form below what its runbook is for. `script` is the address of what
    fills them in."""
    names = {each["mark"]: each["name"] for each in form["fields"]}
    # an address in the page may hold a mark: it leads to a heading that has it too
    shown = "".join(part if number % 2 else _with_places(part, names) for number, part in enumerate(_TAG.split(page)))
    heading, end, rest = shown.partition(_HEADING_END)
    if not end:
        return shown
    next_heading = _NEXT_HEADING.search(rest)
    at = next_heading.start() if next_heading else 0
    return f"{heading}{end}{rest[:at]}{_form(form)}{rest[at:]}{_data(form, script)}"


def without_marks(heading: str, form: Mapping[str, Any]) -> str:
    """A heading for the table of contents, with names in the places of values."""
    return _named(heading, {each["mark"]: each["name"] for each in form["fields"]})


def _named(text: str, names: Mapping[str, str]) -> str:
    return _MARK.sub(lambda found: f"‹{names.get(found[0], DERIVED)}›", text)


def _with_places(text: str, names: Mapping[str, str]) -> str:
    return _MARK.sub(
        lambda found: f'<span class="value" data-value="{found[0]}">{_named(found[0], names)}</span>', text
    )


def _form(form: Mapping[str, Any]) -> str:
    fields = "".join(_field(each) for each in form["fields"])
    return (
        '<form class="values" hidden data-search-exclude><p>Type the values once: every command on this page follows, '
        "and this browser keeps them.</p>"
        f'{fields}<p><button type="reset">Forget them</button></p></form>'
    )


def _field(field: Mapping[str, Any]) -> str:
    name, id = escape(field["name"]), f"value-{escape(field['name'])}"
    choices = "".join(f"<option>{escape(each)}</option>" for each in field["choices"])
    listed = f'<datalist id="{id}-list">{choices}</datalist>' if choices else ""
    has_list = f' list="{id}-list"' if choices else ""
    return (
        f'<p><label for="{id}"><code>{name}</code> {escape(field["what"])}</label>'
        f'<input id="{id}" name="{name}"{has_list} placeholder="e.g. {escape(field["example"])}" autocomplete="off" '
        f'autocapitalize="off" spellcheck="false" aria-describedby="{id}-wrong">{listed}'
        f'<span id="{id}-wrong" class="wrong" role="status"></span></p>'
    )


def _data(form: Mapping[str, Any], script: str) -> str:
    # a `<` could end the element
    data = json.dumps(form, ensure_ascii=False).replace("<", "\\u003c")
    return (
        f'<script type="application/json" id="runbook-values">{data}</script><script src="{escape(script)}"></script>'
    )
