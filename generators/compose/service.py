"""One service of a compose project: hardened, pinned, and with every value exactly as the spec has it."""

from typing import Any

from generators.compose.http_health import http_test
from generators.compose.interpolation import address_variable, literal, secret_variable
from generators.compose.mounts import bind, tmpfs_options, volume
from generators.compose.waits import profiles, waits
from plumbline.effective.config_files import config_mounts
from plumbline.effective.deployment import (
    Deployment,
    image_reference,
    is_sealed,
    needs_on_other_nodes,
    ports_for_other_nodes,
)
from plumbline.effective.expression_names import SECRET_FOLDER, service_names
from plumbline.effective.volumes import volume_mounts
from plumbline.expressions.rendering import value_text
from plumbline.spec.spec import Spec
from schema.service import Service
from schema.types import Value

LABEL = "io.plumbline"
LOGGED_LABEL = f"{LABEL}.service"
"""Stands in each line of a container's log: nothing else there says whose it is, and who reads the files can't ask the engine."""


class ServiceWriter:
    """Writes services of one deployment; gathers the volumes, secrets and variables that they use."""

    def __init__(self, spec: Spec, deployment: Deployment):
        self.spec = spec
        self.deployment = deployment
        self.volumes: set[str] = set()
        self.secrets: set[str] = set()
        """Secrets that are files."""
        self.open_secrets: set[str] = set()
        """Secrets whose value is in a service's environment."""
        self.variables: dict[str, str] = {}
        """Variables that the file asks for, with their meaning."""
        self._waits = waits(deployment.services)
        self._profiles = profiles(deployment.services)

    def write(self, name: str) -> dict[str, Any]:
        """The service's part of the compose file."""
        service = self.deployment.services[name]
        names = service_names(self.spec, self.deployment.mode, name)
        parts: dict[str, Any] = {
            "image": self._image(service),
            "pull_policy": "never" if is_sealed(self.spec, self.deployment.mode) else None,
            "hostname": name,
            "profiles": self._profiles[name],
            "entrypoint": _words(service.entrypoint, names),
            "command": _words(service.command, names),
            "user": service.user,
            "environment": self._environment(service, names),
            "secrets": self._secrets(service),
            "depends_on": self._depends_on(name),
            "extra_hosts": self._extra_hosts(name),
            "networks": list(service.segments),
            "expose": [str(port) for port in sorted(set(service.ports.values()))],
            "ports": self._ports(name, service),
            "volumes": self._mounts(name, service),
            "tmpfs": [f"{path}:{tmpfs_options(path, service.user)}" for path in service.tmpfs],
            "healthcheck": self._healthcheck(service, names),
            **_limits(service),
            "stop_grace_period": f"{service.stop_grace_s}s",
            "restart": "no" if service.kind == "job" else "unless-stopped",
            "read_only": True,
            "cap_drop": ["ALL"],
            "cap_add": list(service.capabilities),
            "security_opt": ["no-new-privileges:true"],
            "logging": self._logging(),
            "labels": self._labels(name),
        }
        return {key: value for key, value in parts.items() if _is_said(key, value)}

    def _image(self, service: Service) -> str:
        return image_reference(self.spec, self.deployment.mode, self.spec.images.images[service.image])

    def _environment(self, service: Service, names: dict[str, Any]) -> dict[str, str]:
        values = {key: literal(value_text(value, names)) for key, value in service.environment.items()}
        for secret, use in service.secrets.items():
            if use.variable:
                values[use.variable] = f"{SECRET_FOLDER}/{secret}"
            if use.environment:
                variable = secret_variable(secret)
                self.open_secrets.add(secret)
                values[use.environment] = f"${{{variable}:?}}"
                self.variables[variable] = f"secret {secret}"
        return dict(sorted(values.items()))

    def _secrets(self, service: Service) -> list[str]:
        used = sorted(secret for secret, use in service.secrets.items() if not use.environment)
        self.secrets |= set(used)
        return used

    def _depends_on(self, name: str) -> dict[str, Any]:
        conditions: dict[str, Any] = {}
        for need in self._waits[name]:
            other = self.deployment.services[need]
            done = "service_completed_successfully" if other.kind == "job" else "service_healthy"
            conditions[need] = {"condition": done if other.health or other.kind == "job" else "service_started"}
        return conditions

    def _extra_hosts(self, name: str) -> list[str]:
        """Names of services on other nodes, by the address of their node."""
        hosts: list[str] = []
        for need, role in needs_on_other_nodes(self.spec, self.deployment, name).items():
            variable = address_variable(role)
            self.variables[variable] = f"private address of the {role} node"
            hosts.append(f"{need}=${{{variable}:?}}")
        return hosts

    def _ports(self, name: str, service: Service) -> list[dict[str, Any]]:
        ports = [_port(service.ports[port], each.port, each.address) for port, each in service.publish.items()]
        for port in ports_for_other_nodes(self.spec, self.deployment.mode, name):
            self.variables["PRIVATE_ADDRESS"] = "private address of this node"
            ports.append(_port(service.ports[port], service.ports[port], "${PRIVATE_ADDRESS:?}"))
        return ports

    def _mounts(self, name: str, service: Service) -> list[dict[str, Any]]:
        volumes = list(volume_mounts(name, service))
        self.volumes |= {each.name for each in volumes}
        return [
            *(volume(each, name) for each in volumes),
            *(
                bind(f"./{self.spec.models.models[model].path}", target, True)
                for model, target in service.models.items()
            ),
            *(bind(f"./config/{name}/{path}", target, True) for target, path in config_mounts(service).items()),
            *(bind(host.source, host.target, host.read_only) for host in service.mounts),
        ]

    def _healthcheck(self, service: Service, names: dict[str, Any]) -> dict[str, Any]:
        health = service.health
        if health is None:
            return {}
        if health.http:
            client = self.spec.images.images[service.image].http_client
            test = http_test(client, service.ports[health.http.port], health.http)
        else:
            test = ["CMD", *(value_text(word, names) for word in health.command or ())]
        return {
            "test": [literal(word) for word in test],
            "interval": f"{health.interval_s:g}s",
            "timeout": f"{health.timeout_s:g}s",
            "retries": health.retries,
            "start_period": f"{health.start_period_s:g}s",
            "start_interval": f"{health.start_interval_s:g}s",
        }

    def _logging(self) -> dict[str, Any]:
        logs = self.spec.platform.logs
        return {
            "driver": "json-file",
            "options": {
                "max-size": f"{logs.max_size_mib}m",
                "max-file": str(logs.max_files),
                "labels": LOGGED_LABEL,
            },
        }

    def _labels(self, name: str) -> dict[str, str]:
        return {
            f"{LABEL}.mode": self.deployment.mode,
            f"{LABEL}.platform": self.spec.platform.name,
            f"{LABEL}.role": self.deployment.role,
            f"{LABEL}.service": name,
        }


def _is_said(key: str, value: Any) -> bool:
    """Whether a key is written: an empty list of words clears the image's, any other emptiness says nothing."""
    return value is not None and (value not in ([], {}) or key in ("entrypoint", "command"))


def _words(words: tuple[Value, ...] | None, names: dict[str, Any]) -> list[str] | None:
    return None if words is None else [literal(value_text(word, names)) for word in words]


def _port(target: int, published: int, address: str) -> dict[str, Any]:
    return {"target": target, "published": str(published), "host_ip": address, "protocol": "tcp"}


def _limits(service: Service) -> dict[str, Any]:
    limits = service.limits
    if limits is None:
        return {}
    memory = f"{limits.memory_mib}m"
    return {"mem_limit": memory, "memswap_limit": memory, "cpus": limits.cpus, "pids_limit": limits.pids}
