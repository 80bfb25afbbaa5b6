"""Values change where they stand; everything else of the text stays, to the byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbline.spec.yaml_edit import CannotEdit, YamlChange, edit_yaml
from plumbline.spec.yaml_tree import parse_tree, to_data

TEXT = """\
# at the top
images:
  one:   # odd, and kept
    repository: a/b
    tag: "1.0"   # the tag
    digest: sha256:old   # why
    # about the licence
    licence: MIT
    platforms: [linux/amd64]
    evidence: {confirmations: 8, checked: "2026-11-23"}
  two: {repository: a/c, tag: '2', digest: null, licence: MIT}
  three:
    tag: x
    digest:
    licence: MIT
"""


def test_only_the_values_change() -> None:
    changes = [
        YamlChange(("images", "one", "digest"), "sha256:new"),
        YamlChange(("images", "one", "evidence", "source"), "registry", ("confirmations",)),
        YamlChange(("images", "one", "evidence", "confirmations"), 1),
        YamlChange(("images", "one", "evidence", "checked"), "2026-11-25"),
        YamlChange(("images", "one", "platforms"), ("linux/amd64", "linux/arm64")),
    ]
    expected = (
        TEXT.replace("sha256:old", "sha256:new")
        .replace(
            '{confirmations: 8, checked: "2026-11-23"}', '{source: registry, confirmations: 1, checked: "2026-11-25"}'
        )
        .replace("[linux/amd64]", "[linux/amd64, linux/arm64]")
    )
    assert edit_yaml(TEXT, changes) == expected


def test_a_new_key_goes_where_it_is_said_and_comments_stay_with_their_own() -> None:
    text = TEXT.replace("    digest: sha256:old   # why\n", "")
    done = edit_yaml(text, [YamlChange(("images", "one", "digest"), "sha256:new", ("licence",))])
    assert done == text.replace("    # about the licence\n", "    digest: sha256:new\n    # about the licence\n")


def test_empty_and_null_values_and_flow_maps() -> None:
    changes = [
        YamlChange(("images", "two", "digest"), "sha256:new"),
        YamlChange(("images", "two", "evidence"), {"source": "registry", "checked": "2026-11-25"}, ("licence",)),
        YamlChange(("images", "three", "digest"), "sha256:new"),
        YamlChange(("images", "three", "evidence"), {"confirmations": 1}, ("stand_in",)),
    ]
    found = to_data(parse_tree(edit_yaml(TEXT, changes), "")[0])["images"]
    assert found["two"]["digest"] == found["three"]["digest"] == "sha256:new"
    assert found["two"]["evidence"] == {"source": "registry", "checked": "2026-11-25"}
    assert found["three"] == {"tag": "x", "digest": "sha256:new", "evidence": {"confirmations": 1}, "licence": "MIT"}


def test_quotes_and_line_ends_stay() -> None:
    text = TEXT.replace("\n", "\r\n")
    done = edit_yaml(text, [YamlChange(("images", "one", "tag"), "1.1"), YamlChange(("images", "two", "tag"), "3")])
    assert done == text.replace('"1.0"', '"1.1"').replace("'2'", "'3'")
    assert "\r\n    digest: new\r\n" in edit_yaml(
        text.replace("    digest:\r\n", ""), [YamlChange(("images", "three", "digest"), "new")]
    )


def test_what_an_alias_shares_is_not_changed_for_all() -> None:
    text = "a: {digest: &d old}\nb: {digest: *d}\n"
    for name in "ab":
        with pytest.raises(CannotEdit, match=rf"{name}\.digest"):
            edit_yaml(text, [YamlChange((name, "digest"), "new")])


@given(st.text(st.characters(codec="utf-8"), max_size=12))
def test_any_text_is_written_so_that_it_is_read_back(value: str) -> None:
    try:
        done = edit_yaml(TEXT, [YamlChange(("images", "one", "digest"), value)])
    except CannotEdit:
        return
    assert to_data(parse_tree(done, "")[0])["images"]["one"]["digest"] == value
