"""Objects that tests of the fake need, made through the SDK."""

from typing import Any

import pytest
from hcloud import APIException
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.networks import NetworkSubnet
from hcloud.server_types import ServerType

NBG1 = Location(name="nbg1")
Sdk = Any  # the SDK says of every attribute that it may be None
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl user@host"


def server(client: Sdk, name: str = "one", *, type: str = "cx23", image: str = "debian-13", **more: Any) -> Sdk:
    """A server that is off, or runs with `start_after_create=True`."""
    asked = {"location": NBG1, "start_after_create": False, **more}
    made = client.servers.create(name, ServerType(name=type), Image(name=image), **asked)
    for action in (made.action, *made.next_actions):
        action.wait_until_finished()
    return client.servers.get_by_id(made.server.id)


def network(client: Sdk, name: str = "net", ip_range: str = "10.0.0.0/16", subnet: str = "10.0.1.0/24") -> Sdk:
    """A network with a subnet in eu-central."""
    return client.networks.create(
        name, ip_range, subnets=[NetworkSubnet(ip_range=subnet, type="cloud", network_zone="eu-central")]
    )


def volume(client: Sdk, name: str = "data", size: int = 10, **more: Any) -> Sdk:
    """A volume in nbg1."""
    made = client.volumes.create(size, name, **{"location": NBG1, **more})
    for action in (made.action, *made.next_actions):
        action.wait_until_finished()
    return client.volumes.get_by_id(made.volume.id)


def refused(code: str) -> Any:
    """The SDK raises this code in the block."""
    return pytest.raises(APIException, check=lambda error: error.code == code)
