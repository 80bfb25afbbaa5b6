"""What Compose gets: the generated project, and an override for what this engine cannot provide. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from generators.compose.project import addresses_of, serves_loopback
from generators.compose.waits import called_jobs
from plumbline.effective.deployment import Deployment
from plumbline.spec.spec import Spec
from plumbline.stack.layout import Node, binding_of
from schema.service import Service

HOST_FOLDER = "host"
"""Folder of a scratch project that plays the node's own folders."""


@dataclass(frozen=True)
class ComposeProject:
    """One compose project of a run."""

    name: str
    """Compose's name for it, `plumb-<platform>-<mode>-<run>`."""
    node: Node
    folder: str
    """The folder that it is started from."""
    images: Mapping[str, str]
    """The reference that is run for each image id: the spec's own, or a stand-in's."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """Subnets used in place of those of the spec, by network, where the engine has them in use."""

    dead_ends: frozenset[str] = frozenset()
    """Networks whose default route leads nowhere."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Names that DNS would resolve, with their addresses."""
    resolver: str = ""
    """Who is asked for names that the engine does not know; empty: whom its host asks."""

    @property
    def deployment(self) -> Deployment:
        """The services that it holds."""
        return self.node.deployment

    @property
    def jobs(self) -> tuple[str, ...]:
        """Services that run once, when they are called; others start after the rest of the jobs, so that these have run."""
        return tuple(called_jobs(self.deployment.services))

    @property
    def profiles(self) -> tuple[str, ...]:
        """Profiles of the services that keep running."""
        return tuple(sorted({service.profile for service in self.deployment.services.values() if service.profile}))


class _Replaced(dict[str, Any]):
    """A map that Compose takes in place of the former one, where it would merge."""


class _ReplacedList(list[Any]):
    """A list that Compose takes in place of the former one."""


class _ProjectDumper(yaml.SafeDumper):
    pass


_ProjectDumper.add_representer(_Replaced, lambda dumper, data: dumper.represent_mapping("!override", data))

_ProjectDumper.add_representer(_ReplacedList, lambda dumper, data: dumper.represent_sequence("!override", data))


def override(project: ComposeProject) -> str:
    """The second compose file: images, moved subnets, and scratch folders for those of the node."""
    services: dict[str, Any] = {}
    for name, service in project.deployment.services.items():
        services[name] = {"image": project.images[service.image]}
        if project.resolver:
            services[name]["dns"] = [project.resolver]
        if service.mounts:
            services[name]["volumes"] = [
                {
                    "type": "bind",
                    "source": f"./{HOST_FOLDER}{mount.source}",
                    "target": mount.target,
                    "read_only": mount.read_only,
                }
                for mount in service.mounts
            ]
        if ports := _rebound(project, name, service):
            services[name]["ports"] = _ReplacedList(ports)
        if project.hosts and service.publish:
            services[name]["extra_hosts"] = [f"{host}={address}" for host, address in project.hosts.items()]
    data: dict[str, Any] = {"services": services}
    if project.moved:
        data["networks"] = {
            name: {"ipam": _Replaced(config=[addresses_of(subnet, dead_end=name in project.dead_ends)])}
            for name, subnet in project.moved.items()
        }
    return yaml.dump(data, Dumper=_ProjectDumper, sort_keys=True)


def _rebound(project: ComposeProject, name: str, service: Service) -> list[dict[str, Any]]:
    """The service's ports where they are not bound as the spec says; none where all are."""
    places = {port: binding_of(project.node, each) for port, each in service.publish.items()}
    if all(places[port] == (each.address, each.port) for port, each in service.publish.items()):
        return []
    bindings = [(service.ports[port], address, number) for port, (address, number) in places.items()]
    bindings += [(port, project.node.address, port) for port in project.node.for_others.get(name, ())]
    return [
        {"target": target, "published": str(number), "host_ip": address, "protocol": "tcp"}
        for target, address, number in dict.fromkeys(bindings)
    ]


def subnets(spec: Spec, deployment: Deployment) -> dict[str, str]:
    """Subnet of each network that a deployment uses, as the spec has it."""
    used = {segment for service in deployment.services.values() for segment in service.segments}
    return {name: spec.networks.networks[name].modes[deployment.mode].subnet for name in sorted(used)}


def dead_ends(spec: Spec, deployment: Deployment) -> frozenset[str]:
    """Networks that nothing may get out of, though they are not internal because ports are published from them."""
    if spec.topology[deployment.mode].egress:
        return frozenset()
    return frozenset(
        name
        for name in subnets(spec, deployment)
        if not spec.networks.networks[name].modes[deployment.mode].internal and serves_loopback(deployment, name)
    )
