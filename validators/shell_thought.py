"""A script followed in thought, as `sh -e` would, in a world where some programs are missing or fail. Pure: nothing is run.

What nobody knows, such as a variable of the environment, a file, or what a program says, is not guessed: a script whose end
hangs on it has no known end.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from plumbline.runbook.shell_inside import InnerScript, here_document, inside
from plumbline.runbook.shell_syntax import Call, Node, Script, UnreadableScript, call_of, parse_scripts
from validators.shell_system import ProgramEnd, system_program
from validators.shell_words import Known, Variables, fields, joined, text_of

MISSING = 127
SHELLS = frozenset({"sh", "dash", "eval"})
"""What leads to another shell, and is there on every system."""
World = Callable[[Call, Node], ProgramEnd | None]
"""How a program ends, by its call and by the command of the outermost script that leads to it; None: as every system has it."""
_STEPS = 3000
_TURNS = 60


class EndIsUnknown(Exception):
    """The end of the script hangs on what nobody knows."""


class _Leaves(Exception):
    """`exit`, `return`, `break`, `continue`, or a failure under -e."""

    def __init__(self, how: str, code: int = 0):
        self.how, self.code = how, code


@dataclass
class _Shell:
    """What a shell knows while it runs."""

    world: World
    variables: Variables = field(default_factory=Variables)
    functions: dict[str, Node] = field(default_factory=dict)
    files: dict[str, Known] = field(default_factory=dict)
    errexit: bool = True
    outermost: Node | None = None
    """The command of the outer script, while one for another shell is followed."""
    out: list[Known] = field(default_factory=list)
    substituted: int = 0
    """Exit code of the last `$( )`."""
    steps: list[int] = field(default_factory=lambda: [_STEPS])
    """How many more are followed, by this shell and those inside of it."""

    def inner(self) -> "_Shell":
        return replace(self, variables=self.variables.copy(), functions=dict(self.functions), out=[])

    def text(self, word: Node | None) -> Known:
        return text_of(word, self.variables, self.substitute)

    def fields(self, words: Sequence[Node]) -> list[Known]:
        return fields(words, self.variables, self.substitute)

    def substitute(self, node: Node) -> Known:
        """What `$( )` comes to."""
        within = self.inner()
        self.substituted = _whole(within, node.get("Stmts", []), "")
        said = joined(within.out)
        return None if said is None else said.rstrip("\n")


@dataclass(frozen=True)
class _Around:
    """What is around a command."""

    stdin: Known
    heeded: bool = False
    """Whether somebody looks at how it ends, so that no failure in it ends the script."""
    with_errors: bool = False
    """Whether its messages go where its output goes."""
    told: str = ""
    """What a here-document says to it."""


def end_of(script: Script, world: World) -> int | None:
    """The exit code of a script in a world; None where nobody knows it."""
    try:
        return _whole(_Shell(world), script.statements, "")
    except (EndIsUnknown, RecursionError):
        return None


def _whole(shell: _Shell, statements: Sequence[Node], stdin: Known) -> int:
    try:
        return _list(shell, statements, _Around(stdin))
    except _Leaves as left:
        return left.code


def _list(shell: _Shell, statements: Sequence[Node], around: _Around) -> int:
    code = 0
    for statement in statements:
        code, ends = _statement(shell, statement, around)
        shell.variables.code = code
        if code and ends and shell.errexit and not around.heeded:
            raise _Leaves("exit", code)
    return code


def _statement(shell: _Shell, statement: Node, around: _Around) -> tuple[int, bool]:
    """Exit code, and whether a failure of it ends a script under -e."""
    shell.steps[0] -= 1
    if shell.steps[0] < 0 or statement.get("Background"):
        raise EndIsUnknown
    around, target = _redirected(shell, statement, around)
    kept = shell.out
    shell.out = kept if target is None else []
    try:
        if statement.get("Negated"):
            return int(not _command(shell, statement, replace(around, heeded=True))[0]), False
        return _command(shell, statement, around)
    finally:
        if target:
            shell.files[target] = joined(shell.out)
        shell.out = kept


def _redirected(shell: _Shell, statement: Node, around: _Around) -> tuple[_Around, str | None]:
    """What is around a command by its redirections, and the file that its output goes to."""
    target = None
    told = here_document(statement)
    around = replace(around, told=told)
    for each in statement.get("Redirs", []):
        output, name = each.get("N", {}).get("Value") in (None, "1"), shell.text(each.get("Word"))
        match each["Op"]:
            case "<":
                around = replace(around, stdin="" if name == "/dev/null" else shell.files.get(name or ""))
            case "<<" | "<<-":
                around = replace(around, stdin=shell.text(each.get("Hdoc")))
            case ">" | ">|" if output:
                target = name or ""
            case ">>" if output:
                target = ""  # what stood in it is not known
            case ">&" if not output and name == "1":
                around = replace(around, with_errors=True)
            case ">&" if output and name == "2":
                target = ""
    return around, target


def _command(shell: _Shell, statement: Node, around: _Around) -> tuple[int, bool]:
    command = statement.get("Cmd") or {}
    if command and command.get("Type") not in _KINDS:
        raise EndIsUnknown
    return _KINDS[command["Type"]](shell, command, around) if command else (0, True)


def _binary(shell: _Shell, command: Node, around: _Around) -> tuple[int, bool]:
    if command["Op"] not in {"&&", "||"}:
        return _pipe(shell, command, around), True
    code, _ = _statement(shell, command["X"], replace(around, heeded=True))
    shell.variables.code = code
    if bool(code) == (command["Op"] == "&&"):
        return code, False
    return _statement(shell, command["Y"], around)


def _pipe(shell: _Shell, command: Node, around: _Around) -> int:
    left, right = shell.inner(), shell.inner()
    _whole(left, [command["X"]], around.stdin)
    code = _whole(right, [command["Y"]], joined(left.out))
    shell.out += right.out
    return code


def _if(shell: _Shell, command: Node, around: _Around) -> tuple[int, bool]:
    clause: Node | None = command
    while clause:
        if not clause.get("Cond") or _list(shell, clause["Cond"], replace(around, heeded=True)) == 0:
            return _list(shell, clause.get("Then", []), around), False
        clause = clause.get("Else")
    return 0, True


def _while(shell: _Shell, command: Node, around: _Around) -> tuple[int, bool]:
    def turns() -> Iterator[None]:
        for _ in range(_TURNS):
            if (_list(shell, command["Cond"], replace(around, heeded=True)) == 0) is bool(command.get("Until")):
                return
            yield
        raise EndIsUnknown

    return _turned(shell, command, around, turns())


def _for(shell: _Shell, command: Node, around: _Around) -> tuple[int, bool]:
    def turns() -> Iterator[None]:
        for word in shell.fields(command["Loop"].get("Items", [])):
            shell.variables.set(command["Loop"]["Name"]["Value"], word)
            yield

    return _turned(shell, command, around, turns())


def _turned(shell: _Shell, command: Node, around: _Around, turns: Iterator[None]) -> tuple[int, bool]:
    code = 0
    for _ in turns:
        try:
            code = _list(shell, command["Do"], around)
        except _Leaves as left:
            if left.how not in {"break", "continue"}:
                raise
            code = 0
            if left.how == "break":
                break
    return code, False


def _case(shell: _Shell, command: Node, around: _Around) -> tuple[int, bool]:
    value = shell.text(command["Word"])
    for item in command.get("Items", []):
        for pattern in map(shell.text, item["Patterns"]):
            if value is None or pattern is None:
                raise EndIsUnknown
            if fnmatchcase(value, pattern):
                return _list(shell, item.get("Stmts", []), around), False
    return 0, True


def _block(shell: _Shell, command: Node, around: _Around) -> tuple[int, bool]:
    return _list(shell, command["Stmts"], around), False


def _subshell(shell: _Shell, command: Node, around: _Around) -> tuple[int, bool]:
    within = shell.inner()
    within.errexit = shell.errexit and not around.heeded
    code = _whole(within, command["Stmts"], around.stdin)
    shell.out += within.out
    return code, True


def _declared(shell: _Shell, command: Node, around: _Around) -> tuple[int, bool]:
    shell.functions[command["Name"]["Value"]] = command["Body"]
    return 0, True


def _simple(shell: _Shell, command: Node, around: _Around) -> tuple[int, bool]:
    codes = [0, *_assigned(shell, command)]
    call = call_of(command)
    if call is None:
        return codes[-1], True
    words = shell.fields(call.arguments)
    if call.program in shell.functions:
        return _function(shell, shell.functions[call.program], words, around), True
    if call.program in _OF_THE_SHELL:
        _OF_THE_SHELL[call.program](shell, call, words)
        return 0, True
    given = inside(call, around.told)
    end = None if given and call.program in SHELLS else shell.world(call, shell.outermost or command)
    if given and end is None:
        return _other_shell(shell, given, command), True
    end = end or system_program(call.program, words, around.stdin, shell.files)
    if end is None:
        raise EndIsUnknown
    shell.out.append(f"{call.program}: not found\n" if around.with_errors and end.code == MISSING else end.text)
    return end.code, True


def _assigned(shell: _Shell, command: Node) -> Iterator[int]:
    for each in command.get("Assigns", []):
        shell.substituted = 0
        shell.variables.set(each.get("Name", {}).get("Value", ""), shell.text(each.get("Value")))
        yield shell.substituted


def _leave(shell: _Shell, call: Call, words: Sequence[Known]) -> None:
    code = words[0] if words and call.program in {"exit", "return"} else str(shell.variables.code)
    if code is None or not code.isdecimal():
        raise EndIsUnknown
    raise _Leaves(call.program, int(code))


def _set(shell: _Shell, call: Call, words: Sequence[Known]) -> None:
    if any(word == "errexit" or re.fullmatch(r"[-+]\w*e\w*", word) for word in call.words):
        shell.errexit = not any(word.startswith("+") for word in call.words)


def _export(shell: _Shell, call: Call, words: Sequence[Known]) -> None:
    for word in words:
        name, equals, value = (word or "").partition("=")
        if word is None:
            raise EndIsUnknown
        if equals:
            shell.variables.set(name, value)


def _function(shell: _Shell, body: Node, words: Sequence[Known], around: _Around) -> int:
    before, shell.variables.arguments = shell.variables.arguments, list(words)
    try:
        return _statement(shell, body, around)[0]
    except _Leaves as left:
        if left.how != "return":
            raise
        return left.code
    finally:
        shell.variables.arguments = before


def _other_shell(shell: _Shell, given: InnerScript, command: Node) -> int:
    """A script for another shell: its variables and its files are its own."""
    (script,) = parse_scripts((given.text,))
    if isinstance(script, UnreadableScript):
        raise EndIsUnknown
    within = _Shell(shell.world, errexit=given.stops, outermost=shell.outermost or command, steps=shell.steps)
    code = _whole(within, script.statements, None)
    shell.out += within.out
    return code


_KINDS: dict[str, Callable[[_Shell, Node, _Around], tuple[int, bool]]] = {
    "BinaryCmd": _binary,
    "Block": _block,
    "CallExpr": _simple,
    "CaseClause": _case,
    "ForClause": _for,
    "FuncDecl": _declared,
    "IfClause": _if,
    "Subshell": _subshell,
    "WhileClause": _while,
}
_OF_THE_SHELL: dict[str, Callable[[_Shell, Call, Sequence[Known]], None]] = {
    **dict.fromkeys(("exit", "return", "break", "continue"), _leave),
    **dict.fromkeys(("export", "readonly", "local"), _export),
    "set": _set,
}
