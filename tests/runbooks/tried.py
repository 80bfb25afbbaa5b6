"""Scripts tried with stubs in a sandbox: each of their commands fails in turn, and each time the script has to fail.

With a stub for every command, `test` too, so that the script gets as far as its flow allows; where it survives, with the
real `test`, for what one command loses a later one may look at. The first alone would blame `x || code=$?`, the second
alone would stop early and find nothing.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Literal

from plumbline.runbook.shell_syntax import Call, Node, Script, call_of, calls, every, flat, parse_scripts
from validators.shell_flow import demands, holds

HERE = Path(__file__).parent
REAL = [
    "awk",
    "base64",
    "basename",
    "cat",
    "chmod",
    "cmp",
    "cp",
    "cut",
    "date",
    "dirname",
    "find",
    "grep",
    "head",
    "id",
    "ln",
    "ls",
    "mkdir",
    "mktemp",
    "mv",
    "rm",
    "sed",
    "seq",
    "sleep",
    "sort",
    "stat",
    "tail",
    "tee",
    "touch",
    "tr",
    "true",
    "uniq",
    "wc",
    "xargs",
    "sh",
]
"""Programs that are the system's own where a script looks for them; every other one is a stub."""
CONTROL = frozenset(
    {
        "set",
        "exit",
        "return",
        "trap",
        "shift",
        "read",
        "export",
        "unset",
        "local",
        "eval",
        "break",
        "continue",
        ":",
        "true",
        "false",
        "echo",
        "printf",
        "umask",
        "wait",
    }
)
Answer = Literal["yes", "no"]
ANSWERS: tuple[Answer, ...] = ("yes", "no")
Role = Literal["does", "demands", "loops", "asked", "either"]


@dataclass(frozen=True)
class TriedCase:
    """One try of a script."""

    text: str
    failing: int | None = None
    answer: Answer = "yes"
    stub: str = "echo 1"
    """What programs do that are stubs."""
    missing: str | None = None
    """A program that is not there."""
    files: bool = True
    """Whether the files and folders are there that it takes for granted."""


@dataclass(frozen=True)
class Ended:
    """How a try ended."""

    code: int
    reached: bool
    called: frozenset[int]
    said: str


@dataclass(frozen=True)
class PlacedScript:
    """A command of a script, and what it is there for."""

    call: Call
    role: Role
    at: int
    """Byte of the script at which it stands."""


@dataclass(frozen=True)
class TriedVerdict:
    """What came out for a script."""

    wrong: tuple[str, ...]
    """Commands whose failure the script survives."""
    untried: tuple[str, ...]
    """Commands that no try got to."""
    tried: int


def tried(script: Script) -> TriedVerdict:
    """Let each command of a script fail in turn."""
    placed = commands(script)
    tests = {number for number, each in enumerate(placed) if each.call.program in {"test", "["}}
    stubbed, with_tests = _with_stubs(script, placed, set()), _with_stubs(script, placed, tests)
    wrong, untried = [], []
    begun: dict[Answer, Ended] = {answer: run(script, TriedCase(stubbed, answer=answer)) for answer in ANSWERS}
    if begun["yes"].code:
        return TriedVerdict(
            (f"it fails, with {begun['yes'].code}, though nothing does: {begun['yes'].said[-300:]}",), (), 0
        )
    for number, each in enumerate(placed):
        if each.role in {"loops", "either"} or (each.role == "asked" and each.call.program in {"test", "[", "command"}):
            continue  # to fail is an answer there
        name = script.source(each.call.node)[:90]
        ways = [answer for answer, ended in begun.items() if number in ended.called]
        if not ways:
            untried.append(name)
        for answer in ways[:1]:
            around = {one for one in tests if any(node is each.call.node for node in every(placed[one].call.node))}
            tries = (stubbed, with_tests, _with_stubs(script, placed, around - {number}))
            ended = (run(script, TriedCase(text, number, answer)) for text in dict.fromkeys(tries))
            if not any(one.reached and one.code for one in ended):
                wrong.append(name)
    return TriedVerdict(tuple(wrong), tuple(untried), len(placed))


def on_a_blank_system(script: Script) -> Ended:
    """The script where every program is there, says nothing, and ends with 0."""
    return run(script, TriedCase(script.text, stub=":", files=False))


def without(script: Script, program: str) -> Ended:
    """The script where a program is missing."""
    return run(script, TriedCase(script.text, missing=program))


def programs(script: Script) -> list[str]:
    """Programs that a script calls: no builtin, no function of its own."""
    own = {node["Name"]["Value"] for node in every(list(script.statements)) if node.get("Type") == "FuncDecl"}
    builtin = CONTROL | {"test", "[", "cd", "command"}
    return sorted({call.program for call in calls(list(script.statements))} - own - builtin)


def commands(script: Script) -> list[PlacedScript]:
    """Every simple command that can fail, in the order in which they stand."""
    own = {node["Name"]["Value"] for node in every(list(script.statements)) if node.get("Type") == "FuncDecl"}
    roles: dict[int, Role] = {}
    for node in every(list(script.statements)):
        if node.get("Type") in {"IfClause", "WhileClause"}:
            for call in _outer(node.get("Cond", [])):
                roles.setdefault(
                    id(call), "loops" if node["Type"] == "WhileClause" else "either" if node.get("Else") else "asked"
                )
        if node.get("Op") == "||":
            for call in _outer([node["X"]]):
                roles.setdefault(id(call), "asked")
        if node.get("Op") == "|" and demands(node["Y"]):
            for call in _outer([node["Y"]]):
                roles[id(call)] = "demands"
    found = []
    for node in every(list(script.statements)):
        if node.get("Type") == "CallExpr" and (call := call_of(node)) and call.program not in CONTROL | own:
            if call.program in {"test", "["} and "$?" in call.words:
                continue
            at = node["Args"][0]["Parts"][0]["Pos"]
            found.append(PlacedScript(call, roles.get(id(node), "does"), at))
    return found


def _outer(statements: Sequence[Node]) -> Iterator[Node]:
    """Commands that are asked, not those whose output they are asked about."""
    for statement in statements:
        command = statement.get("Cmd") or {}
        if command.get("Type") == "CallExpr":
            yield command
        elif command.get("Type") == "BinaryCmd":
            yield from _outer([command["X"], command["Y"]])


def _with_stubs(script: Script, placed: Sequence[PlacedScript], real: set[int]) -> str:
    text = script.text.encode()
    for number, each in sorted(enumerate(placed), key=lambda pair: -pair[1].at):
        if number in real:
            continue
        text = text[: each.at] + f"plumb_does {number} {each.role} ".encode() + text[each.at :]
    return text.decode()


def run(script: Script, case: TriedCase) -> Ended:
    """One try, in a sandbox of its own."""
    with tempfile.TemporaryDirectory(prefix="plumb-try-") as name:
        folder = Path(name)
        (folder / "root").mkdir()
        (folder / "programs").mkdir()
        for program in {*REAL, *programs(script)} - {case.missing}:
            if program in REAL and (real := shutil.which(program)):
                (folder / "programs" / program).symlink_to(real)
            else:
                _program(folder / "programs" / program, f"#!/bin/sh\n{case.stub}\n")
        shutil.copy(HERE / "plumb_does.sh", folder / "programs/plumb_does")
        (folder / "programs/plumb_does").chmod(0o755)
        done = subprocess.run(
            [*_namespaces(), "sh", str(HERE / "sandbox.sh"), str(folder / "root"), str(folder / "programs"), case.text],
            env={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "FOLDERS": " ".join(f"./{each}" for each in sorted(_folders(script))) if case.files else "",
                "FILES": " ".join(f"./{each}" for each in sorted(_files(script))) if case.files else "",
                "FAILING": "" if case.failing is None else str(case.failing),
                "ANSWER": case.answer,
                **dict.fromkeys(_unset(script), "1"),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    called = frozenset(int(number) for number in re.findall(r"plumb-called (\d+)", done.stderr))
    said = re.sub(r"plumb-called \d+\n", "", done.stderr)
    return Ended(done.returncode, "plumb-reached" in done.stderr, called, said)


def _program(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)


@cache
def _namespaces() -> tuple[str, ...]:
    new = ("unshare", "--mount", "--net", "--pid", "--fork")
    return new if os.geteuid() == 0 else (new[0], "--user", "--map-root-user", *new[1:])


def can_try() -> bool:
    """Whether this machine lets a process have namespaces of its own."""
    return subprocess.run([*_namespaces(), "true"], capture_output=True, check=False).returncode == 0


def _folders(script: Script) -> set[str]:
    """Folders that a script takes for granted: of what it redirects into, and where it goes."""
    wanted = {str(PurePosixPath(name).parent) for statement in script.statements for name in holds(statement)}
    wanted |= {call.words[0] for call in calls(list(script.statements)) if call.program == "cd" and call.words}
    return _inside(wanted | {"1"})


def _files(script: Script) -> set[str]:
    """Files that a script reads by redirection."""
    return _inside(
        flat(node["Word"]) for node in every(list(script.statements)) if node.get("Op") == "<" and "Word" in node
    )


def _inside(paths: Iterable[str]) -> set[str]:
    """Paths below the sandbox's root folder; a variable is `1`, which is what stubs say."""
    plain = {re.sub(r"\$\w+", "1", each) for each in paths} - {"/dev/null"}
    return {
        each.lstrip("/") if each.startswith("/") else f"work/{each}"
        for each in plain
        if "$" not in each and " " not in each
    }


def _unset(script: Script) -> set[str]:
    """Variables that a script takes from its environment."""
    used, own = set(), set()
    for node in every(list(script.statements)):
        if node.get("Type") == "ParamExp":
            used.add(node["Param"]["Value"])
        own |= {each["Name"]["Value"] for each in node.get("Assigns", []) if "Name" in each}
    return {name for name in used - own if name.isidentifier()}


def read(text: str) -> Script:
    """A script."""
    (script,) = parse_scripts((text,))
    assert isinstance(script, Script), script
    return script


def all_tried(scripts: Sequence[Script]) -> list[TriedVerdict]:
    """Several, side by side."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(tried, scripts))
