"""A tenant of the shipped spec on a fake project: what tests of provisioning begin with."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hcloud import Client

from generators.cloud.desired import desired_state
from plumbline.provisioning.calls import connect
from plumbline.provisioning.journal import ProvisionJournal
from plumbline.provisioning.run import ProvisionRun
from tests.fake_hcloud import fake_cloud
from tests.stack.conftest import shipped_spec

OWN = ("placement_groups", "networks", "firewalls", "volumes", "servers", "primary_ips")


def no_pause(_: float) -> None:
    """Waits pass at once."""


def desired(tenant: str = "acme") -> dict[str, Any]:
    """The desired state of a tenant of the shipped spec."""
    return desired_state(shipped_spec(), "online", tenant)


@contextmanager
def project(**options: Any) -> Iterator[Any]:
    """A fake project that has the zone, and nothing else."""
    with fake_cloud(**options) as cloud:
        client(cloud).zones.create(name="example.com", mode="primary")
        yield cloud


def client(cloud: Any, read_only: bool = False) -> Client:
    """A client of the fake that never waits."""
    return connect(cloud.read_only_token if read_only else cloud.token, cloud.endpoint, 0, no_pause)


def run_of(
    cloud: Any, state: dict[str, Any], journal: Path, allowed: Iterable[str] = (), api: Client | None = None
) -> ProvisionRun:
    """A run that says nothing and never waits."""
    return ProvisionRun(api or client(cloud), state, ProvisionJournal(journal), lambda _: None, allowed, no_pause)


def names(cloud: Any) -> Counter[str]:
    """Every object that a tenant can have, by kind and name."""
    own = [f"{kind} {each['name']}" for kind in OWN for each in cloud.objects(kind).values() if kind != "primary_ips"]
    records = [
        f"record {each['name']}"
        for zone in cloud.objects("zones").values()
        for each in zone["rrsets"].values()
        if each["type"] not in ("SOA", "NS")
    ]
    return Counter([*own, *records, *["primary_ip"] * len(cloud.objects("primary_ips"))])


def ids(cloud: Any) -> dict[str, set[int]]:
    """The ids of every object that a tenant can have, by kind."""
    return {kind: set(cloud.objects(kind)) for kind in OWN}


class NoTime:
    """In place of the SDK's clock: its own retries pass at once too."""

    sleep = staticmethod(no_pause)
