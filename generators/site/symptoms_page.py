"""`docs/operator/symptoms.md`: from what an operator sees to the runbook that handles it."""

import re
from collections.abc import Iterable, Iterator
from functools import partial

from generators.markdown import Page, Where, code, link, prose, text
from generators.offline.scripts import host_scripts
from generators.site.monitoring_pages import handled_by, is_monitored, rules_by_mode, runbook_links
from plumbline.bundle.refusal import REASONS
from plumbline.effective.deployment import is_sealed
from plumbline.project.artifact import Artifact
from plumbline.provisioning.exit_codes import TOLD
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec

PAGE = "docs/operator/symptoms.md"
_AT = partial(path_of, "monitoring")
_CODES = re.compile(r"^Exit codes: (?P<codes>.*)$", re.MULTILINE)
_CODE = re.compile(r"(?:^|, )(?P<code>[0-9]+) (?P<means>.*?)(?=, [0-9]+ |[.;] |[.;]?$)")
_PROVISIONING = "provision.py"
_PROVISION_CODE = re.compile(r"\s(?P<code>[0-9]) (?P<means>[^;]*?)(?=;|\.\s|\.?$)")
_REFUSES = ("verify.sh", "install.sh")
"""Scripts that refuse a bundle for one of the reasons."""


def has_symptoms(spec: Spec) -> bool:
    """Whether there is such a page."""
    return bool(spec.monitoring.symptoms) or is_monitored(spec)


def symptoms(spec: Spec) -> Iterable[Artifact]:
    """The index, where the spec has symptoms or alerts."""
    if not has_symptoms(spec):
        return
    page = Page(PAGE, "Symptoms", _AT("symptoms"))
    page.add("What you see, and what to read next. Search this page for the words or the number that you saw.")
    if spec.monitoring.symptoms:
        page.add("## What you see")
    for id in spec.monitoring.symptoms:
        _seen(page, spec, id)
    page.section("## Alerts", ["Alert", "Read next"], list(_alerts(spec)))
    scripts = exit_codes(spec)
    page.section(
        "## Exit codes of the scripts",
        ["Script", "Exit code", "It means", "Read next"],
        [
            (_titles(using), [code(script), code(number), prose(means), runbook_links(spec, using, "")])
            for script, found in scripts.items()
            for using in (runbooks_with(spec, script),)
            for number, means in found.items()
        ],
    )
    refusing = [each for each in _REFUSES if each in scripts]
    if refusing:
        page.add("## A bundle is refused")
        handled = dict.fromkeys(id for script in refusing for id in runbooks_with(spec, script))
        page.add(
            f"`verify.sh` and `install.sh` name one of these reasons in brackets. Read next: {runbook_links(spec, handled, '')}.",
            _titles(handled),
        )
        page.table(["Reason", "It means"], [(None, [code(reason), prose(why)]) for reason, why in REASONS.items()])
    yield page.done()


def _seen(page: Page, spec: Spec, id: str) -> None:
    """Below a heading of its own: by it the search finds the symptom, and no cell of a table is narrow on a telephone."""
    symptom, at = spec.monitoring.symptoms[id], _AT("symptoms", id)
    page.add(f"### {text(symptom.title)}", path_of(at, "title"))
    page.add(prose(symptom.means), path_of(at, "means"))
    if symptom.first:
        page.add(prose(symptom.first), path_of(at, "first"))
    links = runbook_links(spec, symptom.runbooks, "")
    if links != "–":
        page.add(f"**Read next:** {links}", [path_of(at, "runbooks"), *_titles(symptom.runbooks)])


def _alerts(spec: Spec) -> Iterator[tuple[Where, list[str]]]:
    for id in spec.monitoring.alerts if is_monitored(spec) else ():
        rules = rules_by_mode(spec, id)
        answer = handled_by(spec, rules, "")
        reason = spec.monitoring.unanswered.get(id, "")
        handling = {each for of_mode in rules.values() for rule in of_mode for each in rule.runbooks}
        yield (
            (_AT("alerts", id), _AT("unanswered", id), *_titles(sorted(handling))),
            [link(id, f"alerts.md#{id}"), prose(reason) if answer == "–" else answer],
        )


def _titles(runbooks: Iterable[str]) -> list[PathText]:
    return [path_of("runbooks", each, "title") for each in runbooks]


def exit_codes(spec: Spec) -> dict[str, dict[str, str]]:
    """What each exit code of each generated script means, as its own help says; not those of success."""
    found: dict[str, dict[str, str]] = {}
    if any(topology.cloud for topology in spec.topology.values()):
        said = TOLD.partition(":")[2].replace("\n", " ")
        found[_PROVISIONING] = {
            each["code"]: each["means"] for each in _PROVISION_CODE.finditer(said) if each["code"] != "0"
        }
    if not any(is_sealed(spec, mode) for mode in spec.modes):
        return found
    for artifact in host_scripts(spec):
        name = artifact.path.rpartition("/")[2]
        if help := _CODES.search(artifact.content.decode()):
            found[name] = {each["code"]: each["means"] for each in _CODE.finditer(help["codes"]) if each["code"] != "0"}
    return found


def runbooks_with(spec: Spec, script: str) -> list[str]:
    """Runbooks with a step that runs a script; where there are none, those that tell their reader to run it."""
    called = "plumb provision" if script == _PROVISIONING else script
    word = re.compile(rf"(?<![\w-]){re.escape(called)}\b")
    running = [
        id
        for id, each in spec.runbooks.items()
        if any(called in step.run and word.search(step.run) for step in each.steps)
    ]
    return running or [
        id for id, each in spec.runbooks.items() if word.search("\n".join((*each.before, each.on_failure)))
    ]
