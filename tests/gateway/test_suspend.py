"""`plumb runbook run suspend-tenant` and `resume-tenant` against the real gateway, under load of both tenants.

The database and Compose are played by `node/`; on real ones the runbooks are run by `tests/stack/test_suspension.py`.
"""

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from time import sleep, time

import pytest
import yaml

from tests.gateway.standing import Gateway, answer, gateway, host
from tests.stack.waiting import HANG_S, until

pytestmark = pytest.mark.slow

STUBS = Path(__file__).parent / "node"
MOMENT = 1.0
"""Seconds in which a suspension has to be seen."""


@pytest.fixture(scope="module")
def entry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The gateway, with the places of the runbooks on this machine."""
    folder = tmp_path_factory.mktemp("suspension")
    here = {"shell": None, "plumb": True, "folder": str(folder / "node")}
    changes = {
        "platform.yaml": {"places": {"control": here, "tenant-gateway": here, "tenant-worker": here}},
        "topology/online.yaml": {"entry": {"requests_per_minute": 1_000_000}},
    }
    with undisturbed(), gateway(folder, changes) as standing:
        (standing.folder / "secrets").mkdir()
        key = standing.folder / "secrets/tenant_api_key"
        # one folder stands for a node of each tenant
        (standing.folder / ".env").write_text("TENANT=acme\nTENANT=globex\n")
        for file, text in {"state": "ACTIVE\n", "event": "", "running": "a\nb\nc\n", "key in use": "k" * 40}.items():
            (standing.folder / file).write_text(text)
        key.write_text("k" * 40)
        yield standing


@contextmanager
def undisturbed() -> Iterator[None]:
    """This session's processes go before others, where that is allowed: what is measured is the gateway, not who else is at work."""
    group = Path("/proc/self/autogroup")
    before = group.read_text().rpartition(" ")[2] if group.exists() else "0"
    with suppress(OSError):
        group.write_text("-15")
    try:
        yield
    finally:
        with suppress(OSError):
            group.write_text(before)


def run(entry: Gateway, name: str, *options: str) -> Path:
    """A runbook, carried out by the command as users have it; its journal."""
    journals = entry.folder / "journals"
    call = [sys.executable, "-m", "plumbline", "--spec", str(entry.spec), "runbook", "run", name, *options]
    environment = {
        **os.environ,
        "PATH": f"{STUBS}:{os.environ['PATH']}",
        "NODE": str(entry.folder),
        "CURL_CA_BUNDLE": str(entry.trusted),
        "DOCPIPE_CONTROL_DB_URL": "postgresql://docpipe@127.0.0.1/docpipe",
    }
    done = subprocess.run(
        [*call, "--yes", "--journals", str(journals)],
        capture_output=True,
        text=True,
        timeout=HANG_S,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return max(journals.glob(f"{name}-*.jsonl"))


def start_of(journal: Path, title: str) -> float:
    """When a step began, in seconds since 1970."""
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    at = next(each["at"] for each in entries if each["event"] == "started" and each["title"] == title)
    return datetime.fromisoformat(at).timestamp()


@dataclass
class Load:
    """What clients of one tenant saw: time, status, whose backend answered."""

    tenant: str
    seen: list[tuple[float, int, str]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def first(self, status: int, after: float) -> float:
        """When a status was first seen after a time."""
        return next(at for at, each, _ in self.seen if at >= after and each == status)


@contextmanager
def under_load(entry: Gateway, pause: float = 0.02) -> Iterator[dict[str, Load]]:
    """Two clients of each tenant, one on an open connection, one on a new one for each request, until the block ends."""
    loads = {tenant: Load(tenant) for tenant in entry.backends}
    over = threading.Event()

    def ask(load: Load, keep: bool) -> None:
        name = host(load.tenant)
        connection = entry.connect(name)
        while not over.wait(pause):
            try:
                if not keep:
                    connection.close()
                    connection = entry.connect(name)
                got = answer(connection, "/", {"Host": name})
                load.seen.append((time(), got.status, got.tenant))
            except OSError as error:
                load.broken.append(repr(error))
                connection = entry.connect(name)
        connection.close()

    threads = [threading.Thread(target=ask, args=(load, keep)) for load in loads.values() for keep in (True, False)]
    for thread in threads:
        thread.start()
    try:
        yield loads
    finally:
        over.set()
        for thread in threads:
            thread.join()


@contextmanager
def rolled_out(entry: Gateway, tenant: str) -> Iterator[None]:
    """A tenant's route written anew again and again, until the block ends: other changes must not hold this one up."""
    over = threading.Event()
    route = entry.routes / f"{tenant}.yml"

    def write() -> None:
        while not over.wait(0.4):
            new = route.with_suffix(".new")
            new.write_text(route.read_text())
            new.replace(route)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


SLOWED = 30
"""A route goes through the shell's programs, the file watcher and Traefik, each of which a busy machine lets wait."""


def test_suspended_within_a_second_and_nobody_else_notices(
    entry: Gateway, record_property: Callable[[str, object], None]
) -> None:
    with under_load(entry) as loads, rolled_out(entry, "globex"):
        sleep(0.3)
        suspended = run(entry, "suspend-tenant", "--set", "tenant=acme")
        out = start_of(suspended, "Stop routing to the tenant")
        files = {file.name for file in entry.routes.iterdir()}
        resumed = run(entry, "resume-tenant", "--set", "tenant=acme", "--at", "tenant-worker=sh", "--at", "control=sh")
        back = start_of(resumed, "Route to the tenant again")
        sleep(0.3)
    acme, globex = loads["acme"], loads["globex"]
    # how late this machine itself is: the longest that a tenant waited who is not concerned
    at = sorted(moment for moment, _, _ in globex.seen)
    lateness = max(after - before for before, after in pairwise(at))
    figures = {
        "lateness": round(lateness, 3),
        "seconds to 503": round(acme.first(503, out) - out, 3),
        "seconds to 200": round(acme.first(200, back) - back, 3),
        "acme": dict(Counter(status for _, status, _ in acme.seen)),
        "globex": dict(Counter(status for _, status, _ in globex.seen)),
    }
    print(figures)
    record_property("figures", figures)
    assert files == {"_common.yml", "acme.yml", "acme.suspended.yml", "globex.yml"}
    assert figures["seconds to 503"] < MOMENT + SLOWED * lateness
    assert figures["seconds to 200"] < 5 * MOMENT + SLOWED * lateness
    # once out, it is out until it is let in again
    settled = [status for at, status, _ in acme.seen if acme.first(503, out) + 0.2 < at < back]
    assert set(settled) == {503}
    assert {status for _, status, _ in globex.seen} == {200}
    assert acme.broken == globex.broken == []
    assert min(len(acme.seen), len(globex.seen)) > 100
    assert {tenant for _, status, tenant in acme.seen if status == 200} == {"acme"}
    assert {tenant for _, _, tenant in globex.seen} == {"globex"}


def test_the_key_is_another_while_suspended_and_the_workers_stand(entry: Gateway) -> None:
    key, aside = entry.folder / "secrets/tenant_api_key", entry.folder / "secrets/tenant_api_key.suspended"
    before = key.read_text()
    journal = run(entry, "suspend-tenant", "--set", "tenant=acme")
    assert aside.read_text() == before
    assert key.read_text() != before
    assert len(key.read_text()) == len(before)
    assert (entry.folder / "key in use").read_text() == key.read_text()
    assert (entry.folder / "running").read_text() == ""
    held = yaml.safe_load((entry.folder / "compose.override.yaml").read_text())["services"]
    assert held and all(each == {"scale": 0} for each in held.values())
    assert key.read_text() not in journal.read_text()

    run(entry, "suspend-tenant", "--set", "tenant=acme")
    assert aside.read_text() == before, "suspended twice, the tenant's own key is still the one set aside"

    run(entry, "resume-tenant", "--set", "tenant=acme")
    assert key.read_text() == before
    assert (entry.folder / "key in use").read_text() == before
    assert not aside.exists()
    assert not (entry.folder / "compose.override.yaml").exists()
    assert (entry.folder / "running").read_text() != ""
    assert (entry.folder / "state").read_text() == "ACTIVE\n"
    assert (entry.folder / "event").read_text() == "TENANT_ACTIVE\n"


def test_undo_of_a_suspension_lets_the_tenant_in_again(entry: Gateway) -> None:
    key = (entry.folder / "secrets/tenant_api_key").read_text()
    run(entry, "suspend-tenant", "--set", "tenant=globex")
    assert entry.ask(host("globex")).status == 503
    assert entry.ask(host("acme")).tenant == "acme"
    run(entry, "suspend-tenant", "--undo", "--set", "tenant=globex")
    until(lambda: entry.ask(host("globex")).tenant == "globex", "the tenant to be let in again")
    assert (entry.folder / "secrets/tenant_api_key").read_text() == key
