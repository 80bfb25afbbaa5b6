"""An operator types values at the top of a runbook's page; commands follow, and nothing breaks out of them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from generators.site.runbook_form import FormField, RunbookForm, runbook_form, runbook_forms
from generators.site.runbook_pages import runbook_page
from plumbline.expressions.values import form_problem, normal
from plumbline.site.values import with_values
from plumbline.spec.spec import Spec
from tests.site.browser import Browser
from tests.stack.conftest import shipped_spec

UPDATE, PROVISION = "operator/runbooks/offline-update.html", "operator/runbooks/online-provision.html"
SPEC = shipped_spec()
TYPED = {
    "tenant": "globex",
    "folder": "/mnt/stick-2",
    "file": "/var/tmp/old_1.tar.zst",
    "file_name": "next-1.2.tar.zst",
    "fingerprint": "AB" * 20,
    "release": "v9.8.7",
}
TRIED = (
    "",
    "a",
    "a b",
    "'; rm -rf /; '",
    "$(id)",
    "`id`",
    '"',
    "<b>x</b>",
    "-rf",
    "/a/../b",
    "..",
    "/a",
    "/a/",
    "/a//",
    "//a",
    "/a b",
    "a/b",
    "1.0",
    "v1.0.1-rc.1",
    "1.0.0.0.0",
    "ab" * 20,
    "AB CD " * 10,
    "AB" * 32,
    "é",
    "a\u202eb",
    "acme",
    "globex",
    "Acme",
    "x" * 1001,
    "a$",
    "a\\",
    "a;b",
    "a|b",
    "a&b",
    "a>b",
    "~/x",
    "*",
    "a=b",
    "%41",
)


def fill(form: RunbookForm, values: dict[str, str]) -> str:
    """The page's source with values in the places of marks."""
    tenants = [values[each.name] for each in form.fields if each.kind == "tenant"]
    page = form.markdown
    for mark, texts in form.derived.items():
        page = page.replace(mark, texts[tenants[0]])
    for each in form.fields:
        page = page.replace(each.mark, values[each.name])
    return page


def body(page: str) -> str:
    return page.partition("\n")[2]


# the text of these pages differs by the value: who keeps a secret, and the address that follows from a server's number
NOT_TYPED = {"online-rotate-secret": {"secret"}, "online-scale-out": {"new"}}


@pytest.mark.parametrize("name", [name for name, each in SPEC.runbooks.items() if each.parameters])
@pytest.mark.parametrize("tenant", SPEC.tenants.tenants)
def test_a_page_that_is_filled_in_is_that_of_the_values(name: str, tenant: str) -> None:
    form = runbook_form(SPEC, name)
    assert {each.name for each in form.fields} == set(SPEC.runbooks[name].parameters) - NOT_TYPED.get(name, set())
    values = {each.name: TYPED.get(each.kind, each.example) for each in form.fields}
    values |= {each.name: tenant for each in form.fields if each.kind == "tenant"}
    assert body(fill(form, values)) == body(runbook_page(SPEC, name, values).content.decode())


def with_tenants(*names: str) -> Spec:
    """The shipped spec with tenants of these ids."""
    acme = SPEC.tenants.tenants["acme"]
    known = {name: acme.model_copy(update={"octet": number}) for number, name in enumerate(names, 1)}
    tenants = SPEC.tenants.model_copy(update={"tenants": known})
    return type(SPEC)(**{**vars(SPEC), "tenants": tenants})


def test_an_id_within_words_marks_none_of_them() -> None:
    spec = with_tenants("a", "acme")
    form = runbook_form(spec, "online-provision")
    pages = [
        runbook_page(spec, "online-provision", {"tenant": name}).content.decode().splitlines() for name in ("a", "acme")
    ]
    for shown, *own in zip(form.markdown.splitlines()[1:], *(page[1:] for page in pages), strict=True):
        assert shown == own[0] or own[0] != own[1]
    for name in ("a", "acme"):
        page = runbook_page(spec, "online-provision", {"tenant": name}).content.decode()
        assert body(fill(form, {"tenant": name})) == body(page)


def test_a_single_tenant_is_not_asked_for() -> None:
    assert runbook_form(with_tenants("acme"), "online-provision").fields == ()


def test_a_value_that_decides_what_the_page_says_is_not_typed() -> None:
    runbook = SPEC.runbooks["offline-update"]
    old = runbook.steps[0].run
    steps = (
        runbook.steps[0].model_copy(update={"run": f"{{% if medium == 'x' %}}a{{% endif %}}{old}"}),
        *runbook.steps[1:],
    )
    other = runbook.model_copy(update={"steps": steps})
    parameter = runbook.parameters["medium"].model_copy(update={"kind": "choice", "choices": ("x", "/media/docpipe")})
    other = other.model_copy(update={"parameters": {**runbook.parameters, "medium": parameter}})
    spec: Spec = type(SPEC)(**{**vars(SPEC), "runbooks": {**SPEC.runbooks, "offline-update": other}})
    assert [each.name for each in runbook_form(spec, "offline-update").fields] == ["bundle", "backup", "old"]


def test_text_of_the_spec_does_not_end_the_data() -> None:
    field = FormField("a", "plumbvalue0x", "text", "</script><b>", "x", "y", "z", ())
    page = with_values("<h1>A</h1>plumbvalue0x", RunbookForm("", (field,), {}).data, "x.js")
    assert page.count("</script>") == 2
    assert "<b>" not in page


def shown(reader: Browser) -> list[str]:
    """The blocks of code."""
    return list(reader.run("[...document.querySelectorAll('pre code')].map(each => each.textContent)"))


def type_in(reader: Browser, name: str, value: str) -> None:
    reader.run(
        f"(() => {{ const input = document.forms[0].elements[{json.dumps(name)}] ?? document.querySelector('form.values')"
        f".elements[{json.dumps(name)}]; input.value = {json.dumps(value)}; input.dispatchEvent(new Event('input')) }})()"
    )


@pytest.fixture
def page(site: Path, reader: Browser) -> Any:
    """Opens a page of the site, with nothing kept."""

    def open_page(name: str) -> Browser:
        reader.open((site / name).as_uri())
        reader.run("localStorage.clear()")
        reader.open((site / name).as_uri())
        return reader

    return open_page


@pytest.mark.slow
def test_without_scripts_no_place_can_be_taken_for_a_value(site: Path, reader: Browser) -> None:
    reader.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        reader.open((site / UPDATE).as_uri())
        assert "‹medium›/‹bundle›" in "".join(shown(reader))
        assert "/media/docpipe" not in "".join(shown(reader))
        assert reader.run("document.querySelector('form.values').checkVisibility()") is False
    finally:
        reader.call("Emulation.setScriptExecutionDisabled", value=False)


@pytest.mark.slow
def test_commands_follow_what_is_typed_and_the_browser_keeps_it(page: Any, site: Path) -> None:
    reader = page(UPDATE)
    type_in(reader, "medium", "/mnt/stick/")
    type_in(reader, "bundle", "next-1.2.tar.zst")
    assert "'/mnt/stick/next-1.2.tar.zst'" in "".join(shown(reader))
    assert "‹backup›" in "".join(shown(reader))
    reader.open((site / "operator/runbooks/offline-install.html").as_uri())
    assert "/mnt/stick" in "".join(shown(reader))
    reader.run("document.querySelector('form.values').reset()")
    reader.until("document.querySelector('[data-value]').textContent.includes('‹')")
    reader.open((site / UPDATE).as_uri())
    assert "/mnt/stick" not in "".join(shown(reader))


@pytest.mark.slow
def test_what_follows_from_the_tenant_follows(page: Any) -> None:
    reader = page(PROVISION)
    type_in(reader, "tenant", "globex")
    code = re.findall(
        r"^```\w*\n(.*?)\n```$",
        runbook_page(SPEC, "online-provision", {"tenant": "globex"}).content.decode(),
        re.S | re.M,
    )
    assert [each.strip() for each in shown(reader)] == [each.strip() for each in code]
    type_in(reader, "tenant", "nobody")
    assert "nobody" not in "".join(shown(reader))
    assert "‹of the tenant›" in "".join(shown(reader))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [UPDATE, PROVISION, "operator/runbooks/offline-install.html", "operator/runbooks/online-rollout.html"]
)
def test_a_page_takes_what_a_run_takes(page: Any, name: str) -> None:
    reader = page(name)
    id = Path(name).stem
    form = runbook_forms(SPEC)[name.replace(".html", ".md")]
    for field in form.fields:
        parameter = SPEC.runbooks[id].parameters[field.name]
        for value in TRIED:
            type_in(reader, field.name, value)
            wanted = normal(parameter, value.strip())
            taken = form_problem(parameter, wanted) is None and (not field.choices or wanted in field.choices)
            found = reader.run(f"document.querySelector('[data-value={field.mark}]').textContent")
            assert found == (wanted if taken else f"‹{field.name}›"), (field.name, value)
