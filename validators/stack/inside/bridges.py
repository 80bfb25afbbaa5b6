"""What hangs on the bridges of a project's networks on the engine's host, beside its containers. Pure."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import Any

from plumbline.report.fact import Check
from plumbline.stack.project import ComposeProject

_NAME = "com.docker.network.bridge.name"
_ALONE = "its containers alone"
_ENGINES_PORT = "veth"


def bridge_checks(
    project: ComposeProject, networks: Iterable[Mapping[str, Any]], bridges: Mapping[str, Mapping[str, Any]]
) -> list[Check]:
    """A check of each network that is a bridge of the host. `bridges` are ports and addresses by the bridge's name."""
    found = []
    for each in networks:
        if each.get("Driver") == "bridge":
            name = (each.get("Options") or {}).get(_NAME) or f"br-{each['Id'][:12]}"
            odd = "; ".join(_odd(each, bridges[name])) if name in bridges else "no such bridge"
            subject = f"networks.{str(each['Name']).removeprefix(f'{project.name}_')}"
            found.append(Check(subject, "bridge", _ALONE, odd or _ALONE, where=project.node.name))
    return found


def _odd(network: Mapping[str, Any], bridge: Mapping[str, Any]) -> Iterable[str]:
    """A container's port leads into another network namespace; what was added from the host does not, or there are too many."""
    containers = [port for port in bridge["ports"] if port["kind"] == _ENGINES_PORT and port["leads_away"]]
    yield from (f"{port['name']} too" for port in bridge["ports"] if port not in containers)
    more = len(containers) - len(network.get("Containers") or {})
    if more > 0:
        yield f"{more} more ports than containers"
    configs = (network.get("IPAM") or {}).get("Config") or []
    gateways = {_gateway(each) for each in configs}
    yield from (f"the address {address}" for address in bridge["addresses"] if configs and address not in gateways)


def _gateway(config: Mapping[str, Any]) -> str:
    """Where nobody named one, the engine takes the first address."""
    return str(config.get("Gateway") or ip_network(config["Subnet"])[1]).partition("/")[0]
