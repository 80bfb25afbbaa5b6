"""Pages about services: one each, the list, and the table of environment variables."""

import re
from collections.abc import Iterable, Mapping, Sequence

from generators.markdown import Page, Where, code, codes, link, paths_of, prose, text
from generators.site.connection_diagrams import neighbourhoods
from generators.site.monitoring_pages import alerts_by_service, is_monitored
from generators.site.service_facts import Fact, facts, variables, words
from plumbline.effective.deployment import roles_of, services_of
from plumbline.effective.expression_names import service_names
from plumbline.effective.expression_places import known_in_service, value_places
from plumbline.expressions.rendering import value_text
from plumbline.project.artifact import Artifact
from plumbline.runbook.rendering import render_runbook
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec

FOLDER = "docs/architect/services"
_MOST_UNFOLDED = 300
"""Characters of a command that are shown without a click."""


def services(spec: Spec) -> Iterable[Artifact]:
    """`index.md` and `<id>.md`."""
    index = Page(f"{FOLDER}/index.md", "Services")
    rows: list[tuple[Where, list[str]]] = []
    for name, service in sorted(spec.services.items()):
        where = [", ".join(roles_of(spec, mode, name)) or "–" for mode in spec.modes]
        places = [
            path_of("topology", mode, "roles", role, "services")
            for mode in spec.modes
            for role in roles_of(spec, mode, name)
        ]
        rows.append(
            (
                (path_of("services", name, "summary"), *places),
                [link(name, f"{name}.md"), prose(service.summary), *map(text, where)],
            )
        )
    index.table(["Service", "What it does", *spec.modes], rows)
    yield index.done()
    runbooks, alerts = _runbooks_by_service(spec), alerts_by_service(spec)
    for name in sorted(spec.services):
        yield _page(spec, name, runbooks[name], alerts.get(name, ()))


def _page(spec: Spec, name: str, runbooks: Sequence[str], alerts: Sequence[str]) -> Artifact:
    service = spec.services[name]
    path = path_of("services", name)
    page = Page(f"{FOLDER}/{name}.md", service.title, path_of(path, "title"))
    page.add(prose(service.summary), path_of(path, "summary"))
    modes = [mode for mode in spec.modes if name in services_of(spec, mode)]
    page.table(["", ""], [row for row in _about(spec, name, runbooks, alerts) if row[1][1] != "–"])
    pictures = list(neighbourhoods(spec, name))
    if pictures:
        page.add("## Neighbours")
    for each in pictures:
        if len(pictures) > 1:
            page.add(f"{each.title}:")
        each.show(page, "../../diagrams")
    _in_modes(page, modes, "", ["", ""], [facts(spec, name, mode) for mode in modes])
    _in_modes(page, modes, "Environment ", ["Variable", "Value"], [variables(spec, name, mode) for mode in modes])
    _tests(page, spec, name)
    if service.notes:
        page.add("## Notes")
        page.add("\n".join(f"- {prose(note)}" for note in service.notes), path_of(path, "notes"))
    return page.done()


def _about(spec: Spec, name: str, runbooks: Sequence[str], alerts: Sequence[str]) -> list[tuple[Where, list[str]]]:
    """What it is, and the other pages that speak of it."""
    service, path, parity = spec.services[name], path_of("services", name), spec.parity
    features = [id for id, each in parity.features.items() if _speaks_of(name, (*each.paths, *each.covers))]
    divergences = [id for id, each in parity.divergences.items() if _speaks_of(name, each.covers)]
    kind = code(service.kind) + (", one per node" if service.per_node else "")
    titles = (f"{code(id)} {text(parity.divergences[id].title)}" for id in divergences)
    links = ", ".join(link(render_runbook(spec, each).title, f"../../operator/runbooks/{each}.md") for each in runbooks)
    watched = ", ".join(link(each, f"../../operator/alerts.md#{each}") for each in alerts)
    unwatched = f"none: {link('monitoring', '../monitoring.md')}" if is_monitored(spec) else "–"
    return [
        ((path_of(path, "kind"), path_of(path, "per_node")), ["Kind", kind]),
        ([path_of("runbooks", each) for each in runbooks], ["Runbooks", links or "–"]),
        ([path_of("monitoring", "alerts", each) for each in alerts], ["Alerts", watched or unwatched]),
        (
            [path_of("parity", "features", id) for id in features],
            ["Features", text("; ".join(parity.features[id].title for id in features)) or "–"],
        ),
        (
            [path_of("parity", "divergences", id) for id in divergences],
            [
                "Divergences",
                f"{', '.join(titles)}: {link('parity', '../../auditor/parity.md')}" if divergences else "–",
            ],
        ),
    ]


def _speaks_of(name: str, paths: Iterable[str]) -> bool:
    return any(path.split(".")[:2] == ["services", name] for path in paths)


def _in_modes(
    page: Page, modes: Sequence[str], of: str, heads: Sequence[str], found: Sequence[Mapping[str, Fact]]
) -> None:
    """What is the same in all modes of a service stands once, and what differs side by side."""
    labels = dict.fromkeys(label for each in found for label in each)
    common = [label for label in labels if len({each.get(label, _ABSENT)[1] for each in found}) == 1]
    differing = [label for label in labels if label not in common]

    def where(label: str) -> Where:
        return lambda: [path for each in found if label in each for path in paths_of(each[label][0])]

    named = f"{'in' if of else 'In'} {f'mode {text(modes[0])}' if len(modes) == 1 else 'every mode'}"
    page.section(f"## {of}{named}", heads, [(where(label), [label, found[0][label][1]]) for label in common])
    page.section(
        f"## {of}{'where' if of else 'Where'} modes differ",
        [heads[0] or "What", *modes],
        [(where(label), [label, *(each.get(label, _ABSENT)[1] for each in found)]) for label in differing],
    )


_ABSENT: Fact = (None, "–")


def _runbooks_by_service(spec: Spec) -> dict[str, list[str]]:
    """The runbooks whose commands name a service."""
    said = {
        id: "\n".join(
            filter(
                None,
                (
                    part
                    for step in render_runbook(spec, id).steps
                    for part in (step.run, step.verify, step.undo_commands)
                ),
            )
        )
        for id in sorted(spec.runbooks)
    }
    return {
        name: [id for id, text in said.items() if re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w./-])", text)]
        for name in spec.services
    }


def _tests(page: Page, spec: Spec, name: str) -> None:
    service, path = spec.services[name], path_of("services", name)
    # what is tried in every mode is shown as the first one has it
    first = next((mode for mode in spec.modes if name in services_of(spec, mode)), spec.modes[0])
    names, known = service_names(spec, first, name), known_in_service(spec, first, name)
    rows: list[tuple[Where, list[str]]] = []
    if test := service.state_test:
        rows.append((path_of(path, "state_test", "write"), ["Writes a word", _folded(words(test.write, names))]))
        rows.append((path_of(path, "state_test", "read"), ["Reads it again", _folded(words(test.read, names))]))
    for id, each in service.self_tests.items():
        shown = f"{words(each.run, names)}, prints {code(each.prints)}"
        rows.append((path_of(path, "self_tests", id), [text(each.title), _folded(shown)]))
    for id, query in service.running.items():
        answers = codes(f"{name}={value_text(value, names)}" for name, value in query.answers.items())
        places = [place for value in query.answers.values() for place in value_places(value, known)]
        where = [path_of(path, "running", id), *places]
        rows.append((where, [text(query.title), _folded(f"{words(query.run, names)}, answers {answers}")]))
    if rows:
        page.add("## Tested on a running stack")
        page.table(["What", "How"], rows)


def _folded(shown: str) -> str:
    """What fills a screen by itself is opened by whoever wants to read it."""
    return shown if len(shown) <= _MOST_UNFOLDED else f"<details><summary>Command</summary>{shown}</details>"
