"""install.sh takes no range that its host has a route for, unless the route is its own."""

import re
import subprocess
from ipaddress import ip_network
from pathlib import Path

import pytest

INSTALL = Path(__file__).parents[2] / "deploy" / "offline" / "scripts" / "install.sh"
HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
OURS = "0123456789ab"
STUBS = f"""
docker() {{ echo {OURS}; }}
fail() {{ echo "$2"; exit "$1"; }}
"""


def route(interface: str, range: str) -> str:
    """A line of /proc/net/route, as the kernel writes it: each number with its last byte first."""
    network = ip_network(range)
    first, mask = (bytes(reversed(each.packed)).hex().upper() for each in (network.network_address, network.netmask))
    return f"{interface}\t{first}\t00000000\t0001\t0\t0\t0\t{mask}\t0\t0\t0\n"


def tried(range: str, *routes: str) -> tuple[int, str]:
    """Exit code and message of the look for a free range."""
    functions = re.findall(
        r"^(?:range_free|is_our_bridge|in_order)\(\) \{\n.*?^\}$", INSTALL.read_text(), re.MULTILINE | re.DOTALL
    )
    assert len(functions) == 3
    wanted = ip_network(range)
    call = f"range_free edge {range} {int(wanted.network_address)} {int(wanted.broadcast_address)}"
    script = "\n".join(["set -eu", STUBS, *functions, call])
    said = subprocess.run(
        ["sh", "-c", script], input=HEAD + "".join(routes), capture_output=True, text=True, check=False
    )
    return said.returncode, said.stdout + said.stderr


@pytest.mark.parametrize("lan", ["172.28.0.0/16", "172.28.7.0/24", "172.16.0.0/12", "172.28.255.255/32"])
def test_a_range_that_overlaps_with_a_route_is_refused(lan: str) -> None:
    said = "network edge is to have 172.28.0.0/16, and this host has a route there by eth1\n"
    assert tried("172.28.0.0/16", route("eth0", "0.0.0.0/0"), route("eth1", lan)) == (3, said)


@pytest.mark.parametrize("lan", ["172.27.0.0/16", "172.29.0.0/16", "10.0.0.0/8", "192.168.1.0/24"])
def test_a_range_beside_all_routes_is_taken(lan: str) -> None:
    assert tried("172.28.0.0/16", route("eth0", "0.0.0.0/0"), route("eth1", lan)) == (0, "")


def test_an_own_network_is_not_in_the_way_and_a_foreign_one_is() -> None:
    assert tried("172.28.0.0/16", route(f"br-{OURS}", "172.28.0.0/16")) == (0, "")
    assert tried("172.28.0.0/16", route("br-ba9876543210", "172.28.0.0/16"))[0] == 3
