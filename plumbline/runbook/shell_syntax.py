"""Shell scripts as syntax trees. They are read by `shfmt`, the parser of mvdan/sh, and never run.

A node is the JSON of `shfmt --to-json`, whose shapes are those of the Go package mvdan.cc/sh/v3/syntax. Of its places, where it
begins (`Pos`) and ends (`End`) are left, each as the byte of the script.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from plumbline.spec.finding import EnvironmentMissing
from plumbline.spec.kept import note, recall

Node = dict[str, Any]
_SECONDS = 120
"""It takes a tenth of one, where the machine lets it."""
_NAME = "plumb_script_"
_PLACE = re.compile(r"(\d+):\d+: ")


@dataclass(frozen=True, eq=False)
class Script:
    """A script that was read."""

    text: str
    statements: tuple[Node, ...]

    def source(self, node: Node) -> str:
        """The text of a node, on one line."""
        return " ".join(self.text.encode()[node["Pos"] : node["End"]].decode(errors="replace").split())

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All that it consists of, in order. Dozens of rules ask for it."""
        return tuple(every(self.statements))

    @cached_property
    def calls(self) -> "tuple[Call, ...]":
        """Its simple commands, in order, without those for other shells."""
        return tuple(call for node in self.nodes if node.get("Type") == "CallExpr" and (call := call_of(node)))


@dataclass(frozen=True)
class UnreadableScript:
    """A text that is no shell script."""

    reason: str
    line: int | None = None
    """Line of the script, from 1, at which the parser gave up."""


_known: dict[str, Script | UnreadableScript] = {}
_MOST_KNOWN = 8192
"""Scripts that are kept in memory."""


def parse_scripts(texts: Sequence[str]) -> tuple[Script | UnreadableScript, ...]:
    """The scripts, as POSIX shell. One call of `shfmt` reads all that were not read before, for a call costs more than a script.

    Raises EnvironmentMissing where it is not installed.
    """
    unread = [text for text in dict.fromkeys(texts) if text not in _known]
    if not unread:
        return tuple(_known[text] for text in texts)
    if len(_known) + len(unread) > _MOST_KNOWN:
        _known.clear()
        unread = list(dict.fromkeys(texts))
    parser = parser_state()
    _known.update(
        (text, Script(text, kept)) for text in unread if (kept := recall("script", (parser, text))) is not None
    )
    unread = [text for text in unread if text not in _known]
    for text, script in zip(unread, _anew(unread) if unread else (), strict=True):
        _known[text] = script
        if isinstance(script, Script):
            note("script", (parser, text), script.statements)
    return tuple(_known[text] for text in texts)


def _anew(texts: Sequence[str]) -> Sequence[Script | UnreadableScript]:
    """All at once; where one of them can't be read, each half by itself, down to that one."""
    if all_at_once := _together(texts):
        return all_at_once
    half = len(texts) // 2
    return [*_anew(texts[:half]), *_anew(texts[half:])] if half else [_alone(texts[0])]


def _together(texts: Sequence[str]) -> tuple[Script, ...] | None:
    """Each as the body of a function of its own; None where one of them is not a whole script."""
    whole, starts = b"", []
    for index, text in enumerate(texts):
        whole += f"{_NAME}{index}() {{\n".encode()
        starts.append(len(whole))
        whole += f"{text}\n:\n}}\n".encode()  # `:`, for a body is never empty
    tree = _read(whole)
    if isinstance(tree, UnreadableScript):
        return None
    functions = [each["Cmd"] for each in tree]
    names = [each.get("Name", {}).get("Value") for each in functions]
    if names != [f"{_NAME}{index}" for index in range(len(texts))]:
        return None
    return tuple(
        Script(text, tuple(_placed(each, start) for each in function["Body"]["Cmd"]["Stmts"][:-1]))
        for text, function, start in zip(texts, functions, starts, strict=True)
    )


def _alone(text: str) -> Script | UnreadableScript:
    tree = _read(text.encode())
    return tree if isinstance(tree, UnreadableScript) else Script(text, tuple(_placed(each, 0) for each in tree))


def _placed(node: Node, start: int) -> Node:
    """A node with the places that are asked for, in a script that starts at a byte."""
    found: Node = {}
    for name, value in node.items():
        if type(value) is list:
            found[name] = [_placed(each, start) if type(each) is dict else each for each in value]
        elif type(value) is not dict:
            found[name] = value
        elif "Offset" not in value:
            found[name] = _placed(value, start)
        elif name in ("Pos", "End"):
            found[name] = value["Offset"] - start
    return found


def parser_state() -> tuple[str, int, int, int]:
    """The parser, with what changes when another one stands there: its size, time and number. Raises EnvironmentMissing."""
    program = _program()
    state = Path(program).stat()
    return program, state.st_size, state.st_mtime_ns, state.st_ino


def _program() -> str:
    """The parser. Raises EnvironmentMissing."""
    places = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    if program := shutil.which("shfmt", path=places):
        return program
    raise EnvironmentMissing(
        "scripts are read by `shfmt`, which is not installed", "run `make run`, or pip install shfmt-py"
    )


def _read(text: bytes) -> list[Node] | UnreadableScript:
    call = [_program(), "-ln", "posix", "--to-json"]
    try:
        done = subprocess.run(call, input=text, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise EnvironmentMissing(
            f"`shfmt`, which reads scripts, did not answer within {_SECONDS} s",
            "try again when the machine is less busy",
        ) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().removeprefix("<standard input>:")
        place = _PLACE.match(said)
        return UnreadableScript(said[place.end() :], int(place[1])) if place else UnreadableScript(said)
    statements: list[Node] = json.loads(done.stdout).get("Stmts", [])
    return statements


def kind(node: Node) -> str:
    """The type of a statement's command; empty where it has redirections alone."""
    return str(node.get("Cmd", {}).get("Type", ""))


def every(node: Any) -> Iterator[Node]:
    """A node and all below it, in order."""
    waiting = [node]
    while waiting:
        next_one = waiting.pop()
        if isinstance(next_one, dict):
            yield next_one
            waiting += [each for each in reversed(next_one.values()) if type(each) is dict or type(each) is list]
        else:
            waiting += reversed(next_one)


def flat(word: Node | None) -> str:
    """A word without its quotes; `$name` for a variable, `$()` for a command's output."""
    return "".join(map(_part, (word or {}).get("Parts", ())))


def _part(part: Node) -> str:
    match part.get("Type"):
        case "Lit" | "SglQuoted":
            return str(part.get("Value", ""))
        case "DblQuoted":
            return flat(part)
        case "ParamExp":
            return f"${part.get('Param', {}).get('Value', '')}"
        case "CmdSubst":
            return "$()"
        case _:
            return "$"


@dataclass(frozen=True)
class Call:
    """A simple command."""

    node: Node
    program: str
    """What is run; behind `sudo`, `exec`, `command`, `env`, `timeout` and the like, what these run."""
    words: tuple[str, ...]
    """Its arguments, without quotes."""
    arguments: tuple[Node, ...]
    told: str = ""
    """What a here-document puts on its input, where somebody looked."""


_RUNNERS = {"sudo", "exec", "env", "nice", "nohup", "time", "timeout", "ionice", "setsid", "command", "busybox"}
"""Programs that run what their arguments name."""
_SUDO = {"-u", "-g", "-h", "-p", "-C", "-r", "-t", "-D"}
"""Options of sudo that take a value."""


def call_of(command: Node) -> Call | None:
    """A CallExpr that runs something; None for assignments alone."""
    arguments = command.get("Args", [])
    words = [flat(word) for word in arguments]
    while words and words[0] in _RUNNERS and words[:2] not in (["command", "-v"], ["command", "-V"]):
        runner = words[0]
        arguments, words = arguments[1:], words[1:]
        while words and (words[0].startswith("-") or "=" in words[0] or words[0].rstrip("smhd").isdigit()):
            skipped = 2 if runner == "sudo" and words[0] in _SUDO else 1
            arguments, words = arguments[skipped:], words[skipped:]
    if not words:
        return None
    program = words[0].rpartition("/")[2].lstrip("\\")  # `\\rm` is rm, and no alias of it
    return Call(command, program, tuple(words[1:]), tuple(arguments[1:]))


def calls(node: Any) -> Iterator[Call]:
    """The simple commands in a tree, in order."""
    for each in every(node):
        if each.get("Type") == "CallExpr" and (call := call_of(each)):
            yield call


def substitutions(node: Any) -> Iterator[Node]:
    """`$( )` in a tree, the outermost ones."""
    if isinstance(node, dict):
        if node.get("Type") == "CmdSubst":
            yield node
            return
        for each in node.values():
            if isinstance(each, (dict, list)):
                yield from substitutions(each)
    elif isinstance(node, list):
        for each in node:
            yield from substitutions(each)
