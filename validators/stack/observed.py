"""What an engine says about a container, kind by kind, in the words of `expected`. Pure: `docker inspect` in, values by key out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generators.compose.service import LABEL
from plumbline.stack.engine import as_json
from plumbline.stack.project import HOST_FOLDER
from validators.stack.expected import MIB, NONE, SECOND, SECRET_VALUE, Values

_KEPT_LABELS = (f"{LABEL}.mode", f"{LABEL}.platform", f"{LABEL}.role", f"{LABEL}.service")


@dataclass(frozen=True)
class ObservedService:
    """A container as `docker inspect` has it, and the project that it belongs to."""

    container: Mapping[str, Any]
    project: str
    """Compose's name for the project."""
    folder: str
    """The folder that the project was started from."""
    secret_variables: frozenset[str] = frozenset()
    """Variables whose values must not be shown."""
    kernel: Mapping[str, Any] | None = None
    """What the probe saw of its first process; None where it does not run, or was not probed."""

    @property
    def config(self) -> Mapping[str, Any]:
        """What the container was told to run."""
        return dict(self.container["Config"])

    @property
    def host(self) -> Mapping[str, Any]:
        """What the engine was told to allow."""
        return dict(self.container["HostConfig"])


def state(seen: ObservedService) -> Values:
    """Health where there is a check, else the state, with the exit code of what has ended."""
    now = seen.container["State"]
    word = now["Status"]
    if word == "exited":
        word = f"exited {now['ExitCode']}"
    elif word == "running" and "Health" in now:
        word = now["Health"]["Status"]
    return {"": word, "restarts": str(seen.container.get("RestartCount", 0))}


def image(seen: ObservedService) -> Values:
    """The image's identity in the engine's store."""
    return {"": seen.container["Image"]}


def process(seen: ObservedService) -> Values:
    """As configured; the kernel's view of the same is another kind."""
    config = seen.config
    grace = config.get("StopTimeout")
    return {
        "command": as_json(config.get("Cmd") or []),
        "entrypoint": as_json(config.get("Entrypoint") or []),
        "user": config.get("User") or NONE,
        "hostname": config.get("Hostname") or NONE,
        "stop_grace": f"{grace} s" if grace is not None else NONE,
    }


def environment(seen: ObservedService) -> Values:
    """Every variable of the container."""
    values = dict(entry.split("=", 1) for entry in seen.config.get("Env") or [] if "=" in entry)
    return {name: SECRET_VALUE if name in seen.secret_variables else value for name, value in values.items()}


def storage(seen: ObservedService) -> Values:
    """Every mount by its place in the container."""
    mounts = {mount["Destination"]: _mount(seen, mount) for mount in seen.container.get("Mounts") or []}
    return mounts | {path: f"tmpfs {options}" for path, options in (seen.host.get("Tmpfs") or {}).items()}


def _mount(seen: ObservedService, mount: Mapping[str, Any]) -> str:
    access = "rw" if mount.get("RW") else "ro"
    if mount["Type"] == "volume":
        return f"volume {mount['Name'].removeprefix(f'{seen.project}_')} {access}"
    source = mount["Source"]
    if source.startswith(f"{seen.folder}/"):
        source = "." + source.removeprefix(seen.folder)
        source = source.removeprefix(f"./{HOST_FOLDER}")
    return f"{mount['Type']} {source} {access}"


def limits(seen: ObservedService) -> Values:
    """As the engine has them now, also after `docker update`."""
    host = seen.host
    return {
        "memory": _mib(host.get("Memory")),
        "memory_and_swap": _mib(host.get("MemorySwap")),
        "cpus": f"{host['NanoCpus'] / 1e9:g}" if host.get("NanoCpus") else NONE,
        "pids": str(host["PidsLimit"]) if host.get("PidsLimit") else NONE,
    }


def _mib(size: int | None) -> str:
    if not size:
        return NONE
    return f"{size // MIB} MiB" if size % MIB == 0 else f"{size} bytes"


def security(seen: ObservedService) -> Values:
    """What the container may do."""
    host = seen.host
    shared = [
        name
        for name, key in (("pid", "PidMode"), ("ipc", "IpcMode"), ("uts", "UTSMode"), ("user", "UsernsMode"))
        if str(host.get(key) or "").startswith(("host", "container:", "shareable"))
    ]
    return {
        "read_only_root": str(bool(host.get("ReadonlyRootfs"))).lower(),
        "capabilities_dropped": _capabilities(host.get("CapDrop")),
        "capabilities_added": _capabilities(host.get("CapAdd")),
        "options": " ".join(sorted(host.get("SecurityOpt") or [])) or NONE,
        "privileged": str(bool(host.get("Privileged"))).lower(),
        "host_namespaces": " ".join(shared) or NONE,
        "devices": " ".join(sorted(each["PathOnHost"] for each in host.get("Devices") or [])) or NONE,
    }


def _capabilities(names: list[str] | None) -> str:
    return " ".join(sorted(name.removeprefix("CAP_") for name in names or [])) or NONE


def networks(seen: ObservedService) -> Values:
    """The networks that the container is in, and whether it goes by its service's name there."""
    service = seen.config.get("Labels", {}).get("com.docker.compose.service", "")
    return {
        name.removeprefix(f"{seen.project}_"): f"as {service}"
        if service in (endpoint.get("Aliases") or [])
        else "under another name"
        for name, endpoint in (seen.container["NetworkSettings"].get("Networks") or {}).items()
    }


def ports(seen: ObservedService) -> Values:
    """What is bound on the node now; a container whose networks are all internal binds nothing, whatever was asked."""
    bound = seen.container["NetworkSettings"].get("Ports") or {}
    return {
        port: " ".join(sorted(f"{each['HostIp']}:{each['HostPort']}" for each in places))
        for port, places in bound.items()
        if places
    }


def hosts(seen: ObservedService) -> Values:
    """Entries of /etc/hosts that the project adds."""
    entries = (entry.partition(":") for entry in seen.host.get("ExtraHosts") or [])
    return {name: address for name, _, address in entries}


def health(seen: ObservedService) -> Values:
    """The check as the engine has it."""
    check = seen.config.get("Healthcheck")
    if not check:
        return {}
    return {
        "test": as_json(check.get("Test") or []),
        "interval": _seconds(check.get("Interval")),
        "timeout": _seconds(check.get("Timeout")),
        "start_period": _seconds(check.get("StartPeriod")),
        "start_interval": _seconds(check.get("StartInterval")),
        "retries": str(check.get("Retries", 0)),
    }


def _seconds(nanoseconds: int | None) -> str:
    return f"{(nanoseconds or 0) / SECOND:g} s"


def upkeep(seen: ObservedService) -> Values:
    """Restart policy and log driver."""
    log = seen.host["LogConfig"]
    options = " ".join(f"{name}={value}" for name, value in sorted((log.get("Config") or {}).items()))
    return {
        "restart": seen.host["RestartPolicy"]["Name"] or "no",
        "log": f"{log['Type']} {options}".strip(),
    }


def labels(seen: ObservedService) -> Values:
    """The labels of the spec that it has."""
    found = seen.config.get("Labels") or {}
    return {name: found[name] for name in _KEPT_LABELS if name in found}
