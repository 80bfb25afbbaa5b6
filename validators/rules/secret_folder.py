"""PLB615: the tenants' secrets stand in no folder of generated files."""

from collections.abc import Iterator

from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.registry import Violation, rule
from validators.rules.secrets import INVENTORY

_GENERATED = ("deploy", "docs", "schema")
"""Folders of a project that `plumb build` writes."""


@rule(
    "PLB615",
    title="Secrets in a folder of generated files",
    why="Generated files are delivered and published, and the secrets would be with them.",
    fix="Name a folder of its own, e.g. `.secrets/{tenant}`.",
    failing=INVENTORY.replace("secrets/{tenant}", "deploy/{tenant}"),
    passing=INVENTORY,
)
def among_generated(spec: Spec) -> Iterator[Violation]:
    """Folders of secrets that begin with one of those."""
    first = spec.secrets.folder.removeprefix("./").partition("/")[0]
    if first in _GENERATED:
        yield Violation(path_of("secrets", "folder"), f"`{first}` holds generated files", observed=spec.secrets.folder)
