"""Where a script that `sh -e` runs goes on, or says yes, although one of its commands failed. Pure: nothing is run."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from plumbline.shell_syntax import Call, Node, Unreadable, call_of, calls, every, flat, kind, parsed, substitutions

Way = Literal["open", "pipe", "swallowed", "substituted"]


@dataclass(frozen=True)
class Lost:
    """A command whose failure is lost."""

    way: Way
    node: Node
    problem: str


_ASKING = {"test", "[", "true", "false", ":", "exit", "return", "break", "continue"}
"""Builtins: they are never missing, and a test that is false is an answer."""
_SAYING = {"echo", "printf", ":", "true"}
_OF_ITS_OWN = {"grep": "1", "egrep": "1", "fgrep": "1", "cmp": "1", "diff": "1"}
"""Programs whose exit code 1 is an answer, and nothing else."""
_SHELLS = {"sh", "bash", "dash"}


def lost(statements: Sequence[Node]) -> Iterator[Lost]:
    """Every command of a script whose failure is lost."""
    yield from _list(statements, True, False)


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
            yield Lost("substituted", inner, "a redirection does not look at how `$( )` ended")
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
            yield from _asked_first(command["Cond"])
            yield from _list(command["Do"], False, asked)
        case "ForClause":
            for inner in substitutions(command["Loop"]):
                yield Lost("substituted", inner, "a loop over the output of a command that fails is done zero times")
            yield from _list(command["Do"], False, asked)
        case "CaseClause":
            for item in command.get("Items", []):
                yield from _list(item.get("Stmts", []), tail, asked)
        case "FuncDecl":
            yield from _statement(command["Body"], True, asked)
        case "Block" | "Subshell":
            yield from _list(command["Stmts"], tail, asked)
        case _:
            for inner in substitutions(command):
                yield from _list(inner.get("Stmts", []), True, asked)


def _negated(statement: Node, tail: bool) -> Iterator[Lost]:
    tools = [call for call in calls(statement["Cmd"]) if call.program not in _ASKING]
    if tools:
        yield Lost("open", statement, f"`!` says yes when {tools[0].program} is missing or fails")
    elif not tail:
        yield Lost("swallowed", statement, "`!` never ends a script, whatever comes out")


def _call(statement: Node, command: Node, asked: bool) -> Iterator[Lost]:
    call = call_of(command)
    if call is None:
        assigned = list(substitutions(command.get("Assigns", [])))
        for inner in assigned:
            yield from _list(inner.get("Stmts", []), True, asked)
        for inner in assigned[:-1]:
            yield Lost("substituted", inner, "of several assignments in one command, the last one's exit code counts")
        return
    if call.program in _SHELLS:
        yield from _other_shell(statement, call)
    if call.program == "ssh" and call.words:
        yield from _several(statement, call.words[-1], "ssh")
    if call.program == "set" and any(word.startswith("+") and "e" in word for word in call.words):
        yield Lost("swallowed", statement, "`set +e` lets each failure pass")
    inside = list(substitutions(command))
    if call.program in {"test", "["}:
        if inside and (problem := _content_with_nothing(call)):
            yield Lost("open", statement, problem)
        for inner in inside:
            yield from _list(inner.get("Stmts", []), True, True)
        return
    for inner in inside:
        yield Lost("substituted", inner, f"{call.program} is called however `$( )` ended")


def _content_with_nothing(call: Call) -> str | None:
    """What is wrong with a test of a command's output that the output of no command at all passes."""
    missing = "is true when the command inside is missing or fails, for it says nothing then"
    match [word for word in call.words if word != "]"]:
        case ["-z", word] if "$()" in word:
            return f"`-z` {missing}"
        case ["!", "-n", word] if "$()" in word:
            return f"`! -n` {missing}"
        case [left, ("=" | "-eq"), right] if "$()" in left + right and {"", "0"} & {left, right}:
            return f"this comparison {missing}"
        case [left, ("!=" | "-ne" | "-lt" | "-le"), right] if "$()" in left + right and "" not in {left, right}:
            return f"this comparison {missing}"
        case _:
            return None


def _binary(statement: Node, command: Node, tail: bool, asked: bool) -> Iterator[Lost]:
    left, right, operator = command["X"], command["Y"], command["Op"]
    if operator in {"|", "|&"}:
        if not asked and not demands(right) and (risky := _can_fail(left)):
            yield Lost("pipe", statement, f"the step goes on when {risky.program} fails, with what came before")
        yield from _list([left], False, True)
        yield from _statement(right, tail, asked)
    elif operator == "&&":
        if not tail:
            tools = [call for call in calls(left) if call.program not in _ASKING]
            if tools:
                yield Lost(
                    "swallowed", statement, f"left of `&&`, {tools[0].program} ends no script that goes on afterwards"
                )
            elif _only_says(right):
                yield Lost(
                    "swallowed", statement, "left of `&&`, a test that is false ends no script that goes on afterwards"
                )
        elif _ends_badly(right) and (tools := [call for call in calls(left) if call.program not in _ASKING]):
            yield Lost("open", statement, f"this says yes when {tools[0].program} is missing or fails")
        yield from _statement(left, tail, asked)
        yield from _statement(right, tail, asked)
    else:
        if not asked and (problem := _forgives(left, right)):
            yield Lost("swallowed", statement, problem)
        yield from _statement(left, tail, asked)
        if not _is_code_test(right):
            yield from _statement(right, tail, asked)


def _forgives(left: Node, right: Node) -> str | None:
    """What is wrong with what stands right of `||`."""
    if _only_says(right):
        return "what stands right of `||` can't fail, so that nothing left of it can"
    if code := _is_code_test(right):
        programs = [call.program for call in calls(left)]
        if code in {"0", "126", "127"} or (
            programs and code != _OF_ITS_OWN.get(programs[-1], code if code not in "12" else "")
        ):
            return f"exit code {code} says «failed» as well as what is meant here"
    return None


def _is_code_test(statement: Node) -> str | None:
    """N of `test $? = N`."""
    found = [call for call in calls(statement) if call.program in {"test", "["}]
    if len(found) == 1 and found[0].words[:1] == ("$?",):
        return found[0].words[2] if len(found[0].words) > 2 else "0"
    return None


def _if(statement: Node, command: Node, tail: bool, asked: bool) -> Iterator[Lost]:
    condition, then, other = command.get("Cond", []), command.get("Then", []), command.get("Else")
    tools = [
        call
        for each in condition
        if not each.get("Negated")
        for call in calls(each)
        if call.program not in _ASKING | {"command"}
    ]
    if tools and not other:
        if any(map(_ends_badly, then)):
            yield Lost(
                "open",
                statement,
                f"the condition is false, and all seems well, when {tools[0].program} is missing or fails",
            )
        elif then and all(map(_only_says, then)):
            yield Lost("swallowed", statement, f"when {tools[0].program} says no or fails, nothing comes of it")
    yield from _asked_first(condition)
    yield from _list(then, tail, asked)
    while other:
        if other.get("Cond"):
            yield from _asked_first(other["Cond"])
        yield from _list(other.get("Then", []), tail, asked)
        other = other.get("Else")


def _asked_first(condition: Sequence[Node]) -> Iterator[Lost]:
    """A condition: what it says is looked at, except for what stands inside of it."""
    for statement in condition:
        yield from _list([{**statement, "Negated": False}], True, True)


def _other_shell(statement: Node, call: Call) -> Iterator[Lost]:
    options = [word for word in call.words if word.startswith("-")]
    if any("c" in word and "e" in word for word in options) or "-e" in options:
        return
    for option, text in zip(call.words, call.words[1:], strict=False):
        if option.startswith("-") and "c" in option:
            yield from _several(statement, text, call.program)


def _several(statement: Node, text: str, program: str) -> Iterator[Lost]:
    """Several commands in a text for another shell, which does not stop at the first that fails."""
    if not any(mark in text for mark in ";\n|&"):
        return
    (inner,) = parsed((text,))
    if isinstance(inner, Unreadable) or not inner.statements:
        return
    first = call_of(inner.statements[0].get("Cmd", {}))
    if first and first.program == "set" and "-e" in first.words[:1]:
        yield from (Lost(each.way, statement, each.problem) for each in lost(inner.statements[1:]))
    elif len(inner.statements) > 1:
        yield Lost("swallowed", statement, f"the shell that {program} starts goes on after a command that failed")
    else:
        yield from (Lost(each.way, statement, each.problem) for each in lost(inner.statements))


def _can_fail(left: Node) -> Call | None:
    """The first command left of a pipe that does more than to say something."""
    return next((call for call in calls(left) if call.program not in _SAYING), None)


_unpacks = re.compile(r"-d|-t\b|--test|--decrypt|--verify").search
_DEMANDING: dict[str, Callable[[str, str], bool]] = {
    **dict.fromkeys(("grep", "egrep", "fgrep"), lambda options, _: "-L" not in options),
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
    return bool(found) and all(call.program in _SAYING for call in found)


def _ends_badly(statement: Node) -> bool:
    for call in calls(statement):
        if call.program == "false" or (call.program in {"exit", "return"} and call.words[:1] not in {(), ("0",)}):
            return True
    return False


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
                inside = {
                    flat(each["Word"])
                    for each in every(list(call.arguments))
                    if each.get("Op") == "<" and "Word" in each
                }
                if any(name in word for name in names for word in mentioned | inside):
                    return True
    return False
