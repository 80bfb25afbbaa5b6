"""One service of a compose project: hardened, pinned, and with every value exactly as the spec has it."""

from typing import Any

from generators.http_health import http_test
from generators.provenance import OutputPath
from generators.waits import profiles, waits
from plumbline.config_files import config_mounts
from plumbline.deployment import (
    Deployment,
    field_path,
    image_reference,
    is_sealed,
    needs_on_other_nodes,
    ports_for_other_nodes,
)
from plumbline.expressions import SECRET_FOLDER, service_names, value_text
from plumbline.paths import PathText, path_of
from plumbline.spec import Spec
from schema.service import Service
from schema.types import Value

LABEL = "io.plumbline"


def address_variable(role: str) -> str:
    """Variable that holds the private address of a role's first node."""
    return f"{role.upper().replace('-', '_')}_ADDRESS"


def secret_variable(secret: str) -> str:
    """The project's variable that holds a secret: services may use one name for different secrets."""
    return f"SECRET_{secret.upper().replace('-', '_')}"


def literal(value: str) -> str:
    """Text that Compose takes as it is: `$` doubled, so that nothing is interpolated."""
    return value.replace("$", "$$")


class ServiceWriter:
    """Writes services of one deployment; gathers the volumes, secrets and variables that they use."""

    def __init__(self, spec: Spec, deployment: Deployment, origins: dict[OutputPath, PathText]):
        self.spec = spec
        self.deployment = deployment
        self.origins = origins
        self.volumes: set[str] = set()
        self.secrets: set[str] = set()
        """Secrets that are files."""
        self.open_secrets: set[str] = set()
        """Secrets whose value is in a service's environment."""
        self.variables: dict[str, str] = {}
        """Variables that the file asks for, with their meaning."""
        self._waits = waits(deployment.services)

    def write(self, name: str) -> dict[str, Any]:
        """The service's part of the compose file."""
        service = self.deployment.services[name]
        names = service_names(self.spec, self.deployment.mode, name)
        parts: list[tuple[str, str, Any]] = [
            ("image", "image", self._image(service)),
            ("pull_policy", "", "never" if is_sealed(self.spec, self.deployment.mode) else None),
            ("hostname", "", name),
            ("profiles", "profile", profiles(service)),
            ("entrypoint", "entrypoint", _words(service.entrypoint, names)),
            ("command", "command", _words(service.command, names)),
            ("user", "user", service.user),
            ("environment", "environment", self._environment(name, service, names)),
            ("secrets", "secrets", self._secrets(service)),
            ("depends_on", "needs", self._depends_on(name)),
            ("extra_hosts", "needs", self._extra_hosts(name)),
            ("networks", "segments", list(service.segments)),
            ("expose", "ports", [str(port) for port in sorted(set(service.ports.values()))]),
            ("ports", "publish", self._ports(name, service)),
            ("volumes", "volumes", self._mounts(name, service)),
            ("tmpfs", "tmpfs", [f"{path}:{tmpfs_options(path, service.user)}" for path in service.tmpfs]),
            ("healthcheck", "health", self._healthcheck(service, names)),
            *_limits(service),
            ("stop_grace_period", "stop_grace_s", f"{service.stop_grace_s}s"),
            ("restart", "kind", "no" if service.kind == "job" else "unless-stopped"),
            ("read_only", "", True),
            ("cap_drop", "", ["ALL"]),
            ("cap_add", "capabilities", list(service.capabilities)),
            ("security_opt", "", ["no-new-privileges:true"]),
            ("logging", "", self._logging()),
            ("labels", "", self._labels(name)),
        ]
        self._note_origins(name, parts)
        return {key: value for key, _, value in parts if _is_said(key, value)}

    def _note_origins(self, name: str, parts: list[tuple[str, str, Any]]) -> None:
        common, mode = self.spec.services[name], self.deployment.mode
        self.origins["services", name] = path_of("services", name)
        for key, field, value in parts:
            if field and _is_said(key, value):
                self.origins["services", name, key] = field_path(name, common, mode, field)
            if key == "environment":
                for variable in value:
                    if variable in self.deployment.services[name].environment:
                        self.origins["services", name, key, variable] = field_path(name, common, mode, field, variable)
        self.origins["services", name, "logging"] = path_of("platform", "logs")

    def _image(self, service: Service) -> str:
        return image_reference(self.spec, self.deployment.mode, self.spec.images.images[service.image])

    def _environment(self, name: str, service: Service, names: dict[str, Any]) -> dict[str, str]:
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
        used = [secret for secret, use in service.secrets.items() if not use.environment]
        self.secrets |= set(used)
        return sorted(used)

    def _depends_on(self, name: str) -> dict[str, Any]:
        conditions: dict[str, Any] = {}
        for need in self._waits[name]:
            other = self.deployment.services[need]
            done = "service_completed_successfully" if other.kind == "job" else "service_healthy"
            conditions[need] = {"condition": done if other.health or other.kind == "job" else "service_started"}
        return conditions

    def _extra_hosts(self, name: str) -> list[str]:
        """Names of services on other nodes, by the address of their node."""
        hosts = []
        for need, role in needs_on_other_nodes(self.spec, self.deployment, name).items():
            variable = address_variable(role)
            self.variables[variable] = f"private address of the {role} node"
            hosts.append(f"{need}=${{{variable}:?}}")
        return hosts

    def _ports(self, name: str, service: Service) -> list[dict[str, Any]]:
        ports = [
            {
                "target": service.ports[port],
                "published": str(publication.port),
                "host_ip": publication.address,
                "protocol": "tcp",
            }
            for port, publication in service.publish.items()
        ]
        for port in ports_for_other_nodes(self.spec, self.deployment.mode, name):
            self.variables["PRIVATE_ADDRESS"] = "private address of this node"
            number = service.ports[port]
            ports.append(
                {"target": number, "published": str(number), "host_ip": "${PRIVATE_ADDRESS:?}", "protocol": "tcp"}
            )
        return ports

    def _mounts(self, name: str, service: Service) -> list[dict[str, Any]]:
        mounts: list[dict[str, Any]] = []
        for volume, target in service.volumes.items():
            self.volumes.add(f"{name}-{volume}")
            mounts.append({"type": "volume", "source": f"{name}-{volume}", "target": target})
        for model, target in service.models.items():
            mounts.append(_bind(f"./{self.spec.models.models[model].path}", target, True))
        for target, path in config_mounts(service).items():
            mounts.append(_bind(f"./config/{name}/{path}", target, True))
        mounts += [_bind(mount.source, mount.target, mount.read_only) for mount in service.mounts]
        return mounts

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
            "options": {"max-size": f"{logs.max_size_mib}m", "max-file": str(logs.max_files)},
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


def tmpfs_options(path: str, user: str | None) -> str:
    """Options of a writable folder in memory: open to all below /tmp, else the user's own."""
    if path == "/tmp" or user is None:
        return "mode=1777"
    uid, gid = user.split(":")
    return f"uid={uid},gid={gid},mode=0700"


def _bind(source: str, target: str, read_only: bool) -> dict[str, Any]:
    return {
        "type": "bind",
        "source": literal(source),
        "target": literal(target),
        "read_only": read_only,
        "bind": {"create_host_path": False},
    }


def _limits(service: Service) -> list[tuple[str, str, Any]]:
    limits = service.limits
    if limits is None:
        return []
    memory = f"{limits.memory_mib}m"
    return [
        ("mem_limit", "limits", memory),
        ("memswap_limit", "limits", memory),
        ("cpus", "limits", limits.cpus),
        ("pids_limit", "limits", limits.pids),
    ]
