"""The fake as tests see it, and the way of a call through it."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock

from tests.fake_hcloud import (
    firewalls,
    floating_ips,
    images,
    load_balancers,
    networks,
    placement_groups,
    primary_ips,
    servers,
    volumes,
)
from tests.fake_hcloud.actions import Actions, Json
from tests.fake_hcloud.errors import ApiError
from tests.fake_hcloud.faults import CHANGING, ApiCall, ApiFault
from tests.fake_hcloud.limit import VENDOR, Rate, RequestBucket
from tests.fake_hcloud.project import FakeProject
from tests.fake_hcloud.routes import Answer, Request, Route, answer, route
from tests.fake_hcloud.wire import Incoming, Outgoing, serve

# How an object goes when somebody takes it away in the console. Kinds that nothing refers to need no function.
VANISH: Mapping[str, Callable[[FakeProject, Json], None]] = {
    "firewalls": firewalls.vanish,
    "floating_ips": floating_ips.vanish,
    "images": images.withdraw,
    "load_balancers": load_balancers.vanish,
    "networks": networks.vanish,
    "placement_groups": placement_groups.vanish,
    "primary_ips": primary_ips.vanish,
    "servers": servers.vanish,
    "volumes": volumes.vanish,
}


@dataclass
class FakeCloud:
    """One project of the cloud. `endpoint` is what `hcloud.Client(api_endpoint=)` takes."""

    project: FakeProject
    rate: Rate | None
    endpoint: str = ""
    latency: float = 0.0
    token: str = "token" + "0" * 59
    read_only_token: str = "readonly" + "0" * 56
    calls: list[ApiCall] = field(default_factory=list)
    faults: list[ApiFault] = field(default_factory=list)
    lock: RLock = field(default_factory=RLock)

    def __post_init__(self) -> None:
        self.bucket, self.action_bucket = RequestBucket(self.rate or VENDOR), RequestBucket(self.rate or VENDOR)

    def objects(self, kind: str) -> dict[int, Json]:
        """The objects of a kind by id, as the API shows them; a zone has its record sets under `rrsets`. Change them at will."""
        return self.project.objects[kind]

    def remove(self, kind: str, number: int) -> None:
        """Take an object away at once, from those that refer to it too, as somebody in the console would."""
        with self.lock:
            it = self.project.objects[kind][number]
            if kind in VANISH:
                VANISH[kind](self.project, it)
            else:
                del self.project.objects[kind][number]

    def changing_calls(self) -> list[ApiCall]:
        """Those that were not only asking."""
        return [it for it in self.calls if it.changing]

    def inject(self, fault: ApiFault) -> ApiFault:
        """Let something go wrong."""
        self.faults.append(fault)
        return fault

    def sold_out(self, server_type: str, *locations: str, available: bool = False) -> None:
        """A type can't be had in locations, or everywhere if none is named; `available=True` brings it back."""
        for offer in self.project.find("server_types", server_type)["locations"]:
            if not locations or offer["name"] in locations:
                offer["available"] = available

    def finish_actions(self) -> None:
        """Let time pass until no action runs."""
        with self.lock:
            self.project.actions.finish()

    def answer(self, incoming: Incoming) -> Outgoing:
        """The answer to a call."""
        if self.latency:
            time.sleep(self.latency)
        with self.lock:
            self.project.actions.tick()
            outgoing = self._answer(incoming)
            status = 0 if outgoing.hang is not None else outgoing.status
            body = _parsed(incoming.content)
            self.calls.append(ApiCall(incoming.method, incoming.path, incoming.query, body, status, incoming.token))
            return outgoing

    def _answer(self, incoming: Incoming) -> Outgoing:
        bucket = self.action_bucket if incoming.path.startswith("/actions") else self.bucket
        fault = None
        try:
            found, args = route(incoming.method, incoming.path)
            self._admit(incoming, bucket)
            struck = [it for it in self.faults if it.strikes(incoming.method, incoming.path)]
            fault = struck[0] if struck else None
            status, body = self._act(found, args, incoming, fault)
        except ApiError as error:
            status, body = error.status, error.payload()
        hang = fault.hang if fault and fault.mode.startswith("timeout") else None
        # Written down now, for the objects go on changing.
        return Outgoing(status, None if body is None else json.dumps(body).encode(), bucket.headers(), hang)

    def _admit(self, incoming: Incoming, bucket: RequestBucket) -> None:
        if incoming.token not in {self.token, self.read_only_token}:
            raise ApiError("unauthorized", "unable to authenticate")
        if self.rate:
            bucket.take()
        if incoming.token == self.read_only_token and incoming.method in CHANGING:
            raise ApiError("token_readonly", "token is only allowed to perform GET requests")

    def _act(self, found: Route, args: dict[str, str], incoming: Incoming, fault: ApiFault | None) -> Answer:
        error = ApiError(fault.code, "injected", status=fault.status) if fault else None
        if fault and error and fault.mode in {"before", "timeout_before"}:
            raise error
        body = _parsed(incoming.content)
        if body is None:
            raise ApiError("json_error", "invalid JSON in request")
        self.project.actions.failing = fault is not None and fault.mode == "action_error"
        try:
            done = answer(found, Request(self.project, incoming.method, incoming.query, body, args))
        finally:
            self.project.actions.failing = False
        if incoming.method in CHANGING:
            firewalls.follow_selectors(self.project)
        if fault and error and fault.mode == "after":
            raise error
        return done


def _parsed(content: bytes) -> Json | None:
    try:
        body = json.loads(content or b"{}")
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


@contextmanager
def fake_cloud(
    *,
    rate: Rate | tuple[int, float] | None = None,
    action_polls: int = 1,
    action_seconds: float = 1.0,
    shuffle: bool = True,
    seed: int = 0,
    limits: Mapping[str, int] | None = None,
    latency: float = 0.0,
) -> Iterator[FakeCloud]:
    """A project that is empty but for the catalogue, served on loopback until the end of the block.

    `rate`: calls at once and calls a second, None for no limit. `action_polls`: how often one asks until an action has ended,
    0 for at once; `action_seconds`: it has ended then, asked or not. `shuffle`: sets come in another order each time.
    `limits`: the most objects of a kind that the account allows. `latency`: seconds that each call takes, side by side.
    """
    project = FakeProject(Actions(action_polls, action_seconds), random.Random(seed), shuffle, limits or {})
    cloud = FakeCloud(project, Rate(*rate) if rate else None, latency=latency)
    with serve(cloud.answer) as cloud.endpoint:
        yield cloud
