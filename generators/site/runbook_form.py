"""A runbook's page with a mark wherever it shows a value that the operator gives, so that the site can put in what they type. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from typing import Any

from generators.site.runbook_pages import FOLDER, runbook_page
from plumbline.expressions.rendering import ExpressionError
from plumbline.expressions.values import KINDS, SAFE, UPWARDS, says
from plumbline.spec.spec import Spec
from schema.runbook import Parameter

_MOST_TENANTS = 50
"""A page holds what differs between tenants; beyond so many it is shown for the example."""
_MARKUP = re.compile(r"[\\&`<]")


@dataclass(frozen=True)
class FormField:
    """A value that can be typed."""

    name: str
    mark: str
    kind: str
    what: str
    says: str
    pattern: str
    example: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class RunbookForm:
    """A page that can be filled in."""

    markdown: str
    fields: tuple[FormField, ...]
    derived: Mapping[str, Mapping[str, str]]
    """What follows from the tenant: for each mark, the text by tenant."""

    @property
    def data(self) -> dict[str, Any]:
        """All that a page needs beside its text, as JSON has it."""
        return {
            "fields": [asdict(each) for each in self.fields],
            "derived": self.derived,
            "safe": SAFE.pattern,
            "upwards": UPWARDS.pattern,
        }


def runbook_forms(spec: Spec) -> dict[str, RunbookForm]:
    """The forms of all runbooks that ask for a value, by the page's path below `docs/`."""
    found = ((name, runbook_form(spec, name)) for name, each in spec.runbooks.items() if each.parameters)
    return {f"{FOLDER.removeprefix('docs/')}/{name}.md": form for name, form in found if form.fields}


def runbook_form(spec: Spec, name: str) -> RunbookForm:
    """The form of a runbook. A value by which the text itself differs can't be typed: it stays the example."""
    parameters = spec.runbooks[name].parameters
    marks = {key: f"plumbvalue{number}x" for number, key in enumerate(parameters)}
    tenant = next((key for key, each in parameters.items() if each.kind == "tenant"), None)
    filled = {
        key: marks[key]
        for key, each in parameters.items()
        if key != tenant and _only_shown(spec, name, key, each, marks[key])
    }
    derived: dict[str, dict[str, str]] = {}
    lines = _lines(spec, name, filled)
    # of a single tenant nothing tells what follows from its id, and nothing has to be chosen
    if tenant and 1 < len(spec.tenants.tenants) <= _MOST_TENANTS:
        pages = {each: _lines(spec, name, {**filled, tenant: each}) for each in spec.tenants.tenants}
        if marked := _for_any_tenant(pages, marks[tenant], derived):
            lines, filled[tenant] = marked, marks[tenant]
    heading = next(iter(_lines(spec, name, {})))
    return RunbookForm(
        "\n".join([heading, *lines[1:]]) + "\n",
        tuple(_field(spec, key, each, marks[key]) for key, each in parameters.items() if key in filled),
        derived,
    )


def _lines(spec: Spec, name: str, values: Mapping[str, str]) -> list[str]:
    return runbook_page(spec, name, values).content.decode().splitlines()


def _only_shown(spec: Spec, name: str, key: str, parameter: Parameter, mark: str) -> bool:
    """Whether the page says the same for each value, but for the value."""
    try:
        marked = _lines(spec, name, {key: mark})
        tried = (parameter.example, *parameter.choices)
        return all(_lines(spec, name, {key: each}) == [line.replace(mark, each) for line in marked] for each in tried)
    except ExpressionError:
        return False


def _for_any_tenant(
    pages: Mapping[str, Sequence[str]], mark: str, derived: dict[str, dict[str, str]]
) -> list[str] | None:
    """Lines for any of the tenants. What does not follow from the id alone, such as an address, has a mark of its own.

    None where the tenants' pages have different lines, or differ in what Markdown takes as markup.
    """
    if len({len(page) for page in pages.values()}) > 1:
        return None
    found = []
    for lines in zip(*pages.values(), strict=True):
        by_tenant = dict(zip(pages, lines, strict=True))
        first, line = next(iter(by_tenant.items()))
        if len(set(lines)) == 1:
            found.append(line)
            continue
        marked = line.replace(first, mark)
        if all(marked.replace(mark, tenant) == own for tenant, own in by_tenant.items()):
            found.append(marked)
        else:
            found.append(_with_derived(by_tenant, derived))
    return None if any(_MARKUP.search(text) for each in derived.values() for text in each.values()) else found


def _with_derived(by_tenant: Mapping[str, str], derived: dict[str, dict[str, str]]) -> str:
    lines = list(by_tenant.values())
    before = _common_start(lines)
    after = _common_start([line[len(before) :][::-1] for line in lines])[::-1]
    mark = f"plumbderived{len(derived)}x"
    derived[mark] = {tenant: line[len(before) : len(line) - len(after)] for tenant, line in by_tenant.items()}
    return f"{before}{mark}{after}"


def _common_start(lines: Sequence[str]) -> str:
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*lines, strict=False))
    return "".join(letters[0] for letters in alike)


def _field(spec: Spec, key: str, parameter: Parameter, mark: str) -> FormField:
    pattern = parameter.pattern if parameter.kind == "text" and parameter.pattern else KINDS[parameter.kind].pattern
    choices: Iterable[str] = spec.tenants.tenants if parameter.kind == "tenant" else parameter.choices
    allowed = (
        each
        for each in choices
        if parameter.kind != "tenant" or not parameter.states or spec.tenants.tenants[each].state in parameter.states
    )
    return FormField(
        key,
        mark,
        parameter.kind,
        parameter.description,
        says(parameter),
        _for_browsers(pattern),
        parameter.example,
        tuple(allowed),
    )


def _for_browsers(pattern: str) -> str:
    """The pattern in the words of a browser, which has no \\Z and names groups without a P."""
    return re.sub(r"\(\?P<", "(?<", pattern).replace(r"\Z", "$").replace(r"\A", "^")
