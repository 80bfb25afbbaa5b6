"""JSON Schemas of the data files (draft 2020-12), and the project schema in which references are enumerations."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from generators.json_text import json_text
from plumbline.project.artifact import Artifact
from plumbline.spec.kept import note, recall
from plumbline.spec.references import ids_by_kind
from plumbline.spec.sections import SECTIONS, Section
from plumbline.spec.spec import Spec
from schema.bundle import Manifest
from schema.release import ReleaseFacts
from schema.types import REFERENCE_KEY, Model

DIALECT = "https://json-schema.org/draft/2020-12/schema"
GENERAL_FOLDER = "schema/json"
PROJECT_FOLDER = "schema/project"


OTHERS: Mapping[str, tuple[type[Model], str]] = {
    "manifest": (Manifest, "MANIFEST.json of a bundle"),
    "release": (ReleaseFacts, "release.json beside a compose file"),
}
"""Kinds of files that are no part of a spec, each with its model and its place: what a bundle and a release say of themselves."""


class SchemaGenerator:
    """`schema/project/<kind>.json` for this spec, and `schema/json/<kind>.json` for any where the project holds the reference."""

    name = "schema"

    def generate(self, spec: Spec) -> Iterable[Artifact]:
        """A schema or two per kind of file; beside the general ones those of the other files."""
        ids = ids_by_kind(spec)
        for section in SECTIONS:
            general = _schema(section)
            yield _artifact(PROJECT_FOLDER, section.schema, _with_enumerations(general, ids))
            if spec.platform.reference:
                yield _artifact(GENERAL_FOLDER, section.schema, general)
        if spec.platform.reference:
            for kind, other in OTHERS.items():
                yield _artifact(GENERAL_FOLDER, kind, _described(*other))


def schema_of(kind: str) -> str:
    """The general schema of a kind of file as JSON text."""
    if kind in OTHERS:
        return _text(_described(*OTHERS[kind]))
    return _text(_schema(next(section for section in SECTIONS if section.schema == kind)))


def _artifact(folder: str, kind: str, schema: dict[str, Any]) -> Artifact:
    return Artifact(f"{folder}/{kind}.json", (_text(schema) + "\n").encode())


def _text(schema: dict[str, Any]) -> str:
    return json_text(schema)


def _schema(section: Section) -> dict[str, Any]:
    return _described(section.model, f"{section.name}/<id>.yaml" if section.folder else f"{section.name}.yaml")


@cache
def plain_schema(model: type[Model]) -> dict[str, Any]:
    """The model's schema as pydantic gives it. It is shared: it must not be changed."""
    name = f"{model.__module__}.{model.__qualname__}"
    schema: dict[str, Any] | None = recall("schema", name)
    if schema is None:
        schema = model.model_json_schema()
        note("schema", name, schema)
    return schema


@cache
def _described(model: type[Model], place: str) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        **_closed_keys(plain_schema(model)),
        "$comment": f"Describes {place}. Generated from schema/; do not edit.",
    }


def _closed_keys(schema: Any) -> Any:
    """Turn `patternProperties` of maps into `propertyNames`, so that a key of the wrong form is rejected, not ignored."""
    if isinstance(schema, list):
        return [_closed_keys(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed_keys(value) for key, value in schema.items()}
    patterns = closed.pop("patternProperties", None)
    if patterns:
        pattern, value = next(iter(patterns.items()))
        names = closed.get("propertyNames", {})
        closed["propertyNames"] = {**names, "pattern": pattern} if pattern else names
        closed["additionalProperties"] = value
    return closed


def _with_enumerations(schema: Any, ids: dict[str, list[str]]) -> Any:
    if isinstance(schema, list):
        return [_with_enumerations(item, ids) for item in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: _with_enumerations(value, ids) for key, value in schema.items()}
    kind = changed.get(REFERENCE_KEY)
    if isinstance(kind, str) and kind in ids:
        changed.pop("pattern", None)
        changed["enum"] = ids[kind]
    return changed
