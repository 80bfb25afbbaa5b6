"""Spec paths: text and parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbline.paths import covers, format_path, parse_path


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
    ],
)
def test_covers(pattern: str, path: str, expected: bool) -> None:
    assert covers(pattern, path) is expected
