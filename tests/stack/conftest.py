"""The shipped spec, and its offline stack standing for as long as the tests of it run."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from plumbline.stack.engine import PROJECT, Engine, find_engine
from plumbline.stack.stack import Stack
from plumbline.stack.starting import stack_up

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
Plumb = Callable[..., "subprocess.Popen[str]"]


class SilentWatch:
    """A watch that nobody looks at."""

    def phase(self, text: str) -> None: ...
    def services(self, states: Mapping[str, str]) -> None: ...
    def result(self, name: str, matches: int, others: int) -> None: ...


def shipped_spec() -> Spec:
    """The spec that ships."""
    loaded, findings = load_spec(read_spec_files(DATA), "data/")
    assert loaded is not None, findings
    return loaded


@pytest.fixture(scope="session")
def spec() -> Spec:
    """The spec that ships."""
    return shipped_spec()


@pytest.fixture(scope="session")
def engine(lab: dict[str, str]) -> Engine:
    """The engine of the lab."""
    return find_engine()


@pytest.fixture(scope="module")
def offline(engine: Engine, spec: Spec) -> Iterator[Stack]:
    """The offline mode, standing."""
    with stack_up(engine, spec, DATA, "offline", SilentWatch()) as stack:
        yield stack


@pytest.fixture
def plumb(tmp_path: Path) -> Iterator[Plumb]:
    """Starts `plumb verify stack`, or `parity`, with temporary folders of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
        words = arguments if arguments[0] == "parity" else ("stack", *arguments)
        call = [sys.executable, "-m", "plumbline", "verify", *words, "--report", str(tmp_path / "reports")]
        process = subprocess.Popen(
            call,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(tmp_path), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def leftovers(engine: Engine) -> list[str]:
    """Everything on the engine that belongs to a run."""
    projects = [
        each["Labels"][PROJECT] for each in engine.client.api.containers(all=True) if PROJECT in (each["Labels"] or {})
    ]
    named = [each["Name"] for each in engine.client.api.networks()]
    named += [each["Name"] for each in engine.client.api.volumes()["Volumes"] or []]
    return [name for name in projects + named if name.startswith("plumb-")]
