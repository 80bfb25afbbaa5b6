"""An update with one changed service: what keeps running, for how long nobody answers, and the way back."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from tests.bundle.host import SealedHost, scripts_of, sealed_host
from tests.bundle.releases import ENTRY, ENTRY_CHANGED, ENTRY_SICK, Publisher
from tests.bundle.sealed import Outcome, status

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


class Entry:
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
def asking(host: SealedHost) -> Iterator[Entry]:
    """The entry is asked 20 times a second while the block runs."""
    file = host.folder / "entry"
    with file.open("w") as lines:
        process = subprocess.Popen([*host.engine.inside, sys.executable, "-c", _ASK], stdout=lines)
        try:
            yield Entry(file)
        finally:
            process.kill()
            process.wait()


def update(maker: Publisher, store: str) -> Iterator[Outcome]:
    """1.0, then 1.1, back, on again; then one that does not work, and back from it."""
    first, second = maker.release(), maker.release("1.1", ENTRY_CHANGED)
    with sealed_host(store == "containerd") as host:

        def install(bundle: Path, *words: str) -> subprocess.CompletedProcess[str]:
            name = bundle.name.removesuffix(".tar.zst")
            script = scripts_of(bundle, host.folder / name) / "install.sh"
            return host.script(script, *maker.trust, *words, bundle)

        done = install(first)
        yield "release 1.0 is installed", [] if done.returncode == 0 else [done.stderr]
        host.sql(_EVENT)
        before = standing(host)
        with asking(host) as entry:
            done = install(second)
        yield "release 1.1 is installed over it", [*([] if done.returncode == 0 else [done.stderr]), *status(host)]
        after = standing(host)
        changed = [name for name, since in after.items() if before.get(name) != since]
        kept = (
            f"{len(after) - len(changed)} services keep running, the stores among them; made anew: {', '.join(changed)}"
        )
        yield kept, [] if changed == [ENTRY] else ["others were made anew too"]
        yield f"the entry is silent for {entry.gap():.1f} s while it is made anew", []

        refused = install(first)
        says = "--allow-downgrade" in refused.stderr and refused.returncode == 1
        yield "an older release is refused", [] if says else [refused.stderr]
        done = install(first, "--allow-downgrade", "a drill")
        yield "and taken with a reason", [*([] if done.returncode == 0 else [done.stderr]), *status(host)]
        done = install(second)
        yield "release 1.1 comes back", [] if done.returncode == 0 else [done.stderr]

        sick = install(maker.release("1.2", ENTRY_SICK))
        told = "stopped in step start" in sick.stderr and str(host.home) in sick.stderr
        yield (
            "a release that does not become healthy stops in start, and says what is left",
            ([] if sick.returncode == 4 and told else [sick.stderr]),
        )
        done = install(second)
        yield "the release before it comes back", [*([] if done.returncode == 0 else [done.stderr]), *status(host)]
        kept_event = host.sql("SELECT actor FROM audit_events")
        yield "nothing of the database is lost", [] if kept_event == "kept" else [kept_event]


def standing(host: SealedHost) -> dict[str, str]:
    """Since when each service runs, and as which container."""
    form = '{{index .Config.Labels "com.docker.compose.service"}} {{.Id}} {{.State.StartedAt}}'
    ids = host.run("docker", "ps", "--quiet").stdout.split()
    lines = host.run("docker", "inspect", "--format", form, *ids).stdout.splitlines()
    return {line.split()[0]: line.partition(" ")[2] for line in sorted(lines)}
