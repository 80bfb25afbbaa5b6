"""How the programs end that every system has, where their input is known: is nothing, above all. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from validators.shell_words import Known, joined

Files = Mapping[str, Known]
"""Files that the script has written."""


@dataclass(frozen=True)
class ProgramEnd:
    """How a program ended, and what it printed."""

    code: int
    text: Known = ""


FINE = frozenset(
    [
        "true",
        ":",
        "cd",
        "chmod",
        "chown",
        "cp",
        "install",
        "ln",
        "mkdir",
        "mv",
        "rm",
        "rmdir",
        "shift",
        "sleep",
        "sync",
        "touch",
        "trap",
        "umask",
        "unset",
        "wait",
    ]
)
"""Programs and builtins that are taken to succeed, and to print nothing."""
_SPEAKING = frozenset(
    ["basename", "date", "dirname", "find", "hostname", "id", "ls", "mktemp", "pwd", "seq", "stat", "uname"]
)
"""Those that are taken to succeed, and to print something."""


@dataclass(frozen=True)
class _Called:
    """A call of a program that reads."""

    program: str
    options: tuple[str, ...]
    names: tuple[str, ...]
    stdin: Known
    files: Files

    def content(self, at: int) -> Known:
        """What stands in the file that a word names; its input where there is no such word."""
        name = self.names[at] if at < len(self.names) else "-"
        return self.stdin if name == "-" else "" if name == "/dev/null" else self.files.get(name)


def system_program(program: str, words: Sequence[Known], stdin: Known, files: Files) -> ProgramEnd | None:
    """How one of these programs ends; None where nobody knows."""
    if program in FINE | {"false"}:
        return ProgramEnd(int(program == "false"))
    if program in _SPEAKING:
        return ProgramEnd(0, None)
    if program in {"test", "["}:
        answer = _tested([word for word in words if word != "]"], files)
        return None if answer is None else ProgramEnd(int(not answer))
    known = [word for word in words if word is not None]
    if program in {"echo", "printf"}:
        return ProgramEnd(0, _PRINTERS[program](known) if len(known) == len(words) else None)
    if program not in _READERS or len(known) < len(words):
        return None
    options = tuple(word for word in known if word.startswith("-") and word != "-")
    names = tuple(word for word in known if word not in options)
    return _READERS[program](_Called(program, options, names, stdin, files))


def _echo(words: list[str]) -> Known:
    return " ".join(words[1:]) if words[:1] == ["-n"] else " ".join(words) + "\n"


def _printf(words: list[str]) -> Known:
    form, *values = words or [""]
    pieces = form.replace("\\n", "\n").split("%s")
    if "%" in "".join(pieces) or "\\" in form.replace("\\n", "") or len(values) != len(pieces) - 1:
        return None
    return "".join(piece + value for piece, value in zip(pieces, [*values, ""], strict=True))


_PRINTERS: dict[str, Callable[[list[str]], Known]] = {"echo": _echo, "printf": _printf}


def _tested(words: Sequence[Known], files: Files) -> bool | None:
    """What `test` says of these words."""
    answer: bool | None = None
    match list(words):
        case ["!", *rest] if rest:
            other = _tested(rest, files)
            answer = None if other is None else not other
        case ["-z" | "-n" as operator, str(word)]:
            answer = bool(word) is (operator == "-n")
        case ["-s", str(name)] if files.get(name) is not None:
            answer = bool(files[name])
        case ["-e" | "-f", str(name)] if name in files:
            answer = True
        case [str(word)]:
            answer = bool(word)
        case [str(left), "=" | "==" | "!=" as operator, str(right)]:
            answer = (left == right) is (operator != "!=")
        case [str(left), str(operator), str(right)] if operator in _COMPARED:
            # what is no number is an error, and so a no
            numbers = [int(each) for each in (left, right) if re.fullmatch(r"\s*-?\d+\s*", each)]
            answer = len(numbers) == 2 and _COMPARED[operator](numbers[0], numbers[1])
    return answer


_COMPARED: dict[str, Callable[[int, int], bool]] = {
    "-eq": int.__eq__, "-ne": int.__ne__, "-lt": int.__lt__, "-le": int.__le__, "-gt": int.__gt__, "-ge": int.__ge__
}  # fmt: skip


def _compare(call: _Called) -> ProgramEnd | None:
    one, other = call.content(0), call.content(1)
    return None if len(call.names) != 2 or one is None or other is None else ProgramEnd(int(one != other))


def _cat(call: _Called) -> ProgramEnd:
    return ProgramEnd(0, joined([call.content(at) for at in range(max(1, len(call.names)))]))


def _tee(call: _Called) -> ProgramEnd:
    return ProgramEnd(0, call.stdin)


def _wc(call: _Called) -> ProgramEnd | None:
    content = call.content(0)
    if content is None or len(call.options) != 1 or call.names:
        return None
    counts = {"-l": content.count("\n"), "-c": len(content.encode()), "-w": len(content.split()), "-m": len(content)}
    return ProgramEnd(0, f"{counts[call.options[0]]}\n") if call.options[0] in counts else None


def _filter(call: _Called) -> ProgramEnd | None:
    """Programs that print nothing where nothing comes; what they make of something is not known."""
    own = {"sed": 1, "awk": 1, "tr": 2}.get(call.program, 0)
    names = [name for name in call.names if not name.isdecimal()]
    ends = call.program in {"sed", "awk"} and re.search(r"BEGIN|END|exit|q", " ".join((*call.options, *call.names)))
    if len(names) > own or ends:
        return None
    left = call.stdin
    if left and call.program == "tr" and call.options == ("-d",) and len(call.names) == 1:
        left = re.sub(f"[{re.escape(call.names[0])}]", "", left)
    elif left:
        left = None
    return ProgramEnd(0, left)


def _grep(call: _Called) -> ProgramEnd | None:
    letters = "".join(word[1:] for word in call.options)
    content = call.content(1)
    if content is None or set(letters) - set("qxFEciwhso") - {"v"} or len(call.names) not in (1, 2):
        return None
    pattern = call.names[0]
    if content and not re.fullmatch(r"\^?[\w ./:=]*\$?", pattern):
        return None
    whole = "x" in letters
    looked = ("^" if whole or pattern.startswith("^") else "") + re.escape(pattern.strip("^$"))
    looked += "$" if whole or pattern.endswith("$") else ""
    find = re.compile(looked, re.IGNORECASE if "i" in letters else 0).search
    found = [line for line in content.splitlines() if bool(find(line)) is ("v" not in letters)]
    if "q" in letters:
        return ProgramEnd(int(not found))
    return ProgramEnd(int(not found), f"{len(found)}\n" if "c" in letters else "".join(f"{each}\n" for each in found))


def _xargs(call: _Called) -> ProgramEnd | None:
    return ProgramEnd(0) if call.stdin == "" and {"-r", "--no-run-if-empty"} & set(call.options) else None


_READERS: dict[str, Callable[[_Called], ProgramEnd | None]] = {
    **dict.fromkeys(
        ["cut", "fold", "head", "nl", "paste", "rev", "sort", "tac", "tail", "tr", "uniq", "sed", "awk"], _filter
    ),
    **dict.fromkeys(("grep", "egrep", "fgrep"), _grep),
    **dict.fromkeys(("cmp", "diff"), _compare),
    "cat": _cat,
    "tee": _tee,
    "wc": _wc,
    "xargs": _xargs,
}
SYSTEM = FINE | _SPEAKING | _READERS.keys() | {"false", "echo", "printf", "test", "[", "read"}
"""Programs and builtins that every system has; any other program may be missing."""
