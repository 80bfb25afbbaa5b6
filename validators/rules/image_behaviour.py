"""PLB317–PLB319: what an image does by itself, by its contract: its first process, its reports, its end."""

import re
from collections.abc import Iterator

from plumbline.spec.finding import Severity
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.contract import Contract, FirstProcess, Switch
from schema.service import Service
from validators.rules.effective_services import Placed, once, placed_services, raw
from validators.rules.image_programs import has
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services, without_comments

_READ = 'read: {tag: "16.15-alpine"}'
_OUTLIVES = f"contracts/postgres.yaml: {{{_READ}, first_process: {{program: tini, ends_with_server: false, scripts: [/init]}}}}\n"
_REPORTS = f"contracts/postgres.yaml: {{{_READ}, telemetry: [{{sends: Its use, off_by: [{{variable: REPORTS, value: 'off'}}]}}]}}\n"
_SLOW = f"contracts/postgres.yaml: {{{_READ}, stop: {{signal: SIGINT, within_s: 30}}}}\n"


def _with_contracts(spec: Spec) -> Iterator[tuple[Placed, Contract]]:
    for placed in placed_services(spec):
        if contract := spec.contracts.get(placed.service.image):
            yield placed, contract


@rule(
    "PLB317",
    title="Container that outlives its server",
    why=(
        "The engine restarts a container when its first process exits. Here the first process is not the "
        "server: if the server dies, the container stays up, and nothing restarts the server."
    ),
    fix=(
        "Set `entrypoint` to the server itself, so that it is the first process. Pass it the options that the "
        "image's script would pass."
    ),
    failing=_OUTLIVES,
    passing=_OUTLIVES + "services/db.yaml: {entrypoint: [postgres]}\n",
)
def outlives_its_server(spec: Spec) -> Iterator[Violation]:
    """Services with an image's own entry point, whose first process does not end with the server."""
    return once(found for placed, contract in _with_contracts(spec) for found in _outlives(placed, contract))


def _outlives(placed: Placed, contract: Contract) -> Iterator[Violation]:
    first, service = contract.first_process, placed.service
    if first is None or first.ends_with_server or service.kind == "job":
        return
    script, arguments = own_script(service, first.scripts)
    if script is None or gives_way(first, contract.programs, arguments):
        return
    path = placed.path("entrypoint") if script else path_of("services", placed.id, "image")
    yield Violation(
        path,
        f"the first process of {placed.id} is {first.program}, which stays up when the server dies",
        observed=script or None,
        also=((path_of("contracts", service.image, "first_process"), "what the image does"),),
    )


def own_script(service: Service, scripts: tuple[str, ...]) -> tuple[str | None, list[str]]:
    """The image's own script that starts the container, and its arguments.

    It has no name where the service sets no entry point, and is None where the service starts something else.
    """
    words = " ".join(raw(word) for word in (*(service.entrypoint or ()), *(service.command or ())))
    for each in scripts:
        if found := re.search(rf"(?<![\w./-]){re.escape(each)}(?![\w./-])", words):
            return each, words[found.end() :].split()
    return (None, []) if service.entrypoint is not None else ("", words.split())


def gives_way(first: FirstProcess, programs: tuple[str, ...] | None, arguments: list[str]) -> bool:
    """Whether the script runs what its arguments name in its own place."""
    if not arguments:
        return False
    if arguments[0].startswith("-"):
        return "options" in first.gives_way_to
    return "programs" in first.gives_way_to and has(programs or (), arguments[0])


@rule(
    "PLB318",
    title="Image that sends telemetry",
    severity=Severity.WARNING,
    why="It sends data that nobody decided to send. Without egress, it keeps retrying and fills the log.",
    fix="Turn it off as the hint says, or add a waiver with the reason.",
    failing=_REPORTS,
    passing=_REPORTS + 'services/db.yaml: {environment: {REPORTS: "off"}}\n',
)
def reports(spec: Spec) -> Iterator[Violation]:
    """Services whose texts hold no switch that turns off what their image sends."""
    return once(found for placed, texts in of_services(spec) for found in _reports(placed, texts))


def _reports(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[Violation]:
    contract = placed.spec.contracts.get(placed.service.image)
    if not all(text.resolves for text in texts):
        return  # PLB107 says so
    for index, each in enumerate(contract.telemetry if contract and placed.service.kind != "job" else ()):
        if any(is_switched(switch, text) for switch in each.off_by for text in texts):
            continue
        yield Violation(
            _place_of_switches(placed),
            f"image {placed.service.image} of {placed.id} sends by default: {each.sends[0].lower()}{each.sends[1:]}",
            f"set {' or '.join(written_form(switch) for switch in each.off_by)}",
            also=((path_of("contracts", placed.service.image, "telemetry", index), "what it sends"),),
        )


def _place_of_switches(placed: Placed) -> PathText:
    return placed.path("environment") if placed.service.environment else path_of("services", placed.id, "image")


def written_form(switch: Switch) -> str:
    """A switch as one writes it."""
    if switch.option:
        return f"the option `{switch.option}`"
    kind, name = ("variable", switch.variable) if switch.variable else ("key", switch.setting)
    return f"the {kind} `{name}` to `{switch.value}`"


def is_switched(switch: Switch, text: WrittenText) -> bool:
    """Whether a text of a service is, or holds, the switch."""
    value = (switch.value or "").lower()
    if switch.variable and text.where == Where.VARIABLE:
        return text.name == switch.variable and text.shown.lower() == value
    if switch.option and text.where == Where.COMMAND:
        return switch.option in text.shown.split()
    if switch.setting and text.where == Where.CONFIG:
        wanted = rf"(?<![\w.-]){re.escape(switch.setting)}[\"']?[ \t]*[:=][ \t]*[\"']?{re.escape(value)}\b"
        return re.search(wanted, without_comments(text.shown), re.IGNORECASE) is not None
    return False


@rule(
    "PLB319",
    title="Stop timeout shorter than the image needs",
    severity=Severity.WARNING,
    why=(
        "The engine kills the process while it still works: open requests fail, and unwritten data is lost or has "
        "to be repaired at the next start."
    ),
    fix="Set `stop_grace_s` above the time that the image's settings allow for a stop.",
    failing=_SLOW,
    passing=_SLOW + "services/db.yaml: {stop_grace_s: 40}\n",
)
def killed_too_early(spec: Spec) -> Iterator[Violation]:
    """Services with less time to stop than their image takes."""
    return once(found for placed, contract in _with_contracts(spec) for found in _too_early(placed, contract))


def _too_early(placed: Placed, contract: Contract) -> Iterator[Violation]:
    takes, service = contract.stop.within_s if contract.stop else None, placed.service
    if takes is None or service.kind == "job" or service.stop_grace_s >= takes:
        return
    yield Violation(
        placed.path("stop_grace_s"),
        (
            f"{placed.id} is killed {service.stop_grace_s} s after its stop signal, but image {service.image} may take {takes} s"
        ),
        observed=str(service.stop_grace_s),
        also=((path_of("contracts", service.image, "stop"), "what the image does"),),
    )
