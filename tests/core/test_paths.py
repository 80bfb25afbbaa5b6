"""Spec paths: text and parts."""

import copy
import pickle
import re
from pathlib import Path
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbline.project.artifact import Source
from plumbline.spec.paths import ROOTS, PathText, Root, covers, format_path, inner_path, parse_path, parts_of, path_of
from plumbline.spec.sections import SECTIONS
from plumbline.spec.yaml_tree import node_at, parse_tree
from tests.core.support import starter_files
from validators.rules.registry import Violation

ROOT = Path(__file__).parents[2]


@given(
    st.lists(
        st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=8) | st.integers(0, 99),
        min_size=1,
        max_size=5,
    ).filter(lambda parts: isinstance(parts[0], str))
)
def test_a_path_survives_being_written(parts: list[str | int]) -> None:
    assert parse_path(format_path(tuple(parts))) == tuple(parts) or any(
        isinstance(part, str) and part.isdecimal() for part in parts
    )


@pytest.mark.parametrize("text", [".a", "a..b", "a[x]", "a b"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a spec path"):
        parse_path(text)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("services.a", "services.a.user", True),
        ("services.*.user", "services.a.user", True),
        ("services.a.user", "services.a", False),
        ("services.b", "services.a", False),
        ("a..b", "services.a", False),
        ('services["a.b"]', 'services["a.b"].user', True),
    ],
)
def test_covers(pattern: str, path: str, expected: bool) -> None:
    assert covers(pattern, path) is expected


@given(st.lists(st.text(min_size=1, max_size=8) | st.integers(0, 99), min_size=1, max_size=5))
def test_a_path_knows_its_parts_whatever_they_hold(parts: list[str | int]) -> None:
    whole = path_of("services", *parts)
    assert whole.parts == parts_of(whole) == ("services", *parts)
    assert whole == format_path(("services", *parts))
    assert path_of(path_of("services", *parts[:2]), *parts[2:]) == whole
    assert path_of("services", inner_path(*parts)) == whole
    for copied in (copy.deepcopy(whole), pickle.loads(pickle.dumps(whole))):
        assert (copied, copied.parts, type(copied)) == (whole, whole.parts, PathText)


def test_a_path_begins_at_a_section_of_the_spec() -> None:
    assert {section.name for section in SECTIONS} | {"templates", "artifacts"} == ROOTS
    for parts in ((), ("pairity", "features"), ("services.web",), ("roles", "host"), (0,)):
        with pytest.raises(ValueError, match="not a path of a spec"):
            PathText(parts)


def test_a_dot_in_an_id_leads_to_the_line_of_the_id() -> None:
    files = starter_files()
    files["images.yaml"] += "  web-1.2:\n" + "".join(
        f"    {line}\n"
        for line in ("title: T", "repository: r/w", "tag: '1'", "digest: null", "platforms: [linux/amd64]")
    )
    text = files["images.yaml"]
    tree, _ = parse_tree(text, "images.yaml")
    assert tree is not None
    path = path_of("images", "web-1.2", "tag")
    assert path == 'images["web-1.2"].tag'
    line = text.splitlines()[node_at(tree, path.parts).location.line - 1]
    assert line == "    tag: '1'"


# dotted text that is put together by hand: an id with a dot, or an index, comes apart at the wrong place
_SECTIONS = "|".join(section.name for section in SECTIONS)
_BY_HAND = re.compile(rf"""f["'](?:{_SECTIONS})(?:\.|\[)[^"']*\{{""")
_SUBJECTS = {"validators/stack", "plumbline/provisioning", "plumbline/update/judging"}
"""Where such text names what is seen running, or a part of a release's facts, and is no place in the spec."""


def test_no_spec_path_is_put_together_by_hand() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for package in ("plumbline", "generators", "validators")
        for file in (ROOT / package).rglob("*.py")
        if not any(file.relative_to(ROOT).as_posix().startswith(each) for each in _SUBJECTS)
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if _BY_HAND.search(line) and "Error(" not in line
    ]
    assert found == []


def test_sources_and_rules_take_no_other_text_and_the_type_checker_sees_to_it() -> None:
    assert get_type_hints(Source)["path"] is PathText
    assert get_type_hints(Violation)["path"] is PathText
    assert get_type_hints(path_of)["begin"] == Root | PathText
