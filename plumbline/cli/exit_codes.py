"""Exit codes, and the message of a call that fails. Imports little, so that help and completion are fast."""

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from plumbline.provisioning.exit_codes import WOULD_CHANGE
from plumbline.spec.finding import EnvironmentMissing, InputError
from plumbline.spec.foreign import printable_lines

EXIT_FINDINGS, EXIT_INPUT, EXIT_ENVIRONMENT, EXIT_FAULT, EXIT_INTERRUPTED = 1, 2, 3, 70, 130


EXIT_CODES = {
    0: "success",
    EXIT_FINDINGS: "findings",
    EXIT_INPUT: "invalid input or usage",
    EXIT_ENVIRONMENT: "something missing on this machine",
    WOULD_CHANGE: "`provision plan` would change something",
    EXIT_FAULT: "internal error",
    EXIT_INTERRUPTED: "interrupted",
}
"""Every code that a command ends with."""
EXIT_CODES_TOLD = f"Exit codes: {', '.join(f'{code} {meaning}' for code, meaning in EXIT_CODES.items())}."

VARIABLE = "_PLUMB_COMPLETE"
"""By which a shell's script asks for completions."""


def spec_folder(given: str) -> Path:
    """The spec's folder; a project's root, which holds one as `data`, stands for that."""
    folder = Path(given)
    inside = folder / "data"
    # of what may not be looked at, the reading says so
    has_none = not os.path.exists(folder / "platform.yaml")  # noqa: PTH110
    return inside if has_none and os.path.isfile(inside / "platform.yaml") else folder  # noqa: PTH113


def run_guarded(command: click.Command) -> NoReturn:
    """Run a command; no user's mistake ends in a traceback, unless -vv asks for it."""

    def invoke() -> None:
        with command.make_context("plumb", _general_first(sys.argv[1:])) as context:
            reporting(context, lambda: command.invoke(context))

    guarded(invoke)


def reporting(context: click.Context, action: Callable[[], object]) -> None:
    """Carry something out; of a spec that can't be read, its findings are written, and SystemExit is raised."""
    try:
        action()
    except InputError as error:
        from plumbline.cli.common import report

        report(context, error.findings, context.obj.get("format", "text"))
        sys.exit(EXIT_INPUT)


def guarded(action: Callable[[], object]) -> NoReturn:
    """Carry something out and raise SystemExit with its code; what went wrong is said."""
    try:
        action()
        sys.exit(0)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except (click.exceptions.Abort, KeyboardInterrupt):
        _say("interrupted")
        sys.exit(EXIT_INTERRUPTED)
    except click.ClickException as error:
        vars(error)["message"] = printable_lines(error.message)
        error.show()
        sys.exit(EXIT_INPUT)
    except EnvironmentMissing as error:
        _say(f"{error}\n  = {error.hint}")
        sys.exit(EXIT_ENVIRONMENT)
    except BrokenPipeError:
        # not 0: whoever stops reading may have stopped an apply before it began
        sys.stderr.close()
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:
        _trace_if_asked()
        # libraries derive their own from it, which say nothing about the disk
        if isinstance(error, OSError) and type(error).__module__ in ("builtins", "shutil"):
            _say(_of_the_disk(error))
            sys.exit(EXIT_ENVIRONMENT)
        _say(f"{type(error).__name__}: {error}\n  = this is a bug in plumb; `plumb -vv …` shows the traceback")
        sys.exit(EXIT_FAULT)


_GENERAL = ("-q", "--quiet", "-v", "-vv", "--verbose", "--no-color")


def _general_first(words: list[str]) -> list[str]:
    """The words of a call with options of plumb as a whole before the command, wherever they were written before `--`."""
    end = words.index("--") if "--" in words else len(words)
    general = [word for word in words[:end] if word in _GENERAL]
    return [*general, *(word for word in words[:end] if word not in _GENERAL), *words[end:]]


def _of_the_disk(error: OSError) -> str:
    """What the system refused, where, and what helps."""
    if os.strerror(errno.ENOSPC) in str(error):
        # a write says nothing about its file
        where = error.filename or f"that of {Path.cwd()}, or of {tempfile.gettempdir()}"
        return f"the disk is full: {where}\n  = free some, or set TMPDIR to a folder with room"
    what = error.strerror or str(error)
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{what[:1].lower()}{what[1:]}\n  = check its permissions and what is at that path; `plumb -vv …` shows more"


def _trace_if_asked() -> None:
    if sys.argv.count("-vv") or sys.argv.count("-v") > 1:
        traceback.print_exc()


def _say(text: Any) -> None:
    click.echo(printable_lines(f"plumb: {text}"), err=True)
