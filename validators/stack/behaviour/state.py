"""What is kept survives: a restart, `down` and `up` without volumes removed, and the engine's own restart where it may be tried."""

import secrets
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plumbline.report.fact import Check
from plumbline.stack.stack import Stack
from plumbline.stack.starting import UP_SECONDS, run_compose, start
from validators.stack.behaviour.running import Running, execute, inject, running_services, wait_until

_FILE = ".plumbline-kept"
_WORD = "what was written"
_KEPT, _LOST = "kept", "lost"


@dataclass(frozen=True)
class WrittenWord:
    """A word that was written, by the service's own protocol or as a file."""

    by: Running
    what: str
    """`state` for the service's state test, else the volume's id."""
    path: str
    """The file, empty for the service's state test."""
    word: str


def try_state(stack: Stack, restart_engine: str | None) -> Iterator[Check]:
    """Write, let things happen, and read after each of them. `restart_engine` is a shell command, None to leave that out."""
    before = running_services(stack)
    stack.watch.phase("writing what has to survive")
    written = _write_files(stack, before)
    yield from _write_words(stack, before, written)
    happenings: dict[str, Callable[[], None]] = {
        "restart": lambda: run_compose(stack, "restart"),
        "down_and_up": lambda: _down_and_up(stack),
    }
    if restart_engine:
        happenings["engine_restart"] = lambda: _restart_engine(stack, restart_engine)
    for name, happen in happenings.items():
        stack.watch.phase(f"{name.replace('_', ' ')}, and reading what has to survive")
        begin = time.monotonic()
        happen()
        now = wait_until(stack, lambda now, _: all(key in now and now[key].well for key in before), UP_SECONDS)
        seconds = time.monotonic() - begin
        for key, each in before.items():
            yield each.check(f"returns.{name}", each.well_state, _how(now.get(key)), seconds)
        yield from _read(stack, now, written, name)


def _how(each: Running | None) -> str:
    return "gone" if each is None else each.state


def _write_words(stack: Stack, services: Mapping[str, Running], written: list[WrittenWord]) -> Iterator[Check]:
    for each in services.values():
        if test := each.service.state_test:
            word = secrets.token_hex(8)
            code, output = execute(stack, each, test.write, word)
            yield each.check("written", "exit code 0", f"exit code {code}" + (f": {output[-200:]}" if code else ""))
            _, output = execute(stack, each, test.read, word)
            yield each.check("read_back", _WORD, _word_or(output, word))
            written.append(WrittenWord(each, "state", "", word))


def _write_files(stack: Stack, services: Mapping[str, Running]) -> list[WrittenWord]:
    written = [
        WrittenWord(each, volume, f"{target}/{_FILE}", secrets.token_hex(8))
        for each in services.values()
        for volume, target in each.service.volumes.items()
    ]
    wanted: dict[str, dict[str, Any]] = {}
    for item in written:
        wanted.setdefault(item.by.key, {"pid": item.by.pid, "paths": {}})["paths"][item.path] = item.word
    inject(stack, "write", wanted)
    return written


def _read(stack: Stack, now: Mapping[str, Running], written: list[WrittenWord], happening: str) -> Iterator[Check]:
    wanted: dict[str, dict[str, Any]] = {}
    for item in written:
        if item.path and item.by.key in now and now[item.by.key].pid:
            wanted.setdefault(item.by.key, {"pid": now[item.by.key].pid, "paths": []})["paths"].append(item.path)
    files = inject(stack, "read", wanted)
    for item in written:
        each, test = now.get(item.by.key), item.by.service.state_test
        if item.path:
            kept = files.get(item.by.key, {}).get(item.path) == item.word
            expected, observed = _KEPT, _KEPT if kept else _LOST
        elif each and test:
            _, output = execute(stack, each, test.read, item.word)
            expected, observed = _WORD, _word_or(output, item.word)
        else:
            expected, observed = _WORD, "not read: the service is gone"
        yield item.by.check(f"survives.{happening}.{item.what}", expected, observed)


def _word_or(output: str, word: str) -> str:
    return _WORD if output == word else repr(output[-200:])


def _down_and_up(stack: Stack) -> None:
    run_compose(stack, "--profile=job", "down")
    start(stack)


def _restart_engine(stack: Stack, command: str) -> None:
    """Run the user's command, and wait until the engine answers again."""
    subprocess.run(shlex.split(command), capture_output=True, timeout=UP_SECONDS, check=True)
    end = time.monotonic() + UP_SECONDS
    while time.monotonic() < end and stack.engine.run(["version"]).returncode:
        time.sleep(0.5)
    stack.engine.reconnect()
