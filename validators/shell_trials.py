"""Scripts tried in thought: where no program is installed, and where one command after the other fails. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from plumbline.runbook.shell_syntax import Call, Node, Script, call_of, calls, every, flat
from plumbline.spec.kept import note, recall
from validators.shell_flow import Lost, Way, lost_failures
from validators.shell_questions import NEVER_FAILING
from validators.shell_system import SYSTEM, ProgramEnd
from validators.shell_thought import MISSING, end_of


@lru_cache(maxsize=1024)
def lost_in(script: Script, asks: bool) -> tuple[Lost, ...]:
    """Every command of a script whose failure is lost: as its form shows, or, where that shows nothing, as a trial does.

    `asks`: the script is a verification, so that what it says has to come from the system.
    """
    # nodes are kept by their place, for another call reads them anew
    known: tuple[tuple[Way, int, str], ...] | None = recall("lost", (script.text, asks))
    if known is not None:
        return tuple(Lost(way, script.nodes[at], problem) for way, at, problem in known)
    found = _lost_in(script, asks)
    places = {id(node): at for at, node in enumerate(script.nodes)}
    if all(id(each.node) in places for each in found):
        note("lost", (script.text, asks), tuple((each.way, places[id(each.node)], each.problem) for each in found))
    return found


def _lost_in(script: Script, asks: bool) -> tuple[Lost, ...]:
    found = list(lost_failures(script))
    if asks and not any(each.way == "open" for each in found) and (lacking := content_with_nothing_installed(script)):
        program, node = lacking
        found.append(Lost("open", node, f"this succeeds when {program} is missing"))
    if not found:
        for program, node in content_with_a_failure(script):
            found.append(Lost("swallowed", node, f"the script continues, and succeeds, after {program} fails"))
    return tuple(found)


@dataclass
class _NothingInstalled:
    """A system on which no program was installed beside its own."""

    called: list[tuple[str, Node]] = field(default_factory=list)

    def __call__(self, call: Call, node: Node) -> ProgramEnd | None:
        if call.program == "command":
            return ProgramEnd(1)
        if call.program in SYSTEM:
            return None
        self.called.append((call.program, node))
        return ProgramEnd(MISSING)


def content_with_nothing_installed(script: Script) -> tuple[str, Node] | None:
    """The first program that a script lacks on such a system, though it succeeds there; and the command that calls it."""
    world = _NothingInstalled()
    return world.called[0] if end_of(script, world) == 0 and world.called else None


_UNFORESEEN = 99
"""An exit code that is nobody's answer."""


@dataclass
class _OneFails:
    """A system on which all goes well but for one command."""

    failing: Node
    reached: bool = False

    def __call__(self, call: Call, node: Node) -> ProgramEnd | None:
        if call.node is self.failing:
            self.reached = True
            return ProgramEnd(_UNFORESEEN)
        return None if call.program in SYSTEM else ProgramEnd(0, None)


_ANSWERING = frozenset(
    ["test", "[", "command", "read", "grep", "egrep", "fgrep", "cmp", "diff", "pgrep", "pidof", "getent", "kill"]
)
"""Programs and builtins whose failure may be an answer."""
_LEAVING = frozenset({"exit", "return", "break", "continue"})


def content_with_a_failure(script: Script) -> Iterator[tuple[str, Node]]:
    """Each command whose failure a script survives, though nobody asks for it and nothing else is done instead."""
    answers = _answers(script)
    for node in _looked_at(script):
        call = call_of(node)
        if call is None or id(node) in answers or call.program in _ANSWERING | NEVER_FAILING | _LEAVING:
            continue
        world = _OneFails(node)
        if end_of(script, world) == 0 and world.reached:
            yield call.program, node


def _looked_at(script: Script) -> list[Node]:
    """Commands at which `sh -e` does not stop, for somebody asks how they end."""
    asked: list[Node] = []
    for node in script.nodes:
        if node.get("Type") in {"IfClause", "WhileClause"}:
            asked += node.get("Cond", [])
        if node.get("Type") == "BinaryCmd" and node["Op"] in {"&&", "||"}:
            asked.append(node["X"])
    return list({id(each): each for each in every(asked) if each.get("Type") == "CallExpr"}.values())


def _answers(script: Script) -> set[int]:
    """Commands whose failure is an answer: what an `if` asks, and what has something else to its right that is done instead."""
    asked: list[Node] = []
    for node in script.nodes:
        if node.get("Type") == "IfClause" and not all(map(_only_says, (node.get("Then", []), _otherwise(node)))):
            asked += node.get("Cond", [])
        if node.get("Type") == "BinaryCmd" and node["Op"] == "||" and _does_something(node["Y"]):
            asked.append(node["X"])
    return {id(each) for each in every(asked)}


def _otherwise(node: Node) -> Sequence[Node]:
    other = node.get("Else") or {}
    return [*other.get("Cond", []), *other.get("Then", [])]


def _only_says(statements: Sequence[Node]) -> bool:
    return all(call.program in NEVER_FAILING for call in calls(list(statements)))


def _does_something(statement: Node) -> bool:
    """Whether a statement does more than to speak, to end the script well, or to keep the exit code."""
    if any(call.program not in NEVER_FAILING | _LEAVING | _ANSWERING for call in calls(statement)):
        return True
    values = [each.get("Value") for node in every(statement) for each in node.get("Assigns", [])]
    return any(flat(value) not in {"$?", ""} for value in values)
