"""Releases of a shop, and what an update of it leaves."""

from typing import Any

from schema.release import ReleaseFacts
from tests.bundle.small_engine import SmallEngine
from tests.update.facts import data, release, service

OLD, NEW = "0" * 64, "1" * 64
"""Entries of services, before a change and after it."""


def shop(
    version: str = "1.0", changed: tuple[str, ...] = (), more: dict[str, Any] | None = None, **fields: Any
) -> ReleaseFacts:
    """A store with a job that owns its volume, a migration, a worker that is drained, an entry, and one by itself."""
    parts: dict[str, dict[str, Any]] = {
        "owner": {"kind": "job", "health": False},
        "postgres": {"needs": ("owner",), "volumes": ("data",), "data": data("16.4")},
        "alone": {},
        "migrate": {"kind": "job", "called": True, "health": False, "needs": ("postgres",), "profiles": ("job",)},
        "worker": {"needs": ("postgres",), "drained": True},
        "web": {"needs": ("worker", "postgres"), "answers": ("127.0.0.1:80",)},
        "extra": {"profiles": ("more",)},
    }
    for name, each in (more or {}).items():
        parts[name] = parts.get(name, {}) | each
    services = {name: service(**({"entry": NEW if name in changed else OLD} | each)) for name, each in parts.items()}
    return release(services, version=version, **fields)


def left(engine: SmallEngine) -> list[str]:
    """Files of an update that is not done."""
    return [each for each in ("changing", "recreate", "whole", "unfinished") if (engine.host.state / each).exists()]
