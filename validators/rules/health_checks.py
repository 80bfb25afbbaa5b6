"""PLB422: whether a health check can say that something is wrong."""

import shlex
from collections.abc import Iterator

from plumbline.runbook.shell_syntax import Node, Script, call_of, parse_scripts
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once, placed_services
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
