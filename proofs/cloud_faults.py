"""`make cloud-faults`: provisioning with everything going wrong, on a fake project. The last line is the score.

Each call of `apply`, of a repair, of a replacement, of `record` and of `destroy` in turn goes wrong in each way; then it is run again. Beside
that, every case of `cases/`. The end is compared by id and whole: nothing left over, nothing made twice, no data made anew.
"""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import hcloud._client

from plumbline.provisioning.calls import API_ERRORS, Failed, Refused, connect
from plumbline.provisioning.deliveries import record_deliveries
from plumbline.provisioning.first_boot import first_boot_labels, node_files_hash, whole_hash
from plumbline.provisioning.journal import ProvisionJournal
from plumbline.provisioning.labels import NODE_FILES, OBJECT, USER_DATA
from plumbline.provisioning.run import ProvisionRun
from tests.cloud import acting
from tests.cloud.cloud import NoTime
from tests.cloud.comparing import compared, objects_of
from tests.cloud.injection import KINDS, Crash, Injection, Kind, inject
from tests.fake_hcloud import FakeCloud, fake_cloud

ALL = ("tenant-acme-data", "tenant-acme-private")
"""What a destroy takes only by name."""
DB, WORKER = "tenant-acme-db-1", "tenant-acme-worker-1"
SERVERS = ("servers/tenant-acme-gateway-1", f"servers/{WORKER}", f"servers/{DB}")
OTHERS = (
    "placement_groups/tenant-acme-spread",
    "networks/tenant-acme-private",
    "firewalls/tenant-acme-fw",
    "volumes/tenant-acme-data",
    "records/acme.pipeline",
)


def _told(name: str) -> str:
    """What a server is told at its first boot."""
    return str(next(want[USER_DATA] for want in acting.acme()["objects"] if want["name"] == name))


@dataclass(frozen=True)
class Story:
    """Something that is done to a project, call by call, and all that comes of it."""

    empty: bool
    allowed: tuple[str, ...]
    expected: dict[str, Any]
    """As in a case: `gone`, `new`, `changed`."""
    user_data: str = ""
    """What the database's first boot is told, where it is another."""
    drift: tuple[dict[str, Any], ...] = ()


STORIES = {
    "apply": Story(True, (), {"new": ["ssh_keys/admin", *OTHERS, *SERVERS]}),
    "destroy": Story(False, ALL, {"gone": [*OTHERS, *SERVERS]}),
    "replace": Story(
        False,
        (DB,),
        {
            "gone": [f"servers/{DB}"],
            "new": [f"servers/{DB}"],
            "changed": {"volumes/tenant-acme-data": {"server": f"{{servers/{DB}}}"}},
        },
        user_data="#cloud-config\n# another: @VOLUME_ID@\n",
    ),
    "mend": Story(
        False,
        (),
        {
            "changed": {
                "volumes/precious": {"name": "tenant-acme-data", "protection": {"delete": True}},
                f"servers/{WORKER}": {"status": "running"},
                "records/acme.pipeline": {"ttl": 300},
            }
        },
        drift=(
            {"edit": "volumes/tenant-acme-data", "at": "name", "value": "precious"},
            {"edit": "volumes/precious", "at": "protection.delete", "value": False},
            {"edit": f"servers/{WORKER}", "at": "status", "value": "off"},
            {"call": "POST /zones/example.com/rrsets/acme.pipeline/A/actions/change_ttl", "body": {"ttl": 900}},
        ),
    ),
    # a roll-out has delivered node files
    "record": Story(
        False,
        (),
        {"changed": {f"servers/{DB}": {"labels": "*"}}},
        drift=({"edit": f"servers/{DB}", "at": f"labels.{NODE_FILES}", "value": "0" * 32},),
    ),
    # a server of before has one label, of all that it was told
    "tell-apart": Story(
        False,
        (),
        {"changed": {f"servers/{WORKER}": {"labels": "*"}}},
        drift=(
            {
                "call": f"PUT /servers/{{servers/{WORKER}}}",
                "body": {
                    "labels": {
                        "managed_by": "plumbline",
                        "tenant_id": "acme",
                        "environment": "production",
                        "role": "worker",
                        OBJECT: WORKER,
                        USER_DATA: whole_hash(_told(WORKER)),
                    }
                },
            },
        ),
    ),
}


@dataclass(frozen=True)
class CloudFault:
    """One thing that goes wrong."""

    story: str
    nth: int
    kind: Kind

    def __str__(self) -> str:
        return f"{self.story}, call {self.nth}, {self.kind}"


def main() -> int:
    """Try all; 1 when one of them ended otherwise than it has to."""
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn"), never_wait) as pool:
        counts = pool.map(calls_of, STORIES)
        tries: list[CloudFault | str] = [*catalogue(dict(zip(STORIES, counts, strict=True))), *acting.cases()]
        bad = 0
        for number, (what, wrong) in enumerate(zip(tries, pool.map(tried, tries, chunksize=8), strict=True), 1):
            if wrong:
                bad += 1
                print(f"{what}: " + "\n    ".join(wrong), flush=True)
            elif sys.stderr.isatty():
                print(f"\r{number} of {len(tries)}", end="", file=sys.stderr)
    print(f"cloud faults: {len(tries) - bad} of {len(tries)} ended as they must, {len(acting.cases())} of them cases")
    return int(bad > 0)


def never_wait() -> None:
    """The SDK's own waits pass at once."""
    hcloud._client.time = NoTime  # type: ignore[attr-defined,assignment]


def catalogue(counts: dict[str, int]) -> Iterator[CloudFault]:
    """Every call of every story, in every way."""
    for story, calls in counts.items():
        for nth in range(calls):
            yield from (CloudFault(story, nth, kind) for kind in KINDS)


def calls_of(story: str) -> int:
    """Calls that a story makes when nothing goes wrong."""
    with scene(story) as it:
        return it.done(Injection())


def tried(what: CloudFault | str) -> list[str]:
    """What is wrong at the end of a fault, or of a case; empty when all is well."""
    if isinstance(what, str):
        return acting.tried(acting.cases()[what])
    with scene(what.story) as it:
        injection = Injection(what.nth, what.kind)
        before, crashed = objects_of(it.cloud), False
        try:
            it.done(injection)
        except Crash:
            crashed = True
        except (Failed, Refused, *API_ERRORS):
            pass
        if injection.calls <= what.nth:
            return ["the call was never made"]
        it.cloud.finish_actions()
        between = objects_of(it.cloud)
        if crashed:
            it.run().unlock()
        it.done(Injection())
        return it.wrong(before, between)


class _Story:
    """A story on its project."""

    def __init__(self, name: str, cloud: FakeCloud, folder: Path):
        self.name, self.story, self.cloud, self.folder = name, STORIES[name], cloud, folder
        self.state = deepcopy(acting.acme())
        for want in self.state["objects"]:
            if want["name"] == DB and self.story.user_data:
                want["user_data"] = self.story.user_data

    def run(self, injection: Injection | None = None) -> ProvisionRun:
        """A run that never waits: time passes for what runs at the provider."""

        def pause(_: float) -> None:
            self.cloud.finish_actions()

        api = connect(self.cloud.token, self.cloud.endpoint, 0, pause)
        if injection:
            inject(api, injection)
        journal = ProvisionJournal(self.folder / "journal", lambda _: None)
        return ProvisionRun(api, self.state, journal, lambda _: None, self.story.allowed, pause)

    def done(self, injection: Injection) -> int:
        """Do it once; how many calls that took."""
        run = self.run(injection)
        if self.name == "record":
            record_deliveries(run, {DB: node_files_hash(_told(DB))})
        else:
            run.destroy() if self.name == "destroy" else run.apply()
        return injection.calls

    def wrong(self, before: Any, between: Any) -> list[str]:
        """What is not as it must be."""
        self.cloud.finish_actions()
        after = objects_of(self.cloud)
        wrong = compared(before, after, self.story.expected, acting.Scene(self.cloud, self.folder).filled)
        if self.name == "apply":
            wrong += [
                f"made anew: {between[key]['name']}" for key in between.keys() - after.keys() if _lasts(between[key])
            ]
        if self.name in ("record", "tell-apart"):
            name = DB if self.name == "record" else WORKER
            labels = next(it["labels"] for it in self.cloud.objects("servers").values() if it["name"] == name)
            wrong += [
                f"{key} is {labels.get(key)}"
                for key, hash in first_boot_labels(_told(name)).items()
                if labels.get(key) != hash
            ]
        if self.name != "destroy" and (plan := self.run().plan()):
            wrong.append(f"not as desired: {plan}")
        addresses = sum(1 for it in self.cloud.objects("primary_ips").values() if it["assignee_id"] is None)
        return wrong + ([f"{addresses} addresses are left over"] if addresses else [])


def _lasts(it: dict[str, Any]) -> bool:
    """The lock is there for a time."""
    return "plumbline_lock" not in (it.get("labels") or {})


@contextmanager
def scene(name: str) -> Iterator[_Story]:
    """A story on a project of its own."""
    story = STORIES[name]
    with fake_cloud() as cloud, tempfile.TemporaryDirectory() as folder:
        cloud.project.objects = deepcopy(acting.clean(story.empty))
        cloud.project.ids = count(2_000_001)
        drifting = acting.Scene(cloud, Path(folder))
        for step in story.drift:
            drifting.do(step)
        yield _Story(name, cloud, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
