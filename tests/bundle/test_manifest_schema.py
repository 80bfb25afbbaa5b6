"""The JSON Schema of a manifest takes what Plumbline takes, and refuses what it refuses."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from plumbline.bundle.manifest import text_of
from schema.bundle import BundledModel, Manifest
from tests.bundle.small import described, files

SCHEMA = json.loads((Path(__file__).parents[2] / "schema" / "json" / "manifest.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
REAL: dict[str, Any] = json.loads(
    text_of(
        described(
            files(),
            models=(BundledModel(model="clamav", path="models/clamav", substitute=True),),
            caveats=("model clamav is a small substitute",),
            next_key="AB" * 20,
        )
    )
)
WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    7,
    2.5,
    "",
    "x",
    "../x",
    "/x",
    "a b",
    "ä",
    "1.0",
    "sha256:0",
    "A" * 40,
    [],
    {},
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Each value of the manifest, of a list its first item."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


def changed(path: tuple[str | int, ...]) -> Iterator[Any]:
    """The manifest with a value taken out, one added beside it, and others in its place."""
    for value in WRONG:
        data = deepcopy(REAL)
        holder = data
        for part in path[:-1]:
            holder = holder[part]  # type: ignore[index]
        holder[path[-1]] = value  # type: ignore[index]
        yield data
    data = deepcopy(REAL)
    holder = data
    for part in path[:-1]:
        holder = holder[part]  # type: ignore[index]
    if isinstance(holder, dict):
        value = holder.pop(str(path[-1]))
        yield deepcopy(data)
        holder[str(path[-1])] = value
        holder["more"] = value
        yield data


def taken(data: Any) -> bool:
    """Whether Plumbline takes it."""
    try:
        Manifest.model_validate_json(json.dumps(data))
    except ValidationError:
        return False
    return True


def test_it_takes_a_manifest() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert list(VALIDATOR.iter_errors(REAL)) == []
    assert not VALIDATOR.is_valid(REAL | {"format": 3})


@pytest.mark.parametrize("path", [path for path in places(REAL) if path], ids=lambda path: ".".join(map(str, path)))
def test_it_refuses_what_plumbline_refuses(path: tuple[str | int, ...]) -> None:
    found = [(data, VALIDATOR.is_valid(data), taken(data)) for data in changed(path)]
    assert [data for data, schema, model in found if schema != model] == []
    assert any(not model for _, _, model in found)
