"""What may differ between a container that runs and one that was made from the same file and never started. All else may not.

A path is split by `/`; `*` is any one key. It holds for everything below it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class MayDiffer:
    """Paths of `docker inspect`, and why they say nothing."""

    paths: tuple[str, ...]
    why: str
    among: tuple[str | None, ...] | None = None
    """Each side has to be one of these; None here: any."""


CONTAINER = (
    MayDiffer(("Id", "Created"), "each container has its own"),
    MayDiffer(("State", "RestartCount"), "one runs and the other does not; compared as `state`"),
    MayDiffer(("ExecIDs",), "commands that run in it now; compared with the processes that the kernel has"),
    MayDiffer(("ResolvConfPath", "HostnamePath", "HostsPath", "LogPath"), "the engine's own files, made at the start"),
    MayDiffer(("GraphDriver/Data",), "the engine's own folders of this container"),
    MayDiffer(("MountLabel", "ProcessLabel"), "SELinux gives each container categories of its own"),
    MayDiffer(("AppArmorProfile",), "filled in at the start; what was asked for is in HostConfig/SecurityOpt"),
    MayDiffer(("SizeRw", "SizeRootFs"), "a size, not a setting"),
    MayDiffer(
        tuple(
            f"Config/Labels/com.docker.compose.{name}"
            for name in (
                "config-hash",
                "depends_on",
                "image",
                "project.config_files",
                "project.environment_file",
                "project.working_dir",
                "replace",
                "version",
            )
        ),
        "Compose's notes on how and from where it was started; what came of it is compared field by field",
    ),
    MayDiffer(
        ("NetworkSettings/SandboxID", "NetworkSettings/SandboxKey", "NetworkSettings/Ports"),
        "made at the start; ports are compared as `port`",
    ),
    MayDiffer(
        tuple(
            f"NetworkSettings/Networks/*/{name}"
            for name in (
                "DNSNames",
                "EndpointID",
                "Gateway",
                "GlobalIPv6Address",
                "GlobalIPv6PrefixLen",
                "IPAddress",
                "IPPrefixLen",
                "IPv6Gateway",
                "MacAddress",
                "NetworkID",
            )
        ),
        "given at the start; compared with the interfaces, routes and names that the kernel has",
    ),
)
NETWORK = (
    MayDiffer(("Id", "Created"), "each network has its own"),
    MayDiffer(
        ("IPAM/Config/*/Gateway",),
        "an engine that was started again names the address that it chose: the first",
        among=(None, "(subnet) + 1"),
    ),
    MayDiffer(("Containers", "Peers", "Services", "Status"), "who is in it now; compared as members"),
    MayDiffer(("Labels/com.docker.compose.config-hash", "Labels/com.docker.compose.version"), "Compose's notes"),
)
VOLUME = (
    MayDiffer(("CreatedAt", "Mountpoint", "Status", "UsageData"), "each volume has its own"),
    MayDiffer(("Labels/com.docker.compose.config-hash", "Labels/com.docker.compose.version"), "Compose's notes"),
)

SAID_BY: dict[str, str] = {
    "Image": "image",
    "Config": "image",
    "Path": "process",
    "Args": "process",
    "Config/Cmd": "process",
    "Config/Entrypoint": "process",
    "Config/User": "process",
    "Config/Hostname": "process",
    "Config/StopTimeout": "process",
    "Config/Env": "environment",
    "Config/Healthcheck": "health",
    "Config/Labels/io.plumbline.*": "label",
    "Config/ExposedPorts": "port",
    "HostConfig/PortBindings": "port",
    "HostConfig/ExtraHosts": "host",
    "HostConfig/Memory": "limit",
    "HostConfig/MemorySwap": "limit",
    "HostConfig/NanoCpus": "limit",
    "HostConfig/PidsLimit": "limit",
    "HostConfig/ReadonlyRootfs": "security.read_only_root",
    "HostConfig/CapDrop": "security.capabilities_dropped",
    "HostConfig/CapAdd": "security.capabilities_added",
    "HostConfig/SecurityOpt": "security.options",
    "HostConfig/Privileged": "security.privileged",
    "HostConfig/MaskedPaths": "security.privileged",
    "HostConfig/ReadonlyPaths": "security.privileged",
    "HostConfig/PidMode": "security.host_namespaces",
    "HostConfig/IpcMode": "security.host_namespaces",
    "HostConfig/UTSMode": "security.host_namespaces",
    "HostConfig/UsernsMode": "security.host_namespaces",
    "HostConfig/Devices": "security.devices",
    "HostConfig/LogConfig": "upkeep",
    "HostConfig/RestartPolicy": "upkeep",
    "HostConfig/Binds": "mount",
    "HostConfig/Mounts": "mount",
    "HostConfig/Tmpfs": "mount",
    "Mounts": "mount",
    "HostConfig/NetworkMode": "network",
    "NetworkSettings": "network",
}
"""By path: the fact that says the same in the words of the spec. Where that differs already, the path is not named once more."""
