"""Runs a shell script at a place, with a time limit, and reads its output."""

import io
import os
import re
import secrets
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from plumbline.runbook.rendering import RenderedPlace
from plumbline.spec.printed import plain

TIME_RAN_OUT = 124
"""Exit code of a script that had no time left, as `timeout` has it."""
NOT_SAID = 125
"""Exit code of a script elsewhere of which nobody knows whether it ran, as the programs that run others have it."""
_NOT_SAID = "the way there ended well, and did not say how the script ended: does it run a shell on its input, as `ssh HOST sh` does?\n"
_GRACE_SECONDS = 5
_MOST_KEPT = 4_000_000
"""Characters of one node's output that are kept; a value and the comparison with the page are taken from these."""
_LONGEST_LINE = 65_536
_END_CHARACTERS = 4_000
_END_LINES = 40

# A script that is sent elsewhere outlives neither its time nor this machine: `timeout` ends it with all that it started, and so
# does the end of the input, which comes when the connection breaks. It reads nothing itself, or it would read that input.
# It says itself how it ended: a way that hands nothing on (`docker exec` without -i, `ssh -n`) ends well all the same, and so
# does one that ends with another program (`ssh … | tee log`).
_ELSEWHERE = """\
{{
exec 3<&0
timeout -k {grace} {seconds:g} sh -e -c {script} </dev/null 3<&- &
script=$!
{{ cat <&3; kill "$script"; }} >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait "$script"
code=$?
kill "$watch"
printf '%s %s\\n' {mark} "$code"
exit "$code"
}}
"""

Listener = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ScriptOutcome:
    """How a script ended."""

    code: int
    """Exit code; of several nodes, that of the first on which it failed."""
    printed: tuple[str, ...]
    """Output and diagnostics of each node in turn, in the order in which they were written, as plain text."""

    @property
    def output(self) -> str:
        """The end of it, for a report."""
        return "".join("".join(self.printed).splitlines(keepends=True)[-_END_LINES:])[-_END_CHARACTERS:]


def run_at(place: RenderedPlace, script: str, seconds: float, hear: Listener) -> ScriptOutcome:
    """Run a script on each node of a place in turn, up to the first on which it fails."""
    code, printed = 0, []
    for shell in place.shells:
        code, text = _run(shell, script, seconds, hear)
        printed.append(text)
        if code:
            break
    return ScriptOutcome(code, tuple(printed))


def _run(shell: str, script: str, seconds: float, hear: Listener) -> tuple[int, str]:
    """One node. The script ends with its first failing command, and is killed with all that it started when its time is over."""
    process = subprocess.Popen(
        ["sh", "-c", shell] if shell else ["sh", "-e", "-c", script],
        stdin=subprocess.PIPE if shell else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    kept: list[str] = []
    said: list[int] = []
    mark = f"plumb-{secrets.token_hex(8)}"
    listening = threading.Thread(target=_listen, args=(process, mark, said, kept, hear), daemon=True)
    try:
        listening.start()
        if shell:
            quoted = shlex.quote(script)
            _hand_over(process, _ELSEWHERE.format(grace=_GRACE_SECONDS, seconds=seconds, script=quoted, mark=mark))
        code = process.wait(seconds + (2 * _GRACE_SECONDS if shell else 0))
    except subprocess.TimeoutExpired:
        code = TIME_RAN_OUT
    finally:
        _end(process)
    _hear_out(listening, kept)
    if shell and code != TIME_RAN_OUT:
        if not said and not code:
            hear(_NOT_SAID.strip())
            return NOT_SAID, "".join(kept) + _NOT_SAID
        code = said[-1] if said else code
    return code, "".join(kept)


def _hand_over(process: "subprocess.Popen[bytes]", script: str) -> None:
    """The pipe stays open: its end is what tells the other side that nobody is here any more."""
    assert process.stdin
    with suppress(BrokenPipeError):  # it ended before it read; its exit code says how
        process.stdin.write(script.encode())
        process.stdin.flush()


def _listen(process: "subprocess.Popen[bytes]", mark: str, said: list[int], kept: list[str], hear: Listener) -> None:
    """Hear what it says, line by line; how a script elsewhere ended stands behind the mark, and is none of its output."""
    assert process.stdout
    ended = re.compile(rf"(.*){mark} ([0-9]+)")
    left = _MOST_KEPT
    # a carriage return ends no line: what follows it is written over what was there
    with io.TextIOWrapper(process.stdout, encoding="utf-8", errors="replace", newline="\n") as output:
        while line := output.readline(_LONGEST_LINE):
            text = plain(line)
            if found := ended.fullmatch(text):
                said.append(int(found[2]))
                if not (text := found[1]):
                    continue
            if left > 0:
                kept.append(f"{text}\n")
                left -= len(text) + 1
            hear(text)


def _hear_out(listening: threading.Thread, kept: list[str]) -> None:
    """Up to the end of the output, or to a second of silence: something that was left in the background may hold the pipe open."""
    heard = -1
    while listening.is_alive() and heard != len(kept):
        heard = len(kept)
        listening.join(1)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the whole group, for what the script started may still run; elsewhere by the end of its input, which is given time to work."""
    if process.stdin:
        with suppress(BrokenPipeError):
            process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
