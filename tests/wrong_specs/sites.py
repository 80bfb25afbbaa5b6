"""Every place of the shipped spec at which something can be written, with what the committed JSON schemas say of it.

The places come from PyYAML and the schemas, not from the loader that is under test.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

SCHEMAS = Path(__file__).parents[2] / "schema" / "json"
_FOLDERS = {"services": "service", "runbooks": "runbook", "topology": "topology", "contracts": "contract"}
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Site:
    """An entry of a map, or an item of a list."""

    file: str
    path: tuple[str | int, ...]
    key: yaml.ScalarNode | None
    """None for an item of a list."""
    value: yaml.Node
    above: yaml.CollectionNode
    schemas: tuple[Schema, ...]
    """What the value may be; one of them holds."""
    key_schema: Schema
    around: frozenset[int]
    """Lines, from 1, on which what surrounds it begins."""
    is_field: bool
    """Whether the key is a field's name, not an id or a variable."""
    required: bool

    @property
    def name(self) -> str:
        """The last part of the path."""
        return str(self.path[-1])

    @property
    def line(self) -> int:
        """The line of the entry, from 1."""
        return (self.key or self.value).start_mark.line + 1

    def types(self) -> set[str]:
        """JSON types that the value may have."""
        return {kind for schema in self.schemas for kind in _kinds(schema)}


def sites(files: Mapping[str, str]) -> Iterator[Site]:
    """All places of all YAML files."""
    for file in sorted(files):
        yield from sites_of(file, files[file])


@lru_cache(maxsize=256)
def sites_of(file: str, text: str) -> tuple[Site, ...]:
    """All places of a file; none where it is no YAML file of the spec."""
    if not file.endswith(".yaml") or file.startswith(("config/", "stand-ins/")):
        return ()
    root = json.loads(_schema_text(_FOLDERS.get(file.partition("/")[0], file.removesuffix(".yaml"))))
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    assert node is not None, file
    return tuple(_below(file, (), node, (root,), root, frozenset({1, node.start_mark.line + 1})))


@cache
def _schema_text(name: str) -> str:
    return (SCHEMAS / f"{name}.json").read_text()


def _below(
    file: str, path: tuple[str | int, ...], node: Any, schemas: tuple[Schema, ...], root: Schema, around: frozenset[int]
) -> Iterator[Site]:
    alternatives = tuple(each for schema in schemas for each in _alternatives(schema, root))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            fields = [each["properties"] for each in alternatives if key.value in each.get("properties", {})]
            found = tuple(each[key.value] for each in fields)
            if not found:
                found = tuple(
                    each["additionalProperties"]
                    for each in alternatives
                    if isinstance(each.get("additionalProperties"), dict)
                )
            found = tuple(inner for each in found for inner in _alternatives(each, root))
            names: dict[str, Any] = next(
                (each["propertyNames"] for each in alternatives if "propertyNames" in each), {}
            )
            required = any(key.value in each.get("required", ()) for each in alternatives)
            below = (*path, key.value)
            yield Site(file, below, key, value, node, found, {} if fields else names, around, bool(fields), required)
            lines = around | {key.start_mark.line + 1, value.start_mark.line + 1}
            yield from _below(file, below, value, found, root, lines)
    elif isinstance(node, yaml.SequenceNode):
        items = tuple(each["items"] for each in alternatives if isinstance(each.get("items"), dict))
        items = tuple(inner for each in items for inner in _alternatives(each, root))
        for index, value in enumerate(node.value):
            yield Site(file, (*path, index), None, value, node, items, {}, around, False, False)
            yield from _below(file, (*path, index), value, items, root, around | {value.start_mark.line + 1})


def _alternatives(schema: Schema, root: Schema) -> Iterator[Schema]:
    if "$ref" in schema:
        target = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        yield from _alternatives(target, root)
    elif words := [word for word in ("anyOf", "oneOf", "allOf") if word in schema]:
        for each in schema[words[0]]:
            yield from _alternatives(each, root)
    else:
        yield schema


def _kinds(schema: Schema) -> set[str]:
    if "const" in schema or "enum" in schema:
        return {"choice"}
    kind = schema.get("type")
    return {kind} if isinstance(kind, str) else set(kind or {"anything"})
