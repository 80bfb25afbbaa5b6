"""Runs a shell script at a place, with a limit on its time, and keeps the end of what it says."""

import os
import shlex
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from plumbline.runbooks import RenderedPlace

TIME_RAN_OUT = 124
"""Exit code of a script that had no time left, as `timeout` has it."""
_GRACE_SECONDS = 5
_KEPT_LINES = 40
_KEPT_CHARACTERS = 4000

Listener = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a script ended."""

    code: int
    output: str
    """The end of its output and diagnostics, as they came."""


def run_at(place: RenderedPlace, script: str, seconds: float, hear: Listener) -> Outcome:
    """Run a script on each node of a place in turn, up to the first on which it fails."""
    outcome = Outcome(0, "")
    for shell in place.shells:
        ended = _run(shell, place.folder, script, seconds, hear)
        outcome = Outcome(ended.code, _end(outcome.output + ended.output))
        if ended.code:
            break
    return outcome


def _run(shell: str, folder: str, script: str, seconds: float, hear: Listener) -> Outcome:
    """One node. The script ends with its first failing command, and is killed with all that it started when its time is over."""
    whole = f"cd -- {shlex.quote(folder)}\n{script}" if folder else script
    # elsewhere `timeout` ends it too: a killed ssh leaves what it started; from a pipe, a command of the script that reads
    # its input would read the rest of the script
    there = f"exec timeout -k {_GRACE_SECONDS} {seconds:g} sh -e -c {shlex.quote(whole)} </dev/null\n"
    process = subprocess.Popen(
        ["sh", "-c", shell] if shell else ["sh", "-e", "-c", whole],
        stdin=subprocess.PIPE if shell else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    kept: deque[str] = deque(maxlen=_KEPT_LINES)
    listening = threading.Thread(target=_listen, args=(process, kept, hear), daemon=True)
    listening.start()
    try:
        if shell:
            _hand_over(process, there)
        code = process.wait(seconds + (2 * _GRACE_SECONDS if shell else 0))
    except subprocess.TimeoutExpired:
        code = TIME_RAN_OUT
    finally:
        _kill(process)
    # something that it left in the background may hold the pipe open
    listening.join(1)
    return Outcome(code, _end("".join(kept)))


def _hand_over(process: subprocess.Popen[str], script: str) -> None:
    assert process.stdin
    with suppress(BrokenPipeError):  # it ended before it read; its exit code says how
        process.stdin.write(script)
        process.stdin.close()


def _listen(process: subprocess.Popen[str], kept: deque[str], hear: Listener) -> None:
    assert process.stdout
    for line in process.stdout:
        kept.append(line)
        hear(line.rstrip("\n"))


def _kill(process: subprocess.Popen[str]) -> None:
    """The whole group, for what the script started may still run."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _end(text: str) -> str:
    return text[-_KEPT_CHARACTERS:]
