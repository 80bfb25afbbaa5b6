"""PLB881: calls of `docker compose` in runbooks that it understands."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from plumbline.spec.location import Location
from plumbline.spec.paths import PathText
from plumbline.spec.spec import Spec
from validators.rules.registry import Violation, rule
from validators.rules.runbook_names import runbook_calls
from validators.rules.runbook_scripts import PLAIN, example

_OF_ALL = (
    "--all-resources --ansi --compatibility --dry-run --env-file --file --help --parallel --profile --progress "
    "--project-directory --project-name --verbose --version"
)
_COMMANDS: Mapping[str, str] = {
    "attach": "", "build": "", "commit": "", "config": "", "convert": "", "cp": "", "create": "", "events": "", "export": "", "images": "",
    "kill": "--remove-orphans --signal", "ls": "", "pause": "", "port": "", "publish": "", "rm": "--force --stop --volumes", "scale": "",
    "stats": "", "top": "", "unpause": "", "version": "", "volumes": "", "wait": "", "watch": "",
    "down": "--remove-orphans --rmi --timeout --volumes",
    "exec": "--detach --env --index --interactive --no-TTY --no-tty --privileged --tty --user --workdir",
    "logs": "--follow --index --no-color --no-log-prefix --since --tail --timestamps --until",
    "ps": "--all --filter --format --no-trunc --orphans --quiet --services --status",
    "pull": "--ignore-buildable --ignore-pull-failures --include-deps --policy --quiet",
    "push": "--ignore-push-failures --include-deps --quiet",
    "restart": "--no-deps --timeout",
    "run": (
        "--build --cap-add --cap-drop --detach --entrypoint --env --env-from-file --interactive --label --name --no-TTY --no-deps --publish "
        "--pull --quiet --quiet-build --quiet-pull --remove-orphans --rm --service-ports --tty --use-aliases --user --volume --workdir"
    ),
    "start": "--wait --wait-timeout",
    "stop": "--timeout",
    "up": (
        "--abort-on-container-exit --abort-on-container-failure --always-recreate-deps --attach --attach-dependencies --build --detach "
        "--exit-code-from --force-recreate --menu --no-attach --no-build --no-color --no-deps --no-log-prefix --no-recreate --no-start --pull "
        "--quiet-build --quiet-pull --remove-orphans --renew-anon-volumes --scale --timeout --timestamps --wait --wait-timeout --watch --yes"
    ),
}  # fmt: skip
"""Commands of Compose 2, with the options of those that have some listed here."""
_INSIDE = ("exec", "run")
"""What follows the service there is another program's."""


@rule(
    "PLB881",
    title="Invalid call of `docker compose`",
    why="Compose prints its usage and fails, so the procedure stops half-way.",
    fix="Use a command and options of Compose 2; `docker compose COMMAND --help` lists them.",
    failing=example("docker compose stp web", PLAIN),
    passing=example("docker compose stop web", PLAIN),
)
def not_understood(spec: Spec) -> Iterator[Violation]:
    """Commands and long options that it does not have, and calls of the old `docker-compose`, which nodes do not have."""
    for _, path, call in runbook_calls(spec):
        if call.program == "docker-compose":
            yield Violation(
                path, "`docker-compose` is Compose 1, which is no longer supported", "write `docker compose`"
            )
        elif call.program == "docker" and call.words[:1] == ("compose",):
            for word, message, hint in _unknown(call.words[1:]):
                yield Violation(path, message, hint, location=_line_of(spec, path, word))


def _line_of(spec: Spec, path: PathText, word: str) -> Location | None:
    """Where a word stands in a script of several lines."""
    written = spec.runbooks[str(path.parts[1])].steps[int(str(path.parts[3]))]
    text = str(getattr(written, str(path.parts[-1]), ""))
    return spec.line_of(path, text.count("\n", 0, text.find(word)) + 1) if word in text else None


def _unknown(words: Sequence[str]) -> Iterator[tuple[str, str, str | None]]:
    place = _place_of_command(words)
    if place is None or not words[place].isalpha():
        return
    command = words[place]
    if command not in _COMMANDS:
        yield command, f"`docker compose` has no command `{command}`", _hint(command, sorted(_COMMANDS))
        return
    options = (*_COMMANDS[command].split(), *_OF_ALL.split())
    for word in words[place + 1 :] if _COMMANDS[command] else ():
        name = word.partition("=")[0]
        if name == "--" or (command in _INSIDE and not word.startswith("-")):
            return
        if name.startswith("--") and "$" not in name and name not in options:
            yield name, f"`docker compose {command}` has no option `{name}`", _hint(name, options)


def _place_of_command(words: Sequence[str]) -> int | None:
    """Where the command stands, behind options and their values."""
    index = 0
    while index < len(words) and words[index].startswith("-"):
        index += 1 if "=" in words[index] or words[index] in ("--compatibility", "--dry-run", "--verbose") else 2
    return index if index < len(words) else None


def _hint(name: str, known: Sequence[str]) -> str | None:
    close = get_close_matches(name, known, n=1)
    return f"did you mean `{close[0]}`?" if close else None
