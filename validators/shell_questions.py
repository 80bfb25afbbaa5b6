"""How `test` answers when a command said nothing, and where a shell that stops at failures goes on, for somebody asks. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import eq, ge, gt, le, lt, ne

from plumbline.runbook.shell_syntax import Call, Node, call_of, calls, kind

SAYING = {"echo", "printf", ":", "true"}
"""Builtins that say something, and never fail."""
NEVER_FAILING = SAYING | {"sleep", "logger", "date", "wait"}
"""Right of `||` they forgive."""


def content_with_nothing(call: Call) -> str | None:
    """What is wrong with a test of a command's output that the output of no command at all passes."""
    if all(each.program in SAYING | _COUNTING for each in calls(list(call.arguments))):
        return None
    if any(_true_with(call, "$()", nothing) for nothing in ("", "0")):
        return "this is true when the command inside is missing or fails, because it prints nothing"
    return None


_COUNTING = {"wc", "tr", "cut", "sort", "uniq", "head", "tail"}
"""Programs of every system that count or cut what comes to them."""
_COMPARED: dict[str, Callable[[int, int], bool]] = {
    "-eq": eq, "-ne": ne, "-lt": lt, "-le": le, "-gt": gt, "-ge": ge
}  # fmt: skip


def _true_with(call: Call, name: str, value: str) -> bool:
    """Whether a test is true when what is named, a variable or `$()`, is this; False where that can't be told."""
    words = [word for word in call.words if word != "]"]
    if not any(name in word for word in words):
        return False
    if {"-a", "-o"} & set(words):
        return False
    # what else may come is not known: it is neither empty nor a number
    return _holds([word.replace(name, value) for word in words])


def _holds(words: Sequence[str]) -> bool:
    match words:
        case ["!", *rest]:
            return not _holds(rest)
        case ["-z", word]:
            return not word
        case ["-n", word] | [word]:
            return bool(word)
        case [left, ("=" | "=="), right]:
            return left == right
        case [left, "!=", right]:
            return left != right and "" not in {left, right}
        case [left, operator, right] if operator in _COMPARED and left.isdecimal() and right.isdecimal():
            return _COMPARED[operator](int(left), int(right))
        case _:
            return False


def content_without(call: Call, names: set[str]) -> bool:
    """Whether a test is content when a variable holds nothing, or the count of nothing."""
    return call.program in {"test", "["} and any(
        name.startswith("$") and _true_with(call, name, nothing) for name in names for nothing in ("", "0")
    )


def unheeded_failures(nodes: Sequence[Node]) -> Iterator[tuple[Node, str]]:
    """Commands where `sh -e` does not stop: in `{ }`, `( )` and functions that stand in a condition, or left of `||` and `&&`."""
    functions = {
        node["Name"]["Value"]: node["Body"].get("Cmd", {}).get("Stmts", [])
        for node in nodes
        if node.get("Type") == "FuncDecl"
    }
    for node in nodes:
        match node.get("Type"):
            case "BinaryCmd" if node["Op"] in {"&&", "||"}:
                asked = [[node["X"]]]
            case "IfClause" | "WhileClause" if node.get("Cond"):
                asked = [node["Cond"]]
            case _:
                continue
        for condition in asked:
            for body in (condition, *(_body(each, functions) for each in condition)):
                if unseen := next((each for each in body[:-1] if _may_fail(each)), None):
                    called = next((call for call in calls(unseen)), None)
                    yield (
                        unseen,
                        f"inside a condition, or left of `&&` or `||`, the shell continues after {called.program if called else 'this'} fails",
                    )


def _body(statement: Node, functions: Mapping[str, Sequence[Node]]) -> Sequence[Node]:
    """The commands of a block, a subshell or a called function."""
    command = statement.get("Cmd") or {}
    if command.get("Type") in {"Block", "Subshell"}:
        return command.get("Stmts", [])  # type: ignore[no-any-return]
    call = call_of(command) if command.get("Type") == "CallExpr" else None
    return functions.get(call.program, ()) if call else ()


def _may_fail(statement: Node) -> bool:
    """Whether a command can fail, and nothing beside it ends the script then."""
    if kind(statement) == "BinaryCmd" and statement["Cmd"]["Op"] == "||" and ends_badly(statement["Cmd"]["Y"]):
        return False
    return kind(statement) != "FuncDecl" and any(
        call.program not in NEVER_FAILING | {"exit", "return", "set", "shift", "local", "umask"}
        for call in calls(statement)
    )


def ends_badly(statement: Node) -> bool:
    for call in calls(statement):
        if call.program == "false" or (call.program in {"exit", "return"} and call.words[:1] not in {(), ("0",)}):
            return True
    return False
