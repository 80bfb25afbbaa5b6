"""The offline runbooks, followed to the letter on a sealed host: what the pages show is run, and prints what they say."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping

from plumbline.runbook.captures import NotCaptured, capture
from plumbline.runbook.rendering import CAPTURED, RenderedStep, render_runbook
from plumbline.spec.printed import as_shown
from proofs.bundle.sealed import Outcome
from tests.bundle.host import SealedHost, sealed_host
from tests.bundle.releases import ENTRY_CHANGED, SIGNATURES_CHANGED, Publisher, plumb
from tests.stack.conftest import shipped_spec

_MEDIUM = "/media/docpipe"
_BACKUPS = "/var/backups"
_OLDER_ENGINE = re.compile(r"^warning: Docker (Engine|Compose) is .*\n", re.MULTILINE)
"""The lab's engine is older than the spec's floor, which a host of the runbook is not."""


def runbooks(maker: Publisher, store: str) -> Iterator[Outcome]:
    """All of them, in the order of a host's life."""
    first, second = maker.release(), maker.release("1.1", ENTRY_CHANGED)
    signatures = maker.release("1.0.1", SIGNATURES_CHANGED)
    delta = maker.folder / "docpipe-offline-1.0-to-1.0.1.delta"
    made = plumb("bundle", "delta", str(first), str(signatures), "--out", str(delta))
    assert made.returncode == 0, made.stderr
    with sealed_host(store == "containerd") as host:
        medium = host.engine.own / _MEDIUM.lstrip("/")
        medium.mkdir(parents=True)
        for file in (first, second, delta):
            shutil.copy(file, medium)
        shutil.copy(maker.key.public, medium / "release-key.asc")
        at = {"medium": _MEDIUM, "fingerprint": maker.key.fingerprint}
        install = at | {"bundle": first.name, "backups": _BACKUPS}
        yield from followed(host, "offline-install", install)
        yield "offline-install: does not begin where a release serves", _not_begun(host, install)
        yield from followed(host, "offline-verify", {})
        yield from followed(host, "offline-export", {"target": _BACKUPS})
        yield from followed(
            host, "offline-signatures", {"medium": _MEDIUM, "kept": _BACKUPS, "old": first.name, "delta": delta.name}
        )
        kept = {"medium": _MEDIUM, "old": f"{_BACKUPS}/{first.name}"}
        yield from followed(host, "offline-update", kept | {"bundle": second.name, "backup": _BACKUPS})


def _not_begun(host: SealedHost, values: Mapping[str, str]) -> list[str]:
    """Else its undo would take that release away."""
    first = render_runbook(shipped_spec(), "offline-install", "offline", values).steps[0]
    done = _typed(host, first.script(first.run), first.timeout_s, {})
    if done.returncode and "follow offline-update" in done.stdout:
        return []
    return [f"it ends with {done.returncode}: {done.stdout[-1500:]}"]


def followed(host: SealedHost, runbook: str, values: Mapping[str, str]) -> Iterator[Outcome]:
    """Each step of a runbook: run, compared with what the page says, verified."""
    shown = render_runbook(shipped_spec(), runbook, "offline", values)
    captured_values: dict[str, str] = {}
    for step in shown.steps:
        begin = time.monotonic()
        problems = _done(host, step, captured_values)
        # the page of the runbook shows both: see plumbline/site/proven.py
        yield f"{runbook}: {step.title} ({time.monotonic() - begin:.0f} s)", problems


def _done(host: SealedHost, step: RenderedStep, captured_values: dict[str, str]) -> list[str]:
    done = _typed(host, step.script(step.run), step.timeout_s, captured_values)
    if done.returncode:
        return [f"it ends with {done.returncode}: {done.stdout[-1500:]}"]
    found = []
    if step.output and not as_shown(step.output, printed := _OLDER_ENGINE.sub("", done.stdout)):
        found.append(f"it prints:\n{printed}\nand not:\n{step.output}")
    for name, pattern in step.capture.items():
        try:
            captured_values[f"{CAPTURED}_{name}"] = capture(pattern, done.stdout)
        except NotCaptured as error:
            found.append(f"{name}: {error}: {done.stdout[-1500:]}")
    if step.verify and (verified := _typed(host, step.script(step.verify), step.timeout_s, captured_values)).returncode:
        found.append(f"verify ends with {verified.returncode}: {verified.stdout[-1500:]}")
    return found


def _typed(
    host: SealedHost, text: str, seconds: int, captured_values: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """What an operator types at the host's console."""
    environment = {
        "PATH": host.environment["PATH"],
        "HOME": "/root",
        "DOCKER_HOST": host.engine.host,
        **captured_values,
    }
    return subprocess.run(
        [*host.engine.at_its_console, "sh", "-c", text],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
