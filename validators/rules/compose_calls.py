"""The services that a call of `docker compose` names. Pure."""

from collections.abc import Iterator, Sequence

from plumbline.runbook.shell_syntax import Call

_ELSEWHERE = frozenset({"-f", "--file", "-p", "--project-name", "--project-directory"})
"""Options that lead to another project than that of the folder."""
_BEFORE = frozenset({"--ansi", "--env-file", "--parallel", "--profile", "--progress"})
"""Options with a value that stand before the command."""
_OF_ONE = frozenset({"attach", "exec", "port", "run"})
_OF_MANY = frozenset(
    {"build", "create", "events", "images", "kill", "logs", "pause", "ps", "pull", "push", "restart", "rm", "start", "stats",
     "stop", "top", "unpause", "up", "wait", "watch"}
)  # fmt: skip
_VALUED = frozenset(
    {"--attach", "--entrypoint", "--env", "--exit-code-from", "--filter", "--format", "--index", "--label", "--name", "--no-attach",
     "--policy", "--protocol", "--publish", "--pull", "--scale", "--signal", "--since", "--status", "--tail", "--timeout", "--until",
     "--user", "--volume", "--wait-timeout", "--workdir", "-e", "-l", "-n", "-p", "-t", "-u", "-w"}
)  # fmt: skip
"""Options with a value that stand behind it."""
_VALUED_IN = {"kill": frozenset({"-s"}), "run": frozenset({"-v"})}


def services_called(call: Call) -> list[str]:
    """Services by their ids as they are written; none where the project is another, or the call no such."""
    words = call.words[1:] if call.program == "docker" and call.words[:1] == ("compose",) else call.words
    if call.program not in {"docker", "docker-compose"} or (call.program == "docker" and words is call.words):
        return []
    index = 0
    while index < len(words) and words[index].startswith("-"):
        if words[index].partition("=")[0] in _ELSEWHERE:
            return []
        index += 2 if words[index] in _BEFORE else 1
    command, rest = words[index : index + 1], words[index + 1 :]
    if not command or command[0] not in _OF_ONE | _OF_MANY:
        return []
    named = list(_without_options(rest, _VALUED | _VALUED_IN.get(command[0], frozenset())))
    return [name for name in (named[:1] if command[0] in _OF_ONE else named) if "$" not in name]


def _without_options(words: Sequence[str], valued: frozenset[str]) -> Iterator[str]:
    index = 0
    while index < len(words):
        if words[index].startswith("-"):
            index += 2 if words[index] in valued else 1
        else:
            yield words[index]
            index += 1
