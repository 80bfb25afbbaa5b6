"""Lines of templates: found by marks, and what they speak of read off their expressions."""

import pytest
from jinja2 import DictLoader, Environment, StrictUndefined

from plumbline.expressions.template_lines import Known, rendered_lines, spoken_of
from plumbline.spec.paths import inner_path

CASES = {
    "plain": ("a\nb\nc", {}, [1, 2, 3]),
    "loop": ("a\n{% for x in xs %}\n- {{ x }}\n{% endfor %}\nz", {"xs": [1, 2]}, [1, 2, 3, 4, 3, 4, 5]),
    "stripped": ("a\n{%- for x in xs %}\n- {{ x }}\n{%- endfor %}\nz", {"xs": [1, 2]}, [1, 3, 3, 5]),
    "either": ("{% if x %}\nyes\n{% else %}\nno\n{% endif %}\nz", {"x": False}, [1, 4, 5, 6]),
    "a value of several lines": ("a\n{{ x }}\nz", {"x": "1\n2\n3"}, [1, 2, 2, 2, 3]),
    "raw": ("a\n{% raw %}\n{{ x }}\n{% endraw %}\nz", {}, [1, 2, 3, 4, 5]),
    "comment": ("a\n{# b\nc #}\nz", {}, [1, 2, 4]),
    "set": ("{% set y = x %}\n{{ y }}\nz", {"x": 1}, [1, 2, 3]),
}


@pytest.mark.parametrize("case", CASES)
def test_the_line_behind_each_line(case: str) -> None:
    source, names, expected = CASES[case]
    lines = rendered_lines(Environment(undefined=StrictUndefined), "t", source, names)
    assert lines is not None
    assert [line for _, line in lines] == expected


def test_tags_that_take_the_end_of_their_line() -> None:
    source = "a\n{% for x in xs %}\n- {{ x }}\n{% endfor %}\nz"
    lines = rendered_lines(Environment(trim_blocks=True), "t", source, {"xs": [1, 2]})
    assert lines == [("t", 1), ("t", 3), ("t", 3), ("t", 5)]


def test_lines_of_what_is_included() -> None:
    environment = Environment(loader=DictLoader({"u": "1\n2"}))
    lines = rendered_lines(environment, "t", "a\n{% include 'u' %}\nz", {})
    assert lines == [("t", 1), ("u", 1), ("u", 2), ("t", 3)]


def test_a_template_that_looks_at_its_own_text_has_no_lines() -> None:
    source = "{% set x %}a\nb{% endset %}{{ x | length }}"
    assert rendered_lines(Environment(), "t", source, {}) is None


KNOWN = Known(
    names={"octet": (inner_path("octet"),)},
    roots={"spec": lambda parts: [inner_path(*parts)]},
    calls={"port": lambda given: [inner_path("ports", *(each for each in given if each is not None))]},
    constants={"mode": "offline"},
)
SPOKEN = {
    "{{ spec.a.b }}": {1: ["a.b"]},
    '{{ spec.a["b.c"].d }}': {1: ['a["b.c"].d']},
    "{{ spec.a[mode].b }}": {1: ["a.offline.b"]},
    "{{ spec.a[octet].b }}": {1: ["octet", "a"]},
    '{{ port("x", "y") }}\n{{ port(octet, "y") }}': {1: ["ports.x.y"], 2: ["octet", "ports.y"]},
    "{% for x in spec.a.values() %}\n{{ x.y }}\n{% endfor %}": {1: ["a"], 2: ["a"], 3: ["a"]},
    "{% if spec.a %}\nx\n{% else %}\ny\n{% endif %}\nz": {1: ["a"], 2: ["a"], 3: ["a"], 4: ["a"], 5: ["a"]},
    "{% set x = spec.a %}\n{{ x | upper }}": {2: ["a"]},
    "{{ 'a' if spec.a else octet }}": {1: ["a", "octet"]},
    "{{ nobody }}": {},
}


@pytest.mark.parametrize("template", SPOKEN)
def test_what_a_line_speaks_of(template: str) -> None:
    found = spoken_of(Environment(), template, KNOWN)
    assert {line: sorted(places) for line, places in found.items()} == {
        line: sorted(places) for line, places in SPOKEN[template].items()
    }
