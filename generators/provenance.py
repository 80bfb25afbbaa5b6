"""YAML text of a document, and which spec path stands behind each of its lines."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from plumbline.project.artifact import Source
from plumbline.spec.paths import PathText
from plumbline.spec.yaml_tree import YamlNode, key_at, node_at, parse_tree, to_data

OutputPath = tuple[str | int, ...]
Origins = dict[OutputPath, PathText | tuple[PathText, ...]]
"""Places in a document, and the spec paths that what stands there comes from."""

_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./-]*")
_SPECIAL = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}


class _TracedDumper(yaml.SafeDumper):
    """Block style, lists indented, and every string that any YAML version could take for something else in quotes."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _TracedDumper, value: str) -> yaml.ScalarNode:
    plain = _PLAIN.fullmatch(value) and value.lower().strip(".") not in _SPECIAL and not value.startswith(".")
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


_TracedDumper.add_representer(str, _text)


class _BlockDumper(_TracedDumper):
    """The same, with text of several lines shown as it is."""


def _block(dumper: _TracedDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|") if "\n" in value else _text(dumper, value)


_BlockDumper.add_representer(str, _block)


def document(
    header: str,
    data: dict[str, Any] | list[Any],
    origins: Mapping[OutputPath, PathText | tuple[PathText, ...]],
    blocks: bool = False,
) -> tuple[str, tuple[Source, ...]]:
    """The document's text below a header of comment lines, and its sources.

    `origins` maps places in the document to spec paths; with `blocks`, text of several lines stands as it is. Raises
    ValueError where the text does not read back as the data.
    """
    dumper = _BlockDumper if blocks else _TracedDumper
    body = yaml.dump(data, Dumper=dumper, sort_keys=False, allow_unicode=True, width=2**30, default_flow_style=False)
    text = header + body
    root, findings = parse_tree(text, "")
    if root is None or findings or to_data(root) != data:
        raise ValueError("the document does not read back as it was written")
    return text, _sources(root, origins)


def sources(text: str, origins: Mapping[OutputPath, PathText | tuple[PathText, ...]]) -> tuple[Source, ...]:
    """The sources of a document of YAML or JSON. Raises ValueError where it is none."""
    root, _ = parse_tree(text, "")
    if root is None:
        raise ValueError("the document is empty")
    return _sources(root, origins)


def _sources(root: YamlNode, origins: Mapping[OutputPath, PathText | tuple[PathText, ...]]) -> tuple[Source, ...]:
    return tuple(
        source
        for place, paths in origins.items()
        for source in _of_place(root, place, (paths,) if isinstance(paths, PathText) else paths)
    )


def _of_place(root: YamlNode, place: OutputPath, paths: tuple[PathText, ...]) -> Iterator[Source]:
    node = node_at(root, place)
    value = node.location
    key = key_at(root, place)
    first = key.location.line if key else value.line
    # a block's end mark stands at the start of the line after it
    last = value.end_line - 1 if value.end_column == 1 and value.end_line > value.line else value.end_line
    for path in paths:
        yield Source(first, max(first, last), path, _has_keys(node))


def _has_keys(node: YamlNode) -> bool:
    """Whether what the node says is said by the keys in it, each of which comes from a place of its own."""
    values = node.value if isinstance(node.value, list) else [node]
    return any(isinstance(each.value, dict) and each.value for each in values)
