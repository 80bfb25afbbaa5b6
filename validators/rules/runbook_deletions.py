"""What a script deletes for good, as far as that can be read in it."""

import re
from collections.abc import Iterator, Sequence, Set
from functools import lru_cache
from itertools import pairwise

from plumbline.runbook.shell_inside import all_calls, calls_of
from plumbline.runbook.shell_syntax import Call, Node, Script, call_of, every, flat
from validators.shell_flow import holds

REMOVERS = frozenset({"rm", "unlink", "shred", "rmdir"})
_SQL = re.compile(r"\b(?:DROP\s+(?:TABLE|DATABASE|SCHEMA|ROLE|USER)|TRUNCATE|DELETE\s+FROM)\b", re.I)
_ROWS = re.compile(r"\bDELETE\s+FROM\b", re.I)
_SAYING = frozenset({"echo", "printf", "grep", "trap"})
_DELETERS = re.compile(
    r"dropdb|dropuser|shred|wipefs|mkfs(\.\w+)?|mke2fs|blkdiscard|lvremove|vgremove|pvremove|truncate"
).fullmatch
_WORDS: dict[str, Set[str]] = {
    "aws": {"rm", "rb", "--delete"},
    "borg": {"delete", "prune"},
    "docker": {"prune"},
    "find": {"-delete", *REMOVERS},
    "git": {"clean"},
    "hcloud": {"delete"},
    "kubectl": {"delete"},
    "podman": {"prune"},
    "redis-cli": {"FLUSHALL", "FLUSHDB"},
    "restic": {"forget", "prune"},
    "rsync": {"--delete", "--delete-after", "--delete-before", "--delete-excluded"},
    "terraform": {"destroy"},
    "tofu": {"destroy"},
    "xargs": REMOVERS,
    "zfs": {"destroy"},
    "zpool": {"destroy"},
}
"""Words of a program's call that mean deleting."""
_KEEPING = ({"image", "prune"}, {"builder", "prune"}, {"network", "prune"})
"""Calls that delete what can be had again."""
_PAIRS = {
    ("volume", "rm"),
    ("provision", "destroy"),
    ("mc", "rb"),
    ("mc", "rm"),
    ("down", "-v"),
    ("down", "--volumes"),
    ("reset", "--hard"),
}


@lru_cache(maxsize=1024)
def deletions(script: Script, *, by_name: bool) -> tuple[Call, ...]:
    """Commands of a script that delete for good; with `by_name`, also files by their names, and rows of a table."""
    own = _own(script) if by_name else frozenset()
    return tuple(
        call
        for call in calls_of(script)
        if call.program not in _SAYING and (_deletes(call, by_name) or (by_name and _removes(call, own)))
    )


def _deletes(call: Call, rows: bool) -> bool:
    words = (call.program, *call.words)
    texts = (*call.words, call.told)
    if any(kept <= set(words) for kept in _KEEPING):
        return False
    return (
        _DELETERS(call.program) is not None
        or bool(_WORDS.get(call.program, frozenset()) & set(call.words))
        or bool(_PAIRS & set(pairwise(words)))
        or any(_SQL.search(text if rows else _ROWS.sub("", text)) for text in texts)
        or (call.program == "dd" and any(word.startswith("of=/dev/") for word in call.words))
        or (call.program == "plumb" and "--confirm" in call.words)
    )


def _removes(call: Call, own: Set[str]) -> bool:
    return call.program in REMOVERS - {"rmdir"} and not all(
        word.startswith(("-", "$captured_")) or any(word == each or word.startswith(f"{each}/") for each in own)
        for word in call.words
    )


_SAYS_NOTHING = frozenset({":", "true"})


@lru_cache(maxsize=1024)
def emptied_files(script: Script) -> tuple[tuple[str, Node], ...]:
    """Files of others that a script leaves empty, each with the statement that does it: `: > FILE`, `> FILE`, `cp /dev/null FILE`."""
    return tuple(_emptied_files(script))


def _emptied_files(script: Script) -> Iterator[tuple[str, Node]]:
    own = _temporary(script.nodes)
    for node in script.nodes:
        if "Redirs" in node and _says_nothing(node):
            targets = [flat(each["Word"]) for each in node["Redirs"] if each["Op"] in {">", ">|"}]
        elif node.get("Type") == "CallExpr" and (call := call_of(node)):
            targets = [call.words[-1]] if call.program == "cp" and call.words[:-1][-1:] == ("/dev/null",) else []
        else:
            continue
        yield from ((name, node) for name in targets if name not in own and not name.startswith("/dev/"))


def _says_nothing(statement: Node) -> bool:
    """Whether what a statement writes is nothing at all."""
    command = statement.get("Cmd")
    if command is None:
        return True
    call = call_of(command) if command.get("Type") == "CallExpr" else None
    if call is None:
        return False
    words = [word for word in call.words if word not in ("-n", "--")]
    prints = call.program == "printf" or (call.program == "echo" and "-n" in call.words)
    return (
        call.program in _SAYS_NOTHING
        or (prints and not any(words))
        or (call.program == "cat" and words == ["/dev/null"])
    )


_STARTERS = frozenset({"cd", "test", "[", "echo", "printf", ":", "true", "sleep", "curl", "wget"})
_STARTING = frozenset({"create", "restart", "start", "up"})


def brings_nothing_back(undo: Script) -> bool:
    """Whether all that an undo does is to start what runs: what was deleted is not there again by that."""
    return all(
        call.program in _STARTERS
        or (call.program in {"docker", "docker-compose", "systemctl"} and bool(_STARTING & set(call.words)))
        for call in calls_of(undo)
    )


def _own(script: Script) -> set[str]:
    """What a script writes itself, and does not keep: files it redirects into or moves on, and temporary ones in variables."""
    found = {name for statement in script.statements for name in holds(statement) if not name.startswith("$")}
    for call in calls_of(script):
        if call.program == "mv":
            found |= {word for word in call.words[:-1] if not word.startswith("-")}
    return found | _temporary(script.nodes, found)


def _temporary(nodes: Sequence[Node], own: Set[str] = frozenset()) -> set[str]:
    """Variables that hold the name of a temporary file, or of one that the script writes itself."""
    found: set[str] = set()
    for node in nodes:
        for assigned in node.get("Assigns", []):
            value = assigned.get("Value")
            if "Name" in assigned and (
                "mktemp" in {call.program for call in all_calls(tuple(every(value)))} or flat(value) in own
            ):
                found.add(f"${assigned['Name']['Value']}")
    return found
