"""No field of the spec is silently ignored: each is read by a generator or a rule, or says that it is documentation."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from generators.registry import generate
from plumbline.spec.loading import load_spec
from plumbline.spec.sections import SECTIONS
from plumbline.spec.spec_files import read_spec_files
from schema.types import DOCUMENTATION_KEY, Model
from validators.all_rules import ALL_RULES
from validators.rules import check_rules

ROOT = Path(__file__).parents[1]


def _models(model: type[Model], seen: set[type[Model]]) -> Iterator[type[Model]]:
    if model in seen:
        return
    seen.add(model)
    yield model
    for field in model.model_fields.values():
        for inner in _models_in(field.annotation):
            yield from _models(inner, seen)


def _models_in(annotation: Any) -> Iterator[type[Model]]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)


def _is_documentation(model: type[Model], name: str) -> bool:
    extra = model.model_fields[name].json_schema_extra
    return isinstance(extra, dict) and bool(extra.get(DOCUMENTATION_KEY))


IGNORED = """
ignored:
  - {mode: offline, subject: services.redis, fact: listen, reason: r, expires: "2999-01-01"}
"""


def test_every_field_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    files = dict(read_spec_files(ROOT / "data"))
    files["waivers.yaml"] += IGNORED  # the shipped spec has none, as of what follows
    files["services/qdrant.yaml"] += "shares: [{service: minio, volume: data, target: /mnt/objects}]\n"
    own = "octet: 1, nodes: {worker: {count: 2, server_type: cx23}}"
    files["tenants.yaml"] = files["tenants.yaml"].replace("octet: 1", own, 1)
    spec, findings = load_spec(files)
    assert spec is not None, findings
    used: set[tuple[str, str]] = set()
    plain = Model.__getattribute__

    def recording(self: Model, name: str) -> Any:
        used.add((type(self).__name__, name))
        return plain(self, name)

    monkeypatch.setattr(Model, "__getattribute__", recording)
    check_rules(spec, date.today())
    generate(spec, tuple(ALL_RULES.values()))
    monkeypatch.undo()

    seen: set[type[Model]] = set()
    models = [model for section in SECTIONS for model in _models(section.model, seen)]
    ignored = [
        f"{model.__name__}.{name}"
        for model in models
        for name in model.model_fields
        if (model.__name__, name) not in used and not _is_documentation(model, name)
    ]
    assert ignored == []
