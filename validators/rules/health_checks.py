"""PLB422, PLB431: whether a health check can say that something is wrong, and whether a question by HTTP has an answer."""

import shlex
from collections.abc import Iterator

from plumbline.effective.deployment import services_of
from plumbline.runbook.shell_syntax import Node, Script, call_of, parse_scripts
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.probe import FlowProbe, HttpProbe
from schema.service import Service
from validators.rules.effective_services import Placed, once, placed_services
from validators.rules.parity_examples import example
from validators.rules.probes import all_probes
from validators.rules.program_ports import NO_HTTP
from validators.rules.registry import Violation, rule
from validators.shell_questions import NEVER_FAILING

_SHELLS = {"sh", "bash", "ash", "dash", "busybox"}


def _web(command: str) -> str:
    return f"services/web.yaml: {{health: {{http: null, command: {command}}}}}\n"


@rule(
    "PLB422",
    title="Health check that cannot fail",
    why=(
        "The engine always reports the service as healthy: what needs it starts too early, and updates continue "
        "over a dead service."
    ),
    fix="Ask the service something that only it can answer, and let the check's last command fail when it does not.",
    failing=_web('[sh, -c, "wget -q http://127.0.0.1:8080/ || true"]'),
    passing=_web('[sh, -c, "wget -q http://127.0.0.1:8080/"]'),
)
def never_ill(spec: Spec) -> Iterator[Violation]:
    asked = [placed for placed in placed_services(spec) if placed.service.health and placed.service.health.command]
    scripts = parse_scripts(tuple(_text(placed) for placed in asked))
    return once(
        Violation(placed.path("health", "command"), f"the health check of {placed.id} always succeeds")
        for placed, script in zip(asked, scripts, strict=True)
        if isinstance(script, Script) and script.statements and _ends_well(script.statements[-1])
    )


def _text(placed: Placed) -> str:
    """What a shell does for it: of the shell that it calls, the script."""
    health = placed.service.health
    words = [word if isinstance(word, str) else word.template for word in (health and health.command) or ()]
    if words and words[0].rpartition("/")[2] in _SHELLS and "-c" in words[:-1]:
        return words[words.index("-c") + 1]
    return shlex.join(words)


def _ends_well(statement: Node) -> bool:
    command = statement.get("Cmd") or {}
    if statement.get("Negated"):
        return False
    match command.get("Type"):
        case "CallExpr":
            call = call_of(command)
            return call is not None and (
                call.program in NEVER_FAILING or (call.program == "exit" and call.words[:1] == ("0",))
            )
        case "BinaryCmd" if command["Op"] == "&&":
            return _ends_well(command["X"]) and _ends_well(command["Y"])
        case "BinaryCmd":  # of `||` and of a pipe, the right one
            return _ends_well(command["Y"])
        case "Block" | "Subshell":
            return bool(command.get("Stmts")) and _ends_well(command["Stmts"][-1])
        case _:
            return False


@rule(
    "PLB431",
    title="HTTP request to a server that does not speak HTTP",
    why="The server closes the connection. The check never passes, and the probe gets no answer.",
    fix="Use the server's own client: a `command`, or `tcp` or `sql` in a probe.",
    failing="services/db.yaml: {health: {command: null, http: {port: sql, path: /}}}",
    passing=example(
        probe="{shows: s, answers: {single: open, second: open}, caller: web, tcp: {service: db, port: sql}}"
    ),
)
def asks_by_http(spec: Spec) -> Iterator[Violation]:
    """Health checks, metrics, requests and flows of probes that ask such a server."""
    for placed in placed_services(spec):
        health = placed.service.health
        if health and health.http and (program := _mute(spec, placed.service)):
            path = path_of(placed.path("health"), "http")
            yield Violation(path, f"the health check of {placed.id} asks {program} by HTTP", observed=health.http.path)
        if placed.service.metrics and (program := _mute(spec, placed.service)):
            follows = tuple((placed.id, collector) for collector in spec.monitoring.collectors)
            message = f"the metrics of {placed.id} are asked of {program} by HTTP"
            yield Violation(placed.path("metrics"), message, explains=follows)
    for path, probe in all_probes(spec):
        if not isinstance(probe.question, HttpProbe | FlowProbe):
            continue
        asked = [each for mode in spec.modes if (each := services_of(spec, mode).get(probe.question.service))]
        if asked and (program := _mute(spec, asked[0])):
            yield Violation(path_of(path, probe.kind), f"the probe asks {program} by HTTP")


def _mute(spec: Spec, service: Service) -> str:
    """The program of a service, where it answers no HTTP."""
    image = spec.images.images.get(service.image)
    program = image.repository.rpartition("/")[2] if image else ""
    return program if program in NO_HTTP else ""
