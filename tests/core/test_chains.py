"""A template of chains comes to what Jinja2 makes of it, or fails as that does."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbline.effective.expression_names import service_names, tenant_names
from plumbline.effective.per_spec import per_spec
from plumbline.expressions import rendering
from plumbline.expressions.chains import chains_in
from plumbline.expressions.rendering import ExpressionError, names_in, render
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from tests.core.support import starter_files

CHAINS = [
    "{{ url('web', 'http') }}/path",
    "a {{ mode }}\r\nb{{mode}}\r{{ service.ports['http'] }}",
    "{{ spec.platform.name | quoted }} {{ spec.services[service_id].title|quoted }}",
    "{{ port(service_id, 'http') }}",
    '{{ address("web", "http") }}',
    "}} {{ mode }} { {",
    "{{ host('web') }}{{ host('db') }}",
    "{{ service }}",
    "{{ service.ports }}",
    "{{ service.nothing }}",
    "{{ service.ports.nothing }}",
    "{{ mode.format }}",
    "{{ mode.upper() }}",
    "{{ mode.center(9999999) }}",
    "{{ nobody }}",
    "{{ nobody('a') }}",
    "{{ url('nobody', 'http') }}",
    "line\n{{ url('web', 'nothing') }}",
    "{{ url('web') }}",
    "{{ port }}",
    "{{ mode() }}",
    "{{ scraped() }}",
    "{{ long }}{{ long.replace('a', long) }}",
    "{{ long }}" * 3000,
]
NOT_CHAINS = [
    "{{ service._private }}",
    "{{ true }}",
    "{{ none }}",
    "{{ not(mode) }}",
    "{{ self }}",
    "{{ 'a' }}",
    "{{- mode }}",
    "{{ mode }}{% if mode %}{% endif %}",
    "{{ mode }}{# no #}",
    "{{ mode | upper }}",
    "{{ mode ~ mode }}",
    "{{ url('a\\n', 'http') }}",
    "{{ mode }",
    "{{ url('web', name='http') }}",
    "{{ port(01) }}",
    "{{ Mode }}",
    "x" * 40_000 + "{{ mode }}",
]


@per_spec
def _names(spec: Spec) -> dict[str, Any]:
    names = tenant_names(spec, "single", "one", 1) | service_names(spec, "single", "web")
    return names | {"long": "a" * 60_000, "none": "x", "true": "x"}


@pytest.fixture(scope="module")
def names() -> Mapping[str, Any]:
    spec, _ = load_spec(starter_files())
    assert spec
    return _names(spec)


def outcome(template: str, names: Mapping[str, Any]) -> object:
    try:
        return render(template, names)
    except ExpressionError as error:
        return str(error), error.line, error.is_unreadable


@pytest.mark.parametrize("template", CHAINS, ids=lambda text: text[:40])
def test_it_comes_to_what_the_compiler_makes_of_it(
    template: str, names: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chains_in(template) is not None
    ours, our_names = outcome(template, names), names_in.__wrapped__(template)
    monkeypatch.setattr(rendering, "chains_in", lambda _: None)
    assert (ours, our_names) == (outcome(template, names), names_in.__wrapped__(template))


@pytest.mark.parametrize("template", NOT_CHAINS, ids=lambda text: text[:40])
def test_what_is_more_than_a_chain_is_compiled(template: str) -> None:
    assert chains_in(template) is None


_WORD = st.sampled_from(
    ["mode", "service", "ports", "url", "'web'", "'http'", '"x"', "true", "1", "0", "nobody", "spec"]
)
_MARK = st.sampled_from(["{{ ", " }}", "{{", "}}", ".", "(", ")", ", ", "[", "]", "|quoted", "\r\n", " ", "{%", "a"])


@given(st.lists(_WORD | _MARK, max_size=14))
def test_whatever_is_written_comes_to_the_same(words: list[str]) -> None:
    spec, _ = load_spec(starter_files())
    assert spec
    template = "".join(words)
    ours = outcome(template, _names(spec))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "chains_in", lambda _: None)
        assert outcome(template, _names(spec)) == ours
