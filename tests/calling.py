"""Calls of plumb, each in a process of its own that has imported plumb before.

A server imports every command once and forks for each call, so that a call costs what the command does. A child has its own
folder, environment, outputs and exit code, as a program has. What the real program does otherwise: it imports first. Tests of
that, of signals and of terminals start it themselves, by `RUN`.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Any, NoReturn

ROOT = Path(__file__).parents[1]
RUN = [sys.executable, "-c", "from plumbline.cli import main; main()"]
SECONDS = 120


def plumb(
    *arguments: str | Path, cwd: Path, input: str = "", environment: Mapping[str, str | None] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run plumb without a terminal; a traceback is a failure whatever the exit code. A variable that is None is not there."""
    given = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    whole = {name: value for name, value in given.items() if value is not None}
    words = [*map(str, arguments)]
    call = {"words": words, "cwd": str(cwd), "input": input, "environment": whole}
    server = _server()
    assert server.stdin
    assert server.stdout
    server.stdin.write(json.dumps(call) + "\n")
    server.stdin.flush()
    answer = json.loads(server.stdout.readline())
    done = subprocess.CompletedProcess(words, answer["code"], answer["out"], answer["err"])
    assert "Traceback" not in done.stderr + done.stdout
    return done


@cache
def _server() -> "subprocess.Popen[str]":
    """It ends with the process that asks, when nothing can ask it any more."""
    call = [sys.executable, "-m", "tests.calling"]
    return subprocess.Popen(call, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def serve() -> None:
    """Answer calls, a line each, until no more can come."""
    from plumbline.cli.app import COMMANDS

    for module, _ in COMMANDS.values():
        import_module(module)
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


def _answer(call: Mapping[str, Any]) -> dict[str, Any]:
    """What a child that is plumb wrote and ended with; killed after SECONDS of silence, or of processor time."""
    read_out, out = os.pipe()
    read_err, err = os.pipe()
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        for end in (read_out, read_err, tell):
            os.close(end)
        _become_plumb(call, told, out, err)
    for end in (told, out, err):
        os.close(end)
    texts = _exchanged(child, tell, call["input"].encode(), read_out, read_err)
    _, status = os.waitpid(child, 0)
    return {"code": os.waitstatus_to_exitcode(status), "out": texts[0], "err": texts[1]}


def _exchanged(child: int, tell: int, said: bytes, *ends: int) -> list[str]:
    """What comes out of each end, all at once, so that no pipe fills up while another is read; `said` fits into a pipe."""
    with os.fdopen(tell, "wb") as stream:
        stream.write(said)
    heard = dict.fromkeys(ends, b"")
    with DefaultSelector() as selector:
        for end in ends:
            selector.register(end, EVENT_READ)
        while selector.get_map():
            ready = selector.select(SECONDS)
            if not ready:
                os.kill(child, signal.SIGKILL)
            for key, _ in ready:
                if part := os.read(key.fd, 65_536):
                    heard[key.fd] += part
                else:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return [text.decode().replace("\r\n", "\n") for text in heard.values()]


def _become_plumb(call: Mapping[str, Any], *ends: int) -> NoReturn:
    """In the child: be plumb, and end."""
    from plumbline.cli import main

    for number, end in enumerate(ends):
        os.dup2(end, number)
        if end > 2:
            os.close(end)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, closefd=False)  # noqa: SIM115
        for number, mode in enumerate("rww")
    )
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    os.environ.clear()
    os.environ.update(call["environment"])
    os.chdir(call["cwd"])
    sys.argv = ["-c", *call["words"]]
    code = 70
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
