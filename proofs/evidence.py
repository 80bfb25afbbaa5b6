"""What the pages of a release's evidence have in common: where they are written, and what they were seen on."""

from datetime import UTC, datetime
from pathlib import Path

from plumbline.spec.spec import Spec
from plumbline.stack.engine import Engine

REPORTS = Path(__file__).parents[1] / "reports"


def seen_on(spec: Spec, engine: Engine) -> str:
    """Which spec and engine, and when."""
    return f"Spec {spec.revision} on Docker Engine {engine.versions.engine}, {datetime.now(UTC):%Y-%m-%d}"
