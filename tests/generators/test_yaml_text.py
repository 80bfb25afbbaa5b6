"""The text is what PyYAML would write, and every loader reads from it what was written."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generators.yaml_text import yaml_text
from plumbline.spec.yaml_tree import parse_tree, to_data
from tests.generators.nasty import texts

_BREAKS = "\x85\u2028\u2029"
"""Ends of lines to YAML 1.1 alone: PyYAML writes them into blocks as they are."""
_keys = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=_BREAKS), min_size=1, max_size=30)
_words = texts | st.text(st.sampled_from("ab \n\t:#-'\"|>\\é😀.yn01{}[]&*!%@`,?~=<\x00\x07\x1b\ufeff" + _BREAKS))
_scalars = (
    _words
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.none()
)
_any = st.recursive(
    _scalars, lambda each: st.lists(each, max_size=4) | st.dictionaries(_keys, each, max_size=4), max_leaves=12
)
documents = st.lists(_any, max_size=4) | st.dictionaries(_keys, _any, max_size=4)


class _Dumper(yaml.SafeDumper):
    """PyYAML's, with the choices that are ours: lists indented, no aliases, quotes or blocks for all but plain words."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


class _BlockDumper(_Dumper):
    pass


def _quoted(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    is_plain = yaml_text([value]) == f"- {value}\n"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if is_plain else '"')


def _block(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, "|") if "\n" in value else _quoted(dumper, value)


_Dumper.add_representer(str, _quoted)
_BlockDumper.add_representer(str, _block)


@pytest.mark.parametrize("blocks", [False, True])
@given(data=documents)
def test_it_is_what_pyyaml_writes(blocks: bool, data: Any) -> None:
    text = yaml_text(data, blocks=blocks)
    if not (blocks and any(char in _written(data) for char in _BREAKS)):
        dumper = _BlockDumper if blocks else _Dumper
        theirs = yaml.dump(data, Dumper=dumper, sort_keys=False, allow_unicode=True, width=2**30)
        assert text == theirs.removesuffix("...\n")  # it ends a document whose last text may go on


@pytest.mark.parametrize("blocks", [False, True])
@given(data=documents)
def test_it_reads_back_as_it_was_written(blocks: bool, data: Any) -> None:
    text = yaml_text(data, blocks=blocks)
    assert yaml.safe_load(text) == data
    root, findings = parse_tree(text, "")
    assert (to_data(root), findings) == (data, [])


def _written(data: Any) -> str:
    if isinstance(data, dict):
        return "".join(f"{key}{_written(value)}" for key, value in data.items())
    return "".join(map(_written, data)) if isinstance(data, list) else str(data)


@pytest.mark.parametrize(
    "word", ["yes", "No", "NULL", "~", "1e3", "0x1f", "1_000", "12:30", "", ".nan", "-", "=", "<<"]
)
def test_what_a_loader_could_take_for_something_else_is_quoted(word: str) -> None:
    assert yaml_text([word]) == f'- "{word}"\n'
