"""Commands that a command gives to another shell or another place: `ssh HOST '…'`, `docker exec NAME sh -c '…'`, `eval`, a
here-document that a shell reads. What they do is done as well, so whoever asks what a script does has to see them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from plumbline.runbook.shell_syntax import (
    Call,
    Node,
    Script,
    UnreadableScript,
    call_of,
    flat,
    parse_scripts,
)

SHELLS = frozenset({"sh", "bash", "dash", "ash"})
_WITH_A_VALUE = {
    "ssh": frozenset(
        [
            "-b",
            "-c",
            "-D",
            "-E",
            "-e",
            "-F",
            "-I",
            "-i",
            "-J",
            "-L",
            "-l",
            "-m",
            "-O",
            "-o",
            "-p",
            "-Q",
            "-R",
            "-S",
            "-W",
            "-w",
        ]
    ),
    "docker": frozenset(
        [
            "-u",
            "--user",
            "-w",
            "--workdir",
            "-e",
            "--env",
            "--env-file",
            "--index",
            "-v",
            "--volume",
            "--name",
            "--network",
            "--entrypoint",
        ]
    ),
}
_DEPTH = 4
_PLAIN = re.compile(r"[\w./:@%+,=-]+").fullmatch


@dataclass(frozen=True)
class InnerScript:
    """A script that a command gives to another shell."""

    text: str
    stops: bool
    """Whether that shell ends at the first command that fails."""


def inside(call: Call, told: str = "") -> InnerScript | None:
    """The script that a command gives to another shell; `told` is what a here-document says to it."""
    words = (call.program, *call.words)
    if call.program == "eval":
        return InnerScript(" ".join(call.words), True)
    for index, word in enumerate(words):
        if word.rpartition("/")[2] in SHELLS:
            return _shell(words[index + 1 :], told)
    if call.program in {"su", "runuser"} and "-c" in call.words[:-1]:
        return InnerScript(call.words[call.words.index("-c") + 1], False)
    if call.program == "ssh":
        rest = _after_options(call.words, _WITH_A_VALUE["ssh"])[1:]
        return InnerScript(" ".join(rest), False) if rest else InnerScript(told, False) if told else None
    if call.program == "docker" and (at := next((n for n, each in enumerate(words) if each in {"exec", "run"}), 0)):
        rest = _after_options(words[at + 1 :], _WITH_A_VALUE["docker"])[1:]
        return InnerScript(" ".join(map(_quoted, rest)), True) if rest else None
    return None


def _shell(words: Sequence[str], told: str) -> InnerScript | None:
    stops = False
    for index, word in enumerate(words):
        if not word.startswith(("-", "+")):
            return None  # a script of that name
        stops = stops or (word.startswith("-") and not word.startswith("--") and "e" in word) or word == "errexit"
        if not word.startswith("--") and "c" in word:
            return InnerScript(words[index + 1], stops) if index + 1 < len(words) else None
        if word == "-s":
            break
    return InnerScript(told, stops) if told else None


def _after_options(words: Sequence[str], valued: frozenset[str]) -> Sequence[str]:
    index = 0
    while index < len(words) and words[index].startswith("-"):
        index += 2 if words[index] in valued else 1
    return words[index:]


def _quoted(word: str) -> str:
    return word if _PLAIN(word) or word.startswith("$") else "'" + word.replace("'", "'\\''") + "'"


def here_document(statement: Node) -> str:
    """What here-documents say to the command of a statement; empty where there is none."""
    return "".join(flat(one["Hdoc"]) for one in statement.get("Redirs", ()) if "Hdoc" in one)


def _here_documents(nodes: Iterable[Node]) -> dict[int, str]:
    """What here-documents say, by the `id` of the command that reads them."""
    return {
        id(each["Cmd"]): said for each in nodes if "Redirs" in each and "Cmd" in each and (said := here_document(each))
    }


def read_scripts(texts: Sequence[str]) -> tuple[Script | UnreadableScript, ...]:
    """The scripts, read together with those inside of them: whoever asks for one of these finds it read."""
    scripts = read = parse_scripts(texts)
    for _ in range(_DEPTH):
        found = [inner.text for script in read if isinstance(script, Script) for inner in _inner_scripts(script)]
        read = parse_scripts(list(dict.fromkeys(found)))
    return scripts


@lru_cache(maxsize=1024)
def _inner_scripts(script: Script) -> tuple[InnerScript, ...]:
    told = _here_documents(script.nodes)
    found = (inside(call, told.get(id(call.node), "")) for call in script.calls)
    return tuple(each for each in found if each)


@lru_cache(maxsize=1024)
def calls_of(script: Script) -> tuple[Call, ...]:
    """Every simple command of a script, those for other shells too."""
    return tuple(all_calls(script.nodes))


def all_calls(nodes: Sequence[Node], depth: int = _DEPTH) -> Iterator[Call]:
    """Every simple command among nodes, those for other shells too; these have the node of the command that gives them away."""
    told = _here_documents(nodes)
    for each in nodes:
        if each.get("Type") == "CallExpr" and (call := call_of(each)):
            said = told.get(id(each), "")
            yield replace(call, told=said)
            if depth and (found := inside(call, said)):
                (script,) = parse_scripts((found.text,))
                if isinstance(script, Script):
                    yield from (replace(one, node=each) for one in all_calls(script.nodes, depth - 1))
