"""PLB855…: what an operator has at home, or has not set, does not change what a step does."""

from collections.abc import Iterator

from plumbline.runbook.shell_syntax import Call, Script
from plumbline.spec.spec import Spec
from validators.rules.registry import Violation, rule
from validators.rules.runbook_reading import scripts
from validators.rules.runbook_scripts import PLAIN, example, short

_AMBIENT = frozenset({"HOME", "PATH", "PWD", "OLDPWD", "IFS"})
"""Variables that every shell has."""


@rule(
    "PLB855",
    title="Call that reads the operator's start-up file",
    why="A ~/.psqlrc with AUTOCOMMIT off rolls every change back but prints success. A ~/.curlrc can set "
    "another server or proxy. The step then differs from operator to operator.",
    fix="Add `-X` to psql, and `-q` to curl, as its first option.",
    failing=example("psql -v ON_ERROR_STOP=1 -f /srv/change.sql", PLAIN),
    passing=example("psql -X -v ON_ERROR_STOP=1 -f /srv/change.sql", PLAIN),
)
def reads_a_startup_file(spec: Spec) -> Iterator[Violation]:
    for read in scripts(spec):
        if not isinstance(read.script, Script):
            continue
        for call in read.script.calls:
            if file := _startup_file(call):
                yield Violation(read.where, f"`{short(read.script.source(call.node))}` reads the operator's {file}")


def _startup_file(call: Call) -> str | None:
    """The file that a call reads in the operator's home; None where it reads none."""
    if call.program == "psql" and not any(_is_without_psqlrc(word) for word in call.words):
        return "~/.psqlrc"
    # curl looks for it at the first place alone
    first = (*call.words, "")[0]
    if call.program == "curl" and first != "--disable" and not (first.startswith("-q") and first[1:].isalpha()):
        return "~/.curlrc"
    return None


def _is_without_psqlrc(word: str) -> bool:
    return word == "--no-psqlrc" or (
        word.startswith("-") and not word.startswith("--") and "X" in word.partition("=")[0]
    )


@rule(
    "PLB856",
    title="Variable that may be unset",
    why="Without a value, the command gets an empty word and does something else: psql connects to the local user's "
    'database, `rm -r "$DIR/old"` removes /old.',
    fix="Write `${NAME:?}`, so that the script fails if it is not set, or `${NAME:-}` if it may be empty.",
    failing=example('\'psql -X -v ON_ERROR_STOP=1 -c "SELECT 1" "$CONTROL_DB"\'', PLAIN),
    passing=example('\'psql -X -v ON_ERROR_STOP=1 -c "SELECT 1" "${CONTROL_DB:?}"\'', PLAIN),
)
def unset_variable(spec: Spec) -> Iterator[Violation]:
    for read in scripts(spec):
        if isinstance(read.script, Script):
            set_here = _set_in(read.script) | _AMBIENT
            for name in dict.fromkeys(_bare(read.script)):
                if name not in set_here:
                    yield Violation(read.where, f"${name} is set nowhere in this script, and may be empty")


def _bare(script: Script) -> Iterator[str]:
    """Names of variables that are used as they are, without saying what happens where there is none."""
    for node in script.nodes:
        name = str(node.get("Param", {}).get("Value", ""))
        if node.get("Type") == "ParamExp" and "Exp" not in node and (name[:1].isalpha() or name[:1] == "_"):
            yield name


def _set_in(script: Script) -> set[str]:
    """Names that a script gives a value: by an assignment, a loop, or `read`."""
    named = {node["Name"]["Value"] for node in script.nodes if isinstance(node.get("Name"), dict)}
    return named | {word for call in script.calls if call.program == "read" for word in call.words}
