"""YAML text of a document, and which spec path stands behind each of its lines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from generators.yaml_text import yaml_text
from plumbline.project.artifact import Source
from plumbline.spec.paths import PathText
from plumbline.spec.yaml_tree import YamlNode, key_at, node_at, parse_tree, to_data

OutputPath = tuple[str | int, ...]
Origins = dict[OutputPath, PathText | tuple[PathText, ...]]
"""Places in a document, and the spec paths that what stands there comes from."""


@dataclass(frozen=True)
class Document:
    """Data that is written as YAML below a header of comment lines."""

    header: str
    data: dict[str, Any] | list[Any]
    blocks: bool = False
    """Whether text of several lines stands as it is."""

    @property
    def text(self) -> str:
        """Header and body."""
        return self.header + yaml_text(self.data, blocks=self.blocks)

    def sources(self, origins: Mapping[OutputPath, PathText | tuple[PathText, ...]]) -> tuple[Source, ...]:
        """The sources of its lines; `origins` maps places in the document to spec paths.

        The text is read back to find them. Raises ValueError where that does not give the data.
        """
        root, findings = parse_tree(self.text, "")
        if root is None or findings or to_data(root) != self.data:
            raise ValueError("the document does not read back as it was written")
        return _sources(root, origins)


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
