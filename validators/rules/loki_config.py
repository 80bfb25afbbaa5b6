"""PLB154: whether Loki ever deletes a log."""

from collections.abc import Iterator
from typing import Any

import yaml

from plumbline.spec.spec import Spec
from validators.rules.effective_services import once
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, written_texts
from validators.rules.yaml_texts import document_of

_DELETES = (
    ("compactor", "retention_enabled", "without it the compactor deletes nothing"),
    ("compactor", "delete_request_store", "Loki does not start without it once retention is on"),
    ("limits_config", "retention_period", "without it, every log is kept forever"),
)
_SAMPLE = """
config/loki.yaml:
  schema_config: {{configs: []}}
  compactor: {{retention_enabled: {0}, delete_request_store: filesystem}}
  limits_config: {{retention_period: 336h}}
services/web.yaml: {{config: [{{source: config/loki.yaml, target: /etc/loki.yaml}}]}}
"""


@rule(
    "PLB154",
    title="Loki that deletes no log",
    why=(
        "By default Loki keeps every line forever. When its volume is full, it loses new lines and its write-ahead log."
    ),
    fix=(
        "Set `compactor.retention_enabled: true`, set `compactor.delete_request_store` to the store of the chunks, "
        "and set "
        "`limits_config.retention_period` to 24h or more."
    ),
    failing=_SAMPLE.format("false"),
    passing=_SAMPLE.format("true"),
)
def keeps_for_ever(spec: Spec) -> Iterator[Violation]:
    """Loki's files without one of the three settings that retention takes."""
    yield from once(found for text in written_texts(spec) if text.where == Where.CONFIG for found in _keeps(text))


def _keeps(text: WrittenText) -> Iterator[Violation]:
    settings = _settings(text)
    if "schema_config" not in settings:
        return
    for section, key, effect in _DELETES:
        held = settings.get(section)
        value = held.get(key) if isinstance(held, dict) else None
        if value in (None, False, "", 0, "0", "0s", "0h"):
            where = max(text.literal.find(f"{key}:"), text.literal.find(f"{section}:"))
            yield Violation(
                text.path,
                f"`{section}.{key}` is {'not set' if value is None else str(value).lower()}: {effect}",
                location=text.at(max(0, where)),
            )


def _settings(text: WrittenText) -> dict[str, Any]:
    """A file of Loki's form; empty for any other, and where it can't be read (PLB140)."""
    if not text.name.removesuffix(".j2").endswith((".yaml", ".yml")):
        return {}
    try:
        read = document_of(text.shown)
    except yaml.YAMLError:
        return {}
    return read if isinstance(read, dict) else {}
