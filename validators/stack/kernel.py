"""Facts that only the kernel knows: what it reports about a running service, and what the spec expects. Pure."""

from collections.abc import Mapping
from typing import Any

from validators.stack.expected import MIB, NONE, SECRET_VALUE, ExpectedService, Values
from validators.stack.expected import environment as configured_environment
from validators.stack.expected import storage as configured_storage
from validators.stack.observed import ObservedService

OPEN = "open"
_FILTERED = "2"
_UNBOUNDED = 2**62
"""Version 1 says "no limit" as the largest number of bytes in whole pages, a little below 2^63."""
_CAPABILITIES = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
]
"""By bit, as in linux/capability.h."""


def expected_process(declared: ExpectedService) -> Values:
    """The user that it really is, what it may, and that it can't gain more."""
    service = declared.service
    user = service.user or declared.image.config.get("User") or "0:0"
    return {
        "user": user,
        # added capabilities are in a process of another user than root only if its file has them
        "capabilities": NONE
        if not service.capabilities or not user.startswith("0:")
        else " ".join(sorted(service.capabilities)),
        "new_privileges": "never",
        "system_calls": "filtered",
    }


def observed_process(seen: ObservedService) -> Values:
    """From /proc/PID/status."""
    status = _kernel(seen)["status"]
    names = capability_names(int(status["CapEff"], 16))
    return {
        "user": f"{status['Uid'].split()[1]}:{status['Gid'].split()[1]}",
        "capabilities": " ".join(sorted(names)) or NONE,
        "new_privileges": "never" if status["NoNewPrivs"] == "1" else "possible",
        "system_calls": "filtered" if status["Seccomp"] == _FILTERED else "not filtered",
    }


def capability_names(bits: int) -> list[str]:
    """Capabilities by the bits of a set in /proc/PID/status."""
    return [name for bit, name in enumerate(_CAPABILITIES) if bits >> bit & 1]


def expected_limits(declared: ExpectedService) -> Values:
    """As the control group has them."""
    limits = declared.service.limits
    if limits is None:
        return {"memory": NONE, "cpus": NONE, "pids": NONE}
    return {"memory": f"{limits.memory_mib} MiB", "cpus": f"{limits.cpus:g}", "pids": str(limits.pids)}


def observed_limits(seen: ObservedService) -> Values:
    """From the files of the container's control group."""
    group = _kernel(seen)["cgroup"]
    quota, period = group["quota"], group["period"]
    limited = quota.lstrip("-").isdecimal() and int(quota) > 0 and period.isdecimal()
    bounded = group["memory"].isdecimal() and int(group["memory"]) < _UNBOUNDED
    return {
        "memory": f"{int(group['memory']) // MIB} MiB" if bounded else NONE,
        "cpus": f"{int(quota) / int(period):g}" if limited else NONE,
        "pids": group["pids"] if group["pids"].isdecimal() else NONE,
    }


EVERYWHERE = {
    *("/proc", "/sys", "/dev", "/dev/console", "/dev/mqueue", "/dev/pts", "/dev/shm"),
    *("/etc/resolv.conf", "/etc/hostname", "/etc/hosts"),
}
"""Where every container has something mounted."""


def expected_mounts(declared: ExpectedService) -> Values:
    """What is writable: volumes and folders in memory; all else, the root too, is not."""
    access = {
        target: "tmpfs rw" if text.startswith("tmpfs") else text.split()[-1]
        for target, text in configured_storage(declared).items()
    }
    return {"/": "ro"} | {_real(target): text for target, text in access.items()}


def observed_mounts(seen: ObservedService) -> Values:
    """From /proc/PID/mounts; what every container has is left out, unless this one was given its own at that place."""
    # a folder of a host whose /tmp is in memory is one too, and mounted all the same
    from_host = {
        _real(mount["Destination"]) for mount in seen.container.get("Mounts") or [] if mount["Type"] != "tmpfs"
    }
    given = from_host | {_real(target) for target in seen.host.get("Tmpfs") or {}}
    return {
        target: f"tmpfs {access}" if kind == "tmpfs" and target not in from_host else access
        for target, (kind, access) in _kernel(seen)["mounts"].items()
        if target in given or not (target in EVERYWHERE or target.startswith(("/proc/", "/sys/")))
    }


def expected_environment(declared: ExpectedService) -> Values:
    """Every variable that the container has must have reached its process."""
    return configured_environment(declared)


def observed_environment(seen: ObservedService) -> Values:
    """From /proc/PID/environ. A start script may add to it, so that only what was configured is looked at."""
    configured = {entry.partition("=")[0] for entry in seen.config.get("Env") or []}
    found = _kernel(seen)["environment"]
    if not configured & found.keys():
        # some servers write their title over the memory that holds it; then only the configuration can be looked at
        found = dict(entry.partition("=")[::2] for entry in seen.config.get("Env") or [])
    return {
        name: SECRET_VALUE if name in seen.secret_variables else found[name] for name in configured if name in found
    }


def expected_listening(declared: ExpectedService) -> Values:
    """The declared ports and no other."""
    return {str(port): OPEN for port in declared.service.ports.values()}


def observed_listening(seen: ObservedService) -> Values:
    """From /proc/PID/net/tcp, tcp6, udp and udp6, without loopback."""
    kernel = _kernel(seen)
    return {str(port): OPEN for port in kernel["listening"]} | {f"{port}/udp": OPEN for port in kernel["datagrams"]}


def _real(target: str) -> str:
    """/var/run is /run in every distribution, and the kernel shows the latter."""
    return "/run" + target.removeprefix("/var/run") if target.startswith("/var/run/") else target


def _kernel(seen: ObservedService) -> Mapping[str, Any]:
    if seen.kernel is None:
        raise ValueError("the container was not probed")
    return seen.kernel
