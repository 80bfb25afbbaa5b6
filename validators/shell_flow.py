"""Where a script under `sh -e` continues or succeeds although one of its commands failed. Pure: nothing is run."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from plumbline.runbook.shell_inside import InnerScript, here_document, inside
from plumbline.runbook.shell_syntax import (
    Call,
    Node,
    Script,
    UnreadableScript,
    call_of,
    calls,
    every,
    flat,
    kind,
    parse_scripts,
    substitutions,
)
from validators.shell_questions import (
    NEVER_FAILING,
    SAYING,
    content_with_nothing,
    content_without,
    ends_badly,
    unheeded_failures,
)

Way = Literal["open", "pipe", "swallowed", "substituted"]


@dataclass(frozen=True)
class Lost:
    """A command whose failure is lost."""

    way: Way
    node: Node
    problem: str


_ASKING = {"test", "[", "true", "false", ":", "exit", "return", "break", "continue"}
"""Builtins: they are never missing, and a test that is false is an answer."""
_OF_ITS_OWN = {"grep": "1", "egrep": "1", "fgrep": "1", "cmp": "1", "diff": "1"}
"""Programs whose exit code 1 is an answer, and nothing else."""


def lost_failures(script: Script) -> Iterator[Lost]:
    """Every command of a script whose failure is lost."""
    yield from _list(script.statements, True, False)
    yield from (Lost("swallowed", *each) for each in unheeded_failures(script.nodes))


def _list(statements: Sequence[Node], tail: bool, asked: bool) -> Iterator[Lost]:
    """`tail`: the exit code of the last is that of the script. `asked`: somebody looks at what comes out."""
    for index, statement in enumerate(statements):
        rest = statements[index + 1 :]
        yield from _statement(statement, tail and not rest, asked or _looked_at(holds(statement), rest))


def _statement(statement: Node, tail: bool, asked: bool) -> Iterator[Lost]:
    if statement.get("Background"):
        yield Lost("swallowed", statement, "nobody waits for a command in the background")
    for redirection in statement.get("Redirs", []):
        for inner in substitutions(redirection):
            yield Lost("substituted", inner, "a redirection ignores the exit code of `$( )`")
    if statement.get("Negated"):
        yield from _negated(statement, tail)
    else:
        yield from _command(statement, statement.get("Cmd") or {}, tail, asked)


def _command(statement: Node, command: Node, tail: bool, asked: bool) -> Iterator[Lost]:
    match command.get("Type"):
        case "CallExpr":
            yield from _call(statement, command, asked)
        case "BinaryCmd":
            yield from _binary(statement, command, tail, asked)
        case "IfClause":
            yield from _if(statement, command, tail, asked)
        case "WhileClause":
            yield from _while(statement, command, tail, asked)
        case "ForClause":
            yield from _for(command, asked)
        case "CaseClause":
            for inner in substitutions(command["Word"]):
                yield Lost("substituted", inner, "`case` ignores the exit code of `$( )`")
            for item in command.get("Items", []):
                yield from _list(item.get("Stmts", []), tail, asked)
        case "FuncDecl":
            yield from _statement(command["Body"], True, asked)
        case "Block" | "Subshell":
            yield from _list(command["Stmts"], tail, asked)
        case _:
            for inner in substitutions(command):
                yield from _list(inner.get("Stmts", []), True, asked)


def _while(statement: Node, command: Node, tail: bool, asked: bool) -> Iterator[Lost]:
    if not command.get("Until") and tail and (tools := _tools(command["Cond"])):
        yield Lost("open", statement, f"the loop ends without an error when {tools[0].program} is missing")
    yield from _asked_first(command["Cond"])
    yield from _list(command["Do"], False, asked)


def _for(command: Node, asked: bool) -> Iterator[Lost]:
    for inner in substitutions(command["Loop"]):
        yield Lost("substituted", inner, "if the command fails, the loop over its output runs zero times")
    yield from _list(command["Do"], False, asked)


def _negated(statement: Node, tail: bool) -> Iterator[Lost]:
    tools = [call for call in calls(statement["Cmd"]) if call.program not in _ASKING]
    if tools:
        yield Lost("open", statement, f"`!` succeeds when {tools[0].program} is missing or fails")
    elif not tail:
        yield Lost("swallowed", statement, "`!` never stops a script, whatever the result")


def _call(statement: Node, command: Node, asked: bool) -> Iterator[Lost]:
    call = call_of(command)
    if call is None:
        assigned = list(substitutions(command.get("Assigns", [])))
        for inner in assigned:
            yield from _list(inner.get("Stmts", []), True, asked)
        for inner in assigned[:-1]:
            yield Lost("substituted", inner, "in a command with several assignments, only the last exit code counts")
        return
    if given := inside(call, here_document(statement)):
        yield from _other_shell(statement, given, call.program)
    if call.program == "set" and (
        any(word.startswith("+") and "e" in word for word in call.words) or call.words[:2] == ("+o", "errexit")
    ):
        yield Lost("swallowed", statement, "`set +e` lets each failure pass")
    if call.program == "find" and {"-exec", "-execdir"} & set(call.words) and {";", "\\;"} & set(call.words):
        yield Lost("swallowed", statement, "find ignores how a command of -exec … \\; ends; end it with + instead")
    if call.program == "make" and {"-i", "--ignore-errors"} & set(call.words):
        yield Lost("swallowed", statement, "make -i ignores every failure")
    if call.program == "trap" and call.words and re.search(r"\bexit 0\b", call.words[0]):
        yield Lost("swallowed", statement, "a trap that exits with 0 hides every failure")
    within = list(substitutions(command))
    if call.program in {"test", "["}:
        if within and (problem := content_with_nothing(call)):
            yield Lost("open", statement, problem)
        for inner in within:
            yield from _list(inner.get("Stmts", []), True, True)
        return
    for inner in within:
        yield Lost("substituted", inner, f"{call.program} is called even when `$( )` fails")


def _binary(statement: Node, command: Node, tail: bool, asked: bool) -> Iterator[Lost]:
    left, right, operator = command["X"], command["Y"], command["Op"]
    if operator in {"|", "|&"}:
        if counts := _counts_nothing(left, right):
            yield Lost("open", statement, f"the count is 0 when {counts.program} is missing or fails")
        if not asked and not demands(right) and (risky := _can_fail(left)):
            yield Lost("pipe", statement, f"the step continues with partial output when {risky.program} fails")
        yield from _list([left], False, True)
        yield from _statement(right, tail, asked)
    elif operator == "&&":
        if not tail:
            tools = [call for call in calls(left) if call.program not in _ASKING]
            if tools:
                yield Lost(
                    "swallowed", statement, f"left of `&&`, a failure of {tools[0].program} does not stop the script"
                )
            elif _only_says(right):
                yield Lost("swallowed", statement, "left of `&&`, a false test does not stop the script")
        elif ends_badly(right) and (tools := [call for call in calls(left) if call.program not in _ASKING]):
            yield Lost("open", statement, f"this succeeds when {tools[0].program} is missing or fails")
        yield from _statement(left, tail, asked)
        yield from _statement(right, tail, asked)
    else:
        if not asked and (problem := _forgives(left, right)):
            yield Lost("swallowed", statement, problem)
        yield from _statement(left, tail, asked)
        if not _is_code_test(right):
            yield from _statement(right, tail, asked)


def _counts_nothing(left: Node, right: Node) -> Call | None:
    """The first program of `… | wc -l | grep -x 0`, a count of nothing that is asked for."""
    said, asks = list(calls(left)), list(calls(right))
    counted = len(said) > 1 and (said[-1].program == "wc" or (said[-1].program == "grep" and "-c" in said[-1].words))
    wanted = asks and asks[0].program == "grep" and {"0", "^0$"} & set(asks[0].words)
    return next((call for call in said if call.program not in SAYING), None) if counted and wanted else None


def _forgives(left: Node, right: Node) -> str | None:
    """What is wrong with what stands right of `||`."""
    if _only_says(right):
        return "the right side of `||` cannot fail, so a failure of the left is lost"
    if code := _is_code_test(right):
        programs = [call.program for call in calls(left)]
        if code in {"0", "126", "127"} or (
            programs and code != _OF_ITS_OWN.get(programs[-1], code if code not in "12" else "")
        ):
            return f"exit code {code} also means «failed», not only what is meant here"
    return None


def _is_code_test(statement: Node) -> str | None:
    """N of `test $? = N`."""
    found = [call for call in calls(statement) if call.program in {"test", "["}]
    if len(found) == 1 and found[0].words[:1] == ("$?",):
        return found[0].words[2] if len(found[0].words) > 2 else "0"
    return None


def _if(statement: Node, command: Node, tail: bool, asked: bool) -> Iterator[Lost]:
    condition, then, other = command.get("Cond", []), command.get("Then", []), command.get("Else")
    tools = _tools(condition)
    if tools and _says_at_most(other):
        if any(map(ends_badly, then)):
            yield Lost(
                "open",
                statement,
                f"the condition is false, without an error, when {tools[0].program} is missing or fails",
            )
        elif not other and then and all(map(_only_says, then)):
            yield Lost("swallowed", statement, f"when {tools[0].program} returns a failure, nothing happens")
    negated = [call for each in condition if each.get("Negated") for call in calls(each)]
    if [call for call in negated if call.program not in _ASKING | {"command"}] and all(map(_only_says, then)):
        yield Lost("swallowed", statement, f"when {negated[0].program} returns a failure, nothing happens")
    yield from _asked_first(condition)
    yield from _list(then, tail, asked)
    while other:
        if other.get("Cond"):
            yield from _asked_first(other["Cond"])
        yield from _list(other.get("Then", []), tail, asked)
        other = other.get("Else")


def _tools(condition: Sequence[Node]) -> list[Call]:
    """Programs that a condition asks, and that are wanted to say yes."""
    return [
        call
        for each in condition
        if not each.get("Negated")
        for call in calls(each)
        if call.program not in _ASKING | {"command", "read", "getopts"}
    ]


def _says_at_most(other: Node | None) -> bool:
    """Whether there is no `else`, or one that does nothing."""
    return not other or (not other.get("Cond") and all(map(_only_says, other.get("Then", []))))


def _asked_first(condition: Sequence[Node]) -> Iterator[Lost]:
    """A condition: what it says is looked at, except for what stands inside of it."""
    for statement in condition:
        yield from _list([{**statement, "Negated": False}], True, True)


def _other_shell(statement: Node, given: InnerScript, program: str) -> Iterator[Lost]:
    """Commands for another shell, which does not always stop at the first that fails."""
    (inner,) = parse_scripts((given.text,))
    if isinstance(inner, UnreadableScript) or not inner.statements:
        return
    first = call_of(inner.statements[0].get("Cmd") or {})
    stops = given.stops or bool(first and first.program == "set" and "-e" in first.words[:1])
    if not stops and len(inner.statements) > 1:
        yield Lost("swallowed", statement, f"the shell that {program} starts continues after a failed command")
    else:
        yield from (Lost(each.way, statement, each.problem) for each in lost_failures(inner))


def _can_fail(left: Node) -> Call | None:
    """The first command left of a pipe that does more than to say something."""
    return next((call for call in calls(left) if call.program not in SAYING), None)


_unpacks = re.compile(r"-d|-t\b|--test|--decrypt|--verify").search
_says_no = re.compile(r"(?<!-)-[a-zA-Z]*[vL]|--invert-match|--files-without").search
_DEMANDING: dict[str, Callable[[str, str], bool]] = {
    **dict.fromkeys(("grep", "egrep", "fgrep"), lambda options, _: not _says_no(options)),
    **dict.fromkeys(("cmp", "diff", "test", "["), lambda *_: True),
    **dict.fromkeys(("zstd", "gzip", "xz", "age", "rage", "gpg"), lambda options, _: bool(_unpacks(options))),
    **dict.fromkeys(("sha256sum", "sha512sum"), lambda options, _: "-c" in options),
    "tar": lambda options, first: bool(re.search("[xt]|--extract|--list", f"{first} {options}")),
    "jq": lambda options, _: "-e" in options or "--exit-status" in options,
}
"""Programs that fail when nothing, or half of it, comes on their input, by their options and their first word."""


def demands(right: Node) -> bool:
    """Whether what stands right of a pipe fails when nothing, or half of it, comes."""
    if right.get("Negated") or kind(right) not in {"CallExpr", "BinaryCmd"}:
        return False
    call = call_of(right["Cmd"]) if kind(right) == "CallExpr" else None
    if call is None:
        return False
    options = " ".join(word for word in call.words if word.startswith("-"))
    first = call.words[0] if call.words else ""
    return call.program in _DEMANDING and _DEMANDING[call.program](options, first)


def _only_says(statement: Node) -> bool:
    found = list(calls(statement))
    return bool(found) and all(call.program in NEVER_FAILING for call in found)


def holds(statement: Node) -> set[str]:
    """Files that a statement writes, and variables that it sets, as a later word names them."""
    found = {
        flat(redirection["Word"])
        for each in every(statement)
        for redirection in each.get("Redirs", [])
        if redirection["Op"] in {">", ">|", ">>"}
    }
    return {
        *found,
        *(
            f"${assigned['Name']['Value']}"
            for assigned in statement.get("Cmd", {}).get("Assigns", [])
            if "Name" in assigned
        ),
    } - {"/dev/null", ""}


def _looked_at(names: set[str], rest: Sequence[Node]) -> bool:
    """Whether later statements look at one of these."""
    if not names:
        return False
    for statement in rest:
        for node in every(statement):
            if node.get("Type") == "CaseClause" and any(name in flat(node.get("Word")) for name in names):
                return True
            if (
                node.get("Type") == "CallExpr"
                and (call := call_of(node))
                and call.program in {"test", "[", "grep", "cmp"}
            ):
                mentioned = {flat(word) for each in every(list(call.arguments)) if "Parts" in each for word in [each]}
                read = {
                    flat(each["Word"])
                    for each in every(list(call.arguments))
                    if each.get("Op") == "<" and "Word" in each
                }
                if any(name in word for name in names for word in mentioned | read) and not content_without(
                    call, names
                ):
                    return True
    return False
