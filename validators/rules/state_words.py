"""PLB152: tests of state and exports, whose two commands have to speak of the same thing."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.service import Service
from validators.rules.effective_services import raw
from validators.rules.registry import Violation, rule

_NAME = re.compile(r"[A-Za-z][\w:.-]{5,}")
_ALIKE = 0.8
_TEST = "services/db.yaml: {{state_test: {{write: [keep, plumbline_kept, $0], read: [show, {0}]}}}}"
FOLDER = "/export"
"""Where the folder of an export is mounted."""


@rule(
    "PLB152",
    title="State test or export that reads another location than is written",
    why="The test fails on a healthy store, or the export is an empty folder, and nobody notices until the export is needed.",
    fix=f"Read what `write` writes. Write the files of a `folder` export to {FOLDER}, and restore them from there.",
    failing=_TEST.format("plumbline_keep"),
    passing=_TEST.format("plumbline_kept"),
)
def reads_elsewhere(spec: Spec) -> Iterator[Violation]:
    """Names in `read` that are nearly one of `write`, and folder exports that never name their folder."""
    for name, service in spec.services.items():
        if service.state_test:
            written = _names(service.state_test.write)
            for index, word in enumerate(service.state_test.read):
                for lost in sorted(_names((word,)) - written):
                    if close := get_close_matches(lost, written, n=1, cutoff=_ALIKE):
                        path = path_of("services", name, "state_test", "read", index)
                        yield Violation(path, f"it reads `{lost}`, but `{close[0]}` is written", observed=lost)
        yield from _exports(name, service)


def _names(words: tuple[object, ...]) -> set[str]:
    return {found for word in words for found in _NAME.findall(raw(word))}  # type: ignore[arg-type]


def _exports(name: str, service: Service) -> Iterator[Violation]:
    for index, export in enumerate(service.exports):
        for field in ("command", "restore") if export.folder else ():
            words = getattr(export, field)
            if words and not any(re.search(rf"{FOLDER}(?![\w-])", raw(word)) for word in words):
                path = path_of("services", name, "exports", index, field)
                yield Violation(path, f"`{export.file}` is a folder, but the command does not name {FOLDER}")
