"""A stateful fake of the Hetzner Cloud API, for the real `hcloud` SDK: `with fake_cloud() as cloud: Client(cloud.token, cloud.endpoint)`."""

from tests.cloud.fake import (  # noqa: F401
    certificates,
    floating_ips,
    images,
    protection,
    reading,
    records,
    server_actions,
    ssh_keys,
    zones,
)
from tests.cloud.fake.cloud import FakeCloud, fake_cloud
from tests.cloud.fake.faults import Call, Fault
from tests.cloud.fake.limit import Rate

__all__ = ["Call", "FakeCloud", "Fault", "Rate", "fake_cloud"]
