"""The data reference: every field of every data file, from the models."""

from collections.abc import Iterable
from typing import Any

from generators.json_schema import plain_schema
from generators.markdown import Page, code, prose, text
from plumbline.project.artifact import Artifact
from plumbline.spec.sections import SECTIONS
from plumbline.spec.spec import Spec
from schema.types import DOCUMENTATION_KEY


def reference(spec: Spec) -> Iterable[Artifact]:
    """`docs/architect/data.md`, in a project that holds the reference."""
    if not spec.platform.reference:
        return
    page = Page("docs/architect/data.md", "Data reference")
    page.add(
        "The fields of a spec, file by file. The JSON Schemas are in `schema/json`; those with this spec's own IDs "
        "are in `schema/project`."
    )
    for section in SECTIONS:
        file = f"{section.name}/<id>.yaml" if section.folder else f"{section.name}.yaml"
        page.add(f"## {text(file)}")
        schema = plain_schema(section.model)
        _fields(page, schema)
        for name, part in sorted(schema.get("$defs", {}).items()):
            if part.get("properties"):
                page.add(f"### {name} in {text(file)}").add(prose(part.get("description", "")))
                _fields(page, part)
    yield page.done()


def _fields(page: Page, schema: dict[str, Any]) -> None:
    required = set(schema.get("required", ()))
    page.table(
        ["Field", "Type", "Needed", "What it says"],
        [
            (
                None,
                [
                    code(name),
                    code(_kind(field)),
                    "yes" if name in required else "",
                    prose(field.get("description", ""))
                    + (" *(documentation only)*" if field.get(DOCUMENTATION_KEY) else ""),
                ],
            )
            for name, field in schema.get("properties", {}).items()
        ],
    )


def _kind(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in field:
        return " or ".join(kind for part in field["anyOf"] if (kind := _kind(part)) != "null") or "null"
    if "enum" in field:
        return " | ".join(str(value) for value in field["enum"])
    if "const" in field:
        return str(field["const"])
    match field.get("type"):
        case "array":
            return f"list of {_kind(field.get('items', {}))}"
        case "object":
            values: Any = field.get("additionalProperties") or next(
                iter(field.get("patternProperties", {}).values()), {}
            )
            return f"map of {_kind(values)}" if isinstance(values, dict) else "map"
        case _:
            return str(field.get("type") or "any")
