"""A stateful fake of the Hetzner Cloud API, for the real `hcloud` SDK: `with fake_cloud() as cloud: Client(cloud.token, cloud.endpoint)`."""

from tests.fake_hcloud import (  # noqa: F401
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
from tests.fake_hcloud.cloud import FakeCloud, fake_cloud
from tests.fake_hcloud.faults import ApiCall, ApiFault
from tests.fake_hcloud.limit import Rate

__all__ = ["ApiCall", "ApiFault", "FakeCloud", "Rate", "fake_cloud"]
