"""The parity matrix: a page, a CSV and a JSON file."""

import csv
import io
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from generators.json_text import json_text
from generators.markdown import Page, code, codes, prose, text
from generators.provenance import Origins, OutputPath, sources
from plumbline.project.artifact import Artifact, Source
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec

FOLDER = "docs/auditor"


class ParityGenerator:
    """Every feature with its status in each mode, and every divergence with reason, impact and workaround."""

    name = "parity"

    def generate(self, spec: Spec) -> Iterable[Artifact]:
        """`parity.md`, `parity.csv`, `parity.json`."""
        if spec.parity.features:
            yield _page(spec)
            yield _csv(spec)
            yield _json(spec)


def _page(spec: Spec) -> Artifact:
    page = Page(f"{FOLDER}/parity.md", "Mode parity")
    page.add("What the platform does in each mode. Also as [CSV](parity.csv) and [JSON](parity.json).")
    page.add("*full*: the same. *equivalent*: the same for its users, by other means. *divergent*: see the divergence.")
    rows = []
    for name, feature in spec.parity.features.items():
        verdict = (
            f"[{feature.parity} ({feature.divergence})](#{feature.divergence.lower()})"
            if feature.divergence
            else feature.parity
        )
        status = [text(feature.status.get(mode, "–")) for mode in spec.modes]
        rows.append((path_of("parity", "features", name), [text(feature.title), *status, verdict]))
    page.table(["Feature", *spec.modes, "Parity"], rows)
    for name, feature in spec.parity.features.items():
        if feature.means:
            page.add(
                f"**{text(feature.title)}** is equivalent: {prose(feature.means)}",
                (path_of("parity", "features", name, "means"), path_of("parity", "features", name, "title")),
            )
    for name, feature in spec.parity.features.items():
        if feature.unproven:
            page.add(
                f"**{text(feature.title)}** is not proven by behaviour: {prose(feature.unproven)}",
                (path_of("parity", "features", name, "unproven"), path_of("parity", "features", name, "title")),
            )
    page.add("## Divergences")
    for name, divergence in spec.parity.divergences.items():
        path = path_of("parity", "divergences", name)
        page.add(f'<a id="{name.lower()}"></a>')
        page.add(f"### {name}: {text(divergence.title)}", path_of(path, "title"))
        page.table(
            ["", ""],
            [
                (path_of(path, "reason"), ["Reason", prose(divergence.reason)]),
                (path_of(path, "impact"), ["Impact", prose(divergence.impact)]),
                (path_of(path, "workaround"), ["Workaround", prose(divergence.workaround or "none")]),
                (path_of(path, "covers"), ["Explains", codes(divergence.covers)]),
                *(
                    [(path_of(path, "sets_apart"), ["Sets apart", codes(divergence.sets_apart)])]
                    if divergence.sets_apart
                    else []
                ),
            ],
        )
    _probes(page, spec)
    page.add("## What each feature rests on")
    page.table(
        ["Feature", "Spec paths"],
        [
            (
                [path_of("parity", "features", name, each) for each in ("paths", "covers", "title")],
                [text(feature.title), codes((*feature.paths, *feature.covers))],
            )
            for name, feature in spec.parity.features.items()
        ],
    )
    return page.done()


def _probes(page: Page, spec: Spec) -> None:
    page.add("## How it is shown")
    page.add("`plumb verify parity` starts the modes side by side and runs these probes in each of them.")
    page.table(
        ["Feature", "What it shows", "Proves", "How", *spec.modes],
        [
            (
                (path_of("parity", "features", name, "probes", number), path_of("parity", "features", name, "title")),
                [
                    text(feature.title),
                    prose(probe.shows),
                    text(probe.proof),
                    code(probe.text),
                    *(code(probe.answers.get(mode, "–")) for mode in spec.modes),
                ],
            )
            for name, feature in spec.parity.features.items()
            for number, probe in enumerate(feature.probes)
        ],
    )
    unprobed = {name: feature.title for name, feature in spec.parity.features.items() if not feature.probes}
    if unprobed:
        titles = "; ".join(text(title) for title in unprobed.values())
        page.add(f"No probe shows: {titles}.", [path_of("parity", "features", name, "title") for name in unprobed])


def _csv(spec: Spec) -> Artifact:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["id", "feature", *spec.modes, "parity", "divergence"])
    sources: list[Source] = []
    last = 1
    for name, feature in spec.parity.features.items():
        begin, first = stream.tell(), last + 1
        status = [feature.status.get(mode, "") for mode in spec.modes]
        writer.writerow([name, feature.title, *status, feature.parity, feature.divergence or ""])
        last += stream.getvalue().count("\n", begin)
        fields = ("title", "status", "parity", "divergence")
        sources += [Source(first, last, path_of("parity", "features", name, field)) for field in fields]
    return Artifact(f"{FOLDER}/parity.csv", stream.getvalue().encode(), sources=tuple(sources))


def _json(spec: Spec) -> Artifact:
    matrix = {
        "modes": list(spec.modes),
        "features": [{"id": name, **feature.model_dump()} for name, feature in spec.parity.features.items()],
        "divergences": [{"id": name, **each.model_dump()} for name, each in spec.parity.divergences.items()],
    }
    text = json_text(matrix) + "\n"
    return Artifact(f"{FOLDER}/parity.json", text.encode(), traced=partial(_json_sources, matrix, text))


def _json_sources(matrix: dict[str, Any], text: str) -> Iterable[Source]:
    origins: Origins = {}
    for kind in ("features", "divergences"):
        for index, entry in enumerate(matrix[kind]):
            at = path_of("parity", kind, entry["id"])
            origins[kind, index] = at
            for place in _below(entry):
                if place[0] != "id":
                    origins[(kind, index, *place)] = path_of(at, *place)
    return sources(text, origins)


def _below(value: Any) -> Iterator[OutputPath]:
    """The places of everything in a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, item in items:
        yield (key,)
        yield from ((key, *place) for place in _below(item))
