"""An update with one changed service: what keeps running, for how long nobody answers, and the way back."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from proofs.bundle.sealed import Outcome, status
from tests.bundle.host import SealedHost, scripts_of, sealed_host
from tests.bundle.releases import (
    DATABASE_CHANGED,
    ENTRY,
    ENTRY_CHANGED,
    ENTRY_SICK,
    LAST_REVISION,
    LATER_REVISION,
    Publisher,
)

_EVENT = "INSERT INTO audit_events (tenant, actor, action, subject) VALUES ('t', 'kept', 'a', 's')"
_ASK = """
import http.client, time
while True:
    began = time.monotonic()
    try:
        entry = http.client.HTTPConnection("127.0.0.1", 8080, timeout=2)
        entry.request("GET", "/health")
        answer = entry.getresponse().status
    except OSError:
        answer = 0
    print(began, time.monotonic(), answer, flush=True)
    time.sleep(0.05)
"""


class EntryWatch:
    """What was asked of the entry, again and again, and whether it answered."""

    def __init__(self, lines: Path):
        self._lines = lines

    def gap(self) -> float:
        """Seconds from the last answer before the longest silence to the first one after it."""
        asked = [line.split() for line in self._lines.read_text().splitlines()]
        answered = [(float(began), float(ended)) for began, ended, answer in asked if answer == "200"]
        refused = [float(began) for began, _, answer in asked if answer != "200"]
        gaps = [
            after[1] - before[1]
            for before, after in pairwise(answered)
            if any(before[0] < each < after[0] for each in refused)
        ]
        return max(gaps, default=0.0)


@contextmanager
def asking(host: SealedHost) -> Iterator[EntryWatch]:
    """The entry is asked 20 times a second while the block runs."""
    file = host.folder / "entry"
    with file.open("w") as lines:
        process = subprocess.Popen([*host.engine.inside, sys.executable, "-c", _ASK], stdout=lines)
        try:
            yield EntryWatch(file)
        finally:
            process.kill()
            process.wait()


def update(maker: Publisher, store: str) -> Iterator[Outcome]:
    """1.0, then 1.1 and 1.2, back, on again; then one that does not work, and back from it."""
    with sealed_host(store == "containerd") as host:
        yield "release 1.0 is installed", failed(install(host, maker, maker.release()))
        host.sql(_EVENT)
        yield "what it holds is exported", failed(host.script(host.installed("export"), host.folder))
        yield from _one_service(host, maker)
        yield from _there_and_back(host, maker)
        kept = host.sql("SELECT actor FROM audit_events")
        yield "nothing of the database is lost", [] if kept == "kept" else [kept]


def _one_service(host: SealedHost, maker: Publisher) -> Iterator[Outcome]:
    """An update that changes the entry alone."""
    second, before = maker.release("1.1", ENTRY_CHANGED), standing(host)
    with asking(host) as entry:
        done = install(host, maker, second)
    yield "release 1.1 is installed over it", [*failed(done), *status(host)]
    after = standing(host)
    changed = [name for name, since in after.items() if before.get(name) != since]
    kept = f"{len(after) - len(changed)} services keep running, the stores among them; made anew: {', '.join(changed)}"
    others = [f"{name} was {before.get(name)}, is {after[name]}" for name in changed if name != ENTRY]
    yield kept, others if ENTRY in changed else [*others, f"{ENTRY} was not made anew"]
    stores, since = "rollback.sh goes back to 1.0 without its bundle, and touches the entry alone", standing(host)
    done = rollback(host)
    touched = [name for name, each in standing(host).items() if since.get(name) != each]
    yield stores, [*failed(done), *status(host), *(each for each in touched if each != ENTRY)]
    yield "release 1.1 is installed again", [*failed(install(host, maker, second)), *status(host)]
    yield f"the entry is silent for {entry.gap():.1f} s while it is made anew", []


def _there_and_back(host: SealedHost, maker: Publisher) -> Iterator[Outcome]:
    """An update that changes the database, the way back by the export of before, and one that fails."""
    first, third = maker.release(), maker.release("1.2", DATABASE_CHANGED)
    (export,) = host.folder.glob("docpipe-export-*.tar.zst")
    yield (
        "release 1.2 brings a migration",
        [*failed(install(host, maker, third)), *schema(host, f"{LATER_REVISION}|later")],
    )
    refused = install(host, maker, first)
    says = "--allow-downgrade" in refused.stderr and refused.returncode == 1
    yield "an older release is refused", [] if says else [refused.stderr]
    done = install(host, maker, first, "--allow-downgrade", "a drill")
    yield "and taken with a reason", [*failed(done), *status(host)]
    yield "on a database that is ahead of it", schema(host, f"{LATER_REVISION}|later")
    yield "the export is put back", [*failed(restore(host, export)), *schema(host, f"{LAST_REVISION}|")]
    yield "release 1.2 comes back", [*failed(install(host, maker, third)), *schema(host, f"{LATER_REVISION}|later")]
    done = restore(host, export)
    yield "the export of 1.0 is put back and migrated to 1.2", [*failed(done), *schema(host, f"{LATER_REVISION}|later")]
    sick = install(host, maker, maker.release("1.3", ENTRY_SICK))
    told = "stopped in step switch" in sick.stderr and "rollback.sh goes back" in sick.stderr
    what = "a release that does not become healthy stops in switch, and says what is left"
    yield what, [] if sick.returncode == 4 and told else [sick.stderr]
    yield "the release before it comes back without its bundle", [*failed(rollback(host)), *status(host)]


Done = subprocess.CompletedProcess[str]


def install(host: SealedHost, maker: Publisher, bundle: Path, *words: str) -> Done:
    """By the bundle's own script."""
    script = scripts_of(bundle, host.folder / bundle.name.removesuffix(".tar.zst")) / "install.sh"
    return host.script(script, *maker.trust, *words, bundle)


def restore(host: SealedHost, export: Path) -> Done:
    """By the script of the installed release."""
    return host.script(host.installed("restore"), export)


def rollback(host: SealedHost) -> Done:
    """By the script of the installed release."""
    return host.script(host.installed("rollback"))


def failed(done: Done) -> list[str]:
    """What a script says that failed, and the end of its log, which goes with its host."""
    if done.returncode == 0:
        return []
    logs = [Path(line.removeprefix("log: ")) for line in done.stderr.splitlines() if line.startswith("log: ")]
    ends = [log.read_text(errors="replace")[-2000:] for log in logs if log.is_file()]
    return [f"exit code {done.returncode}: {done.stdout[-1000:]}", done.stderr, *ends]


def schema(host: SealedHost, wanted: str) -> list[str]:
    """What is wrong with the database: its revision, and the table of the later release."""
    found = host.sql("SELECT version_num, to_regclass('later') FROM alembic_version")
    return [] if found == wanted else [f"the database is {found}, not {wanted}"]


def standing(host: SealedHost) -> dict[str, str]:
    """Since when each service runs, and as which container."""
    form = '{{index .Config.Labels "com.docker.compose.service"}} {{.Id}} {{.State.StartedAt}}'
    ids = host.run("docker", "ps", "--quiet").stdout.split()
    lines = host.run("docker", "inspect", "--format", form, *ids).stdout.splitlines()
    return {line.split()[0]: line.partition(" ")[2] for line in sorted(lines)}
