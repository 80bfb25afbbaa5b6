"""Drift as data: what somebody does to a project, and every finding that must come of it.

A case is a JSON file in `drift/`: `changes`, each one of
  {"call": "POST /servers/{servers/NAME}/actions/poweroff", "body": {…}}   as somebody with the API would
  {"edit": "servers/NAME", "at": "rescue_enabled", "value": true}           what the fake holds, where no call leads there
  {"edit": "servers/NAME", "at": "locked", "drop": true}                     a field that an answer lacks
  {"remove": "servers/NAME"}                                                 as somebody in the console would
  {"fail": "/volumes$", "code": "unavailable"}                               calls that read there are answered so
and `found`: the findings, one and all. `{KIND/NAME}` stands for an id,
`{address/SERVER}` for that of a server's IPv4 address, `{+DAYS}` for a moment that many days from now.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from generators.cloud.desired import cloud_tenants, desired_state
from plumbline.spec.spec import Spec
from tests.cloud.cloud import client, run_of
from tests.fake_hcloud import ApiFault, FakeCloud, fake_cloud
from validators.cloud.report import CloudReport
from validators.cloud.unmanaged import RENEWED_DAYS
from validators.cloud.verify import verify_cloud

CASES = Path(__file__).parent / "drift"
_REFERENCE = re.compile(r"\{([a-z_]+)/([^{}]+)\}")
_NUMBER = re.compile(r"(?<=[#_])\d{7}\b")
EVER = 1000
_MOMENT = re.compile(r"\{\+(-?\d+)\}")


def case(name: str) -> dict[str, Any]:
    """A case by the name of its file."""
    data: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    return data


def names() -> list[str]:
    """Every case."""
    return sorted(path.stem for path in CASES.glob("*.json"))


def lines(report: CloudReport) -> list[str]:
    """Findings as a case has them: rule and message, `#ID` for the number of what has no name, `{+DAYS}` for a day."""
    today = datetime.now(UTC).date()
    days = {str(today + timedelta(days=each)): f"{{+{each}}}" for each in (-1, 5, RENEWED_DAYS)}
    texts = [_NUMBER.sub("ID", f"{each.rule} {each.message}") for each in report.findings]
    for day, mark in days.items():
        texts = [text.replace(day, mark) for text in texts]
    return sorted(texts)


@dataclass
class Provisioned:
    """A project in which all tenants of a spec were provisioned, and which can be put back to that."""

    spec: Spec
    cloud: FakeCloud
    clean: dict[str, dict[int, dict[str, Any]]]

    def restore(self, seed: int = 0) -> None:
        """As it was; sets come in the order of a seed."""
        self.cloud.project.objects = deepcopy(self.clean)
        self.cloud.project.random = Random(seed)
        self.cloud.faults.clear()

    def verify(self, *tenants: str) -> CloudReport:
        """With a token that may only read; of all tenants where none is named."""
        known = [tenant for _, tenant in cloud_tenants(self.spec)]
        return verify_cloud(client(self.cloud, read_only=True), self.spec, tenants or known, everything=not tenants)

    def change(self, change: dict[str, Any]) -> None:
        """Do what a case says."""
        if "call" in change:
            method, url = self._filled(change["call"]).split(" ")
            client(self.cloud).request(method, url, json=self._filled(change.get("body", {})))
        elif "fail" in change:
            self.cloud.inject(ApiFault("before", method="GET", path=change["fail"], code=change["code"], times=EVER))
        elif "remove" in change:
            kind, name = change["remove"].split("/", 1)
            self.cloud.remove(kind, self._id(kind, name))
        else:
            kind, name = change["edit"].split("/", 1)
            *parents, last = change["at"].split(".")
            target: Any = self.cloud.objects(kind)[self._id(kind, name)]
            for part in parents:
                target = target[int(part) if part.isdecimal() else part]
            if change.get("drop"):
                del target[last]
            else:
                target[int(last) if last.isdecimal() else last] = self._filled(change["value"])

    def _id(self, kind: str, name: str) -> int:
        if kind == "address":
            return int(self.cloud.objects("servers")[self._id("servers", name)]["public_net"]["ipv4"]["id"])
        return next(number for number, it in self.cloud.objects(kind).items() if it["name"] == name)

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._filled(each) for each in value]
        if not isinstance(value, str):
            return value
        if whole := _REFERENCE.fullmatch(value):
            return self._id(*whole.groups())
        if moment := _MOMENT.fullmatch(value):
            return (datetime.now(UTC) + timedelta(days=int(moment[1]))).isoformat()
        return _REFERENCE.sub(lambda found: str(self._id(*found.groups())), value)


@contextmanager
def provisioned(spec: Spec, folder: Path) -> Iterator[Provisioned]:
    """A fake project with its zones, and all tenants in it, by `apply`."""
    with fake_cloud(action_polls=0) as cloud:
        api = client(cloud)
        states = [desired_state(spec, mode, tenant) for mode, tenant in cloud_tenants(spec)]
        for zone in {want["zone"] for state in states for want in state["objects"] if want["kind"] == "record"}:
            made = api.zones.create(name=zone, mode="primary")
            made.zone.change_protection(delete=True)
        for state in states:
            assert run_of(cloud, state, folder / f"{state['tenant']}.jsonl").apply() == []
        yield Provisioned(spec, cloud, deepcopy(cloud.project.objects))
