"""Expressions that would take all day or all memory are refused, at their line and in words; the others mean what they did."""

import tracemalloc

import pytest

from plumbline.effective.expression_names import service_names, tenant_names
from plumbline.expressions import budget
from plumbline.expressions.rendering import ExpressionError, render
from plumbline.spec.loading import load_spec
from tests.core.support import starter_files

LOOP = "{% for i in range(99999) %}"
END = "{% endfor %}"
GROWING = "{% set ns = namespace(x=START) %}{% for i in range(60) %}{% set ns.x = NEXT %}{% endfor %}{{ ns.x }}"

COSTLY = {
    "nested loops": "{% for i in range(9999) %}{% for j in range(9999) %}x" + END + END,
    "a long round": LOOP + "y" * 9000 + END,
    "a loop in a block": "{% set x %}" + LOOP + "y" * 900 + END + "{% endset %}{{ x }}",
    "filler text": "{{ lipsum(n=200000) }}",
    "a repeated text": "{{ 'a' * 10**9 }}",
    "a repeated text, turned round": "{{ 10**9 * 'a' }}",
    "a repeated list": "{{ [1] * 10**8 }}",
    "a power": "{{ 10 ** 100000 }}",
    "a tower": "{{ 9 ** 99 ** 99 }}",
    "a width": "{{ '%1000000000d' % 1 }}",
    "a width from a value": "{{ '%*d' % (1000000000, 1) }}",
    "a width in format": "{{ '{:>99999999}'.format('a') }}",
    "a width from a value in format": "{{ '{:{}}'.format('a', 10**9) }}",
    "a filter's format": "{{ '%99999d' | format(1) }}",
    "a method that pads": "{{ 'a'.ljust(10**9) }}",
    "a method that fills": "{{ '1'.zfill(10**9) }}",
    "a filter that pads": "{{ 'a' | center(10**9) }}",
    "a filter that indents": "{{ 'a' | indent(10**9, first=true) }}",
    "a filter that fills": "{{ 'a' | batch(10**9, 'b') | list }}",
    "a filter of a filter": "{{ ['a'] | map('center', 10**9) | list }}",
    "a replacement": "{{ ('a' * 60000).replace('a', 'b' * 60000) }}",
    "a filter's replacement": "{{ ('a' * 60000) | replace('', 'b' * 60000) }}",
    "a separator": "{{ (range(9999) | list) | join('a' * 9999) }}",
    "a text that doubles": GROWING.replace("START", "'a'").replace("NEXT", "ns.x ~ ns.x"),
    "a text that adds up": GROWING.replace("START", "'a'").replace("NEXT", "ns.x + ns.x"),
    "a list that doubles": GROWING.replace("START", "['a']").replace("NEXT", "[ns.x, ns.x]"),
    "a map that doubles": GROWING.replace("START", "{}").replace("NEXT", "{'a': ns.x, 'b': ns.x}"),
    "a macro that calls itself": "{% macro f(n) %}{{ f(n) }}{% endmacro %}{{ f(1) }}",
    "a macro that calls itself twice": "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    "a recursive loop": "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "nested conditions": "{% if 1 %}" * 300 + "{% endif %}" * 300,
    "parentheses": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "lists in lists": "{{ " + "[" * 3000 + "]" * 3000 + " }}",
    "a long sum": "{{ " + "+".join(["1"] * 3000) + " }}",
    "a row of filters": "{{ 1" + "|abs" * 3000 + " }}",
    "a row of negations": "{{ " + "not " * 3000 + "1 }}",
    "a long expression": "{{ '" + "a" * 100_000 + "' }}",
    "many expressions": "{{ 1 }}" * 6000,
    "sorting again and again": "{% for i in range(900) %}{{ (range(60000) | list) | sort | last }}{% endfor %}",
    "searching again and again": "{% set s = 'ab' * 30000 %}{% for i in range(49000) %}{{ s.count('b') }}{% endfor %}",
    "much text": "{% for i in range(40000) %}{{ 2 ** 900 }}{% endfor %}",
}

WRONG = {
    "{{ prot('db', 'sql') }}": "`prot` is not known here; did you mean `port`?",
    "{{ port('db') }}": "`port` is called as port(service, name)",
    "{{ port('dbb', 'sql') }}": "there is no service 'dbb'; did you mean `db`?",
    "{{ port('db', 'sq') }}": "service 'db' has no port 'sq'; did you mean `sql`?",
    "{{ service.limtis }}": "a service has no `limtis`; did you mean `limits`?",
    "{{ spec.servces.db }}": "the spec has no `servces`; did you mean `services`?",
    "{{ spec.services.wbe.title }}": "the map has no `wbe`; did you mean `web`?",
    "{{ 'a' | uper }}": "there is no filter `uper`; did you mean `upper`?",
    "{{ 1 is evn }}": "there is no test `evn`; did you mean `even`?",
    "{{ 1 / 0 }}": "divides by zero",
    "{{ 'a' + 1 }}": "uses a value in a way that its type does not allow",
    "{{ spec }}": "the spec has no text form: name one of its fields",
    "{{ service.limits }}": "a limits has no text form: name one of its fields",
    "{{ ''.__class__.__mro__ }}": "a text has no `__class__`",
    "{{ service.model_dump() }}": "a service has no `model_dump`",
    "{{ spec.trees }}": "the spec has no `trees`",
    "{{ (1).to_bytes(9, 'big') }}": "a number has no `to_bytes`",
    "{% include 'x' %}": "expressions have no `{% include %}`",
    "{{ a b }}": "expected token 'end of print statement', got 'b'",
}

MEANING = {
    "{{ port('db', 'sql') }}": "5432",
    "{% for i in range(3) %}{{ loop.index }}{% if not loop.last %},{% endif %}{% endfor %}": "1,2,3",
    "{{ '%02d' % 7 }}{{ '{:>3}'.format('a') }}": "07  a",
    "{% set ns = namespace(x=0) %}{% for i in range(5) %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}": "10",
    "{% macro f(a) %}<{{ a }}>{% endmacro %}{{ f(1) }}{{ f('b') }}": "<1><b>",
    "{{ spec.services | length }}": "2",
    "{{ nothing | default('x') }}{{ nothing is defined }}": "xFalse",
    "{{ spec.services.items() | map('first') | join(',') }}": "db,web",
    "{{ '192.0.2.1/32'.partition('/')[0] }}{{ 'x' if false }}": "192.0.2.1",
    "{{ {'a': [1]} | tojson }}{{ 2 ** 10 }}{{ 'abc'[1:] }}": '{"a": [1]}1024bc',
    "{% raw %}{{ x }}{% endraw %}\n": "{{ x }}\n",
    "no expression\r\n": "no expression\n",
}


def _names() -> dict[str, object]:
    spec, _ = load_spec(starter_files())
    assert spec is not None
    return tenant_names(spec, "single", "acme", 1) | service_names(spec, "single", "web")


@pytest.mark.slow
@pytest.mark.parametrize("name", COSTLY)
def test_what_costs_too_much_is_refused_at_its_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    budgets: list[budget.Budget] = []
    monkeypatch.setattr(budget.Budget, "__init__", _noting(budgets))
    tracemalloc.start()
    with pytest.raises(ExpressionError) as caught:
        render("first\nsecond\n" + COSTLY[name], _names())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.line == 3
    assert most < 256 * 1024 * 1024
    assert all(each.steps <= 2 * budget.MOST_STEPS for each in budgets)


def _noting(budgets: list[budget.Budget]) -> object:
    def init(self: budget.Budget, names: dict[str, object]) -> None:
        self.names, self.steps = names, 0
        budgets.append(self)

    return init


@pytest.mark.parametrize("template", WRONG)
def test_what_is_wrong_is_said_in_words(template: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        render("first\n" + template, _names())
    assert str(caught.value).startswith(WRONG[template])
    assert caught.value.line == 2


@pytest.mark.parametrize("template", MEANING)
def test_the_rest_means_what_it_did(template: str) -> None:
    assert render(template, _names()) == MEANING[template]
