"""YAML text → positioned tree: values, places, limits."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plumbline.spec.yaml_tree import MAX_DEPTH, YamlProblem, node_at, parse_tree, to_data

TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=40)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=15,
)


@given(DATA)
def test_what_a_dumper_writes_is_read_back_exactly(data: object) -> None:
    root, findings = parse_tree(yaml.safe_dump(data, default_style=None, allow_unicode=False), "x.yaml")
    assert findings == []
    assert to_data(root) == data


@given(st.text(max_size=200))
def test_any_text_is_a_tree_or_one_clear_problem(text: str) -> None:
    try:
        parse_tree(text, "x.yaml")
    except YamlProblem as problem:
        assert problem.finding.location is not None
        assert problem.finding.message


@pytest.mark.parametrize(
    "scalar",
    [
        "no",
        "on",
        "Yes",
        "1_000",
        "012",
        "0x1F",
        "12:30:45",
        "2026-11-23",
        "1e3",
        "0E0",
        "1.5e3",
        "1e3x",
        ".5",
        "=",
        "<<",
    ],
)
def test_yaml_1_1_surprises_stay_text(scalar: str) -> None:
    root, _ = parse_tree(f"key: {scalar}\n", "x.yaml")
    assert to_data(root) == {"key": scalar}


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("true", True),
        ("false", False),
        ("~", None),
        ("8080", 8080),
        ("-3", -3),
        ("0.5", 0.5),
        ('"8080"', "8080"),
    ],
)
def test_plain_scalars_of_yaml_1_2(scalar: str, value: object) -> None:
    root, _ = parse_tree(f"key: {scalar}\n", "x.yaml")
    assert to_data(root) == {"key": value}


def test_every_value_knows_its_place() -> None:
    root, _ = parse_tree("a:\n  b:\n    - one\n    - two\n", "x.yaml")
    assert root is not None
    location = node_at(root, ("a", "b", 1)).location
    assert (location.line, location.column, location.end_column) == (4, 7, 10)


def test_a_duplicate_key_is_found_at_the_second() -> None:
    _, findings = parse_tree("a: 1\nb: 2\na: 3\n", "x.yaml")
    assert [(found.rule, str(found.location)) for found in findings] == [("PLB002", "x.yaml:3:1")]


def test_a_key_that_is_no_text_is_found() -> None:
    _, findings = parse_tree("8080: a\n", "x.yaml")
    assert [found.rule for found in findings] == ["PLB003"]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)),
        "[" * 1000 + "]" * 1000,
        "a: &a [*a]\n",
        "a: *nothing\n",
        "a: 1\n---\nb: 2\n",
        "? [a, b]\n: c\n",
        "a: [1\n",
        "a:\n\t- b\n",
    ],
    ids=["alias bomb", "deep", "self alias", "no anchor", "two documents", "complex key", "unclosed", "tab"],
)
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(YamlProblem) as caught:
        parse_tree(text, "x.yaml")
    assert caught.value.finding.location is not None


def test_nesting_up_to_the_limit_is_read() -> None:
    root, _ = parse_tree("[" * MAX_DEPTH + "]" * MAX_DEPTH, "x.yaml")
    assert root is not None
