"""Facts about a project as a whole: its networks and volumes, and whatever is in it that the spec does not have. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from plumbline.effective.volumes import volume_name
from plumbline.report.fact import Check, Fact, compare
from plumbline.spec.spec import Spec
from plumbline.stack.containers import is_first, service_of
from plumbline.stack.project import ComposeProject, subnets

RULE = "PLB920"
_MASQUERADE = "com.docker.network.bridge.enable_ip_masquerade"


def project_checks(
    spec: Spec,
    project: ComposeProject,
    containers: Iterable[Mapping[str, Any]],
    networks: Iterable[Mapping[str, Any]],
    volumes: Iterable[Mapping[str, Any]],
) -> list[Check]:
    """Checks of networks, volumes, and whatever the spec does not have."""
    containers, networks = list(containers), list(networks)
    known = {each["Id"] for each in containers if service_of(each) in project.deployment.services and is_first(each)}
    observed = [*_networks(project, networks), *_volumes(project, volumes)]
    observed += [
        Fact(f"containers.{each['Name'].lstrip('/')}", "container", "present")
        for each in containers
        if each["Id"] not in known
    ]
    observed += [
        Fact(_network_subject(project, network), f"member.{member['Name']}", "connected")
        for network in networks
        for id, member in (network.get("Containers") or {}).items()
        if id not in {each["Id"] for each in containers}
    ]
    return compare(_expected(spec, project), observed)


def _expected(spec: Spec, project: ComposeProject) -> list[Fact]:
    deployment = project.deployment
    facts: list[Fact] = []
    for name, subnet in subnets(spec, deployment).items():
        internal = spec.networks.networks[name].modes[deployment.mode].internal
        facts.append(Fact(f"networks.{name}", "internal", str(internal).lower()))
        if not internal:
            way_out = str(spec.topology[deployment.mode].egress).lower()
            facts.append(Fact(f"networks.{name}", "masquerade", way_out))
        facts.append(Fact(f"networks.{name}", "way_out", "none" if name in project.dead_ends else "default route"))
        facts.append(Fact(f"networks.{name}", "subnet", project.moved.get(name, subnet)))
    for name, service in deployment.services.items():
        facts += [Fact(f"volumes.{volume_name(name, volume)}", "volume", "present") for volume in service.volumes]
    return facts


def _networks(project: ComposeProject, networks: Iterable[Mapping[str, Any]]) -> list[Fact]:
    facts: list[Fact] = []
    for network in networks:
        subject = _network_subject(project, network)
        configs = (network.get("IPAM") or {}).get("Config") or []
        facts.append(Fact(subject, "internal", str(bool(network["Internal"])).lower()))
        if not network["Internal"]:
            facts.append(Fact(subject, "masquerade", (network.get("Options") or {}).get(_MASQUERADE, "true")))
        dead_end = any("DefaultGatewayIPv4" in (each.get("AuxiliaryAddresses") or {}) for each in configs)
        facts.append(Fact(subject, "way_out", "none" if dead_end else "default route"))
        facts.append(Fact(subject, "subnet", " ".join(each.get("Subnet", "") for each in configs)))
    return facts


def _network_subject(project: ComposeProject, network: Mapping[str, Any]) -> str:
    return f"networks.{str(network['Name']).removeprefix(f'{project.name}_')}"


def _volumes(project: ComposeProject, volumes: Iterable[Mapping[str, Any]]) -> list[Fact]:
    return [Fact(f"volumes.{each['Name'].removeprefix(f'{project.name}_')}", "volume", "present") for each in volumes]
