"""Decides which services an update replaces behind a second copy (decision 45), for `release.json`. Pure."""

from generators.compose.project import ComposeFile
from plumbline.effective.deployment import Deployment, is_sealed
from plumbline.spec.spec import Spec


def second_copy_ports(spec: Spec, file: ComposeFile, name: str) -> tuple[str, ...] | None:
    """`address:port:container port` of each published port of a service that gets a copy; None if it gets none.

    A service gets one if it answers HTTP and stores nothing, and if a bundle's scripts or a roll-out update its deployment.
    """
    services, written = file.deployment.services, file.services[name]
    service = services[name]
    keeps = service.volumes or name in spec.update.drain or any(not each.read_only for each in service.mounts)
    ports = written.get("ports", ())
    answers = bool(ports) or any(name in each.needs for each in services.values())
    if not _is_updated(spec, file.deployment) or service.kind != "service" or keeps or not answers:
        return None
    if service.health is None or service.health.http is None or written.get("profiles"):
        return None
    if any(each["protocol"] != "tcp" for each in ports):
        return None
    return tuple(f"{each['host_ip']}:{each['published']}:{each['target']}" for each in ports)


def _is_updated(spec: Spec, deployment: Deployment) -> bool:
    """Whether there is a program that goes from one release to the next."""
    topology = spec.topology[deployment.mode]
    rolled_out = spec.update.rollout and topology.cloud and topology.tenancy == "many"
    return is_sealed(spec, deployment.mode) or bool(rolled_out and topology.roles[deployment.role].scope == "tenant")
