"""Names and addresses as a container has them: /etc/hosts, the resolver, interfaces and routes, against what the engine gave it. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_interface
from typing import Any

from plumbline.report.fact import Check

NAMES = "names"
_LOCAL = {
    "127.0.0.1": {"localhost"},
    "::1": {"localhost", "ip6-localhost", "ip6-loopback"},
    "fe00::": {"ip6-localnet"},
    "fe00::0": {"ip6-localnet"},
    "ff00::": {"ip6-mcastprefix"},
    "ff00::0": {"ip6-mcastprefix"},
    "ff02::1": {"ip6-allnodes"},
    "ff02::2": {"ip6-allrouters"},
}
"""What every engine writes into /etc/hosts."""
_RESOLVER = "127.0.0.11"
_LOOPBACK = {"127.0.0.1/8", "::1/128"}
_ITSELF = {"127.0.0.0/8", "127.0.0.1", "::1"}
_RULES = {(0, "local"), (32766, "main"), (32767, "default")}
_BY_ITSELF = ("fe80::", "ff00::")
"""Of every interface with IPv6."""
_MTU, _MTU_OF = "1500", "com.docker.network.driver.mtu"
_NO_QUEUE = "noqueue"
_MADE_SO = {"ipv4.ip_unprivileged_port_start": "0", "ipv4.ping_group_range": "0 2147483647"}
"""What the engine sets in a container's network (moby, daemon/oci_linux.go)."""
_NO_VERSION_6 = ".disable_ipv6"
_OF_INTERFACES = ".mtu"
"""Looked at by interface."""


@dataclass(frozen=True)
class Usual:
    """What is no surprise, for the engine makes it so in all containers."""

    resolver: Sequence[str]
    """Search domains and options."""
    network: Mapping[str, str]
    """Settings of the network that are not as in a new one."""


def name_checks(
    subject: str,
    where: str,
    container: Mapping[str, Any],
    hosts: Mapping[str, str],
    kernel: Mapping[str, Any],
    usual: Usual,
    networks: Iterable[Mapping[str, Any]],
) -> list[Check]:
    """Checks of a service's names and addresses.

    `hosts` are the names that the project adds, with their addresses; `networks` are the project's, as the engine has them.
    """
    hostname = container["Config"].get("Hostname") or ""
    endpoints = list((container["NetworkSettings"].get("Networks") or {}).values())
    links, texts = kernel["links"], kernel["texts"]
    pairs = {
        "hosts": _same("as the engine writes it", _hosts(texts["hosts"], hosts, hostname, endpoints)),
        "resolver": _same("the engine's", _resolver(texts["resolv.conf"], usual.resolver)),
        "hostname": (hostname, texts["hostname"]),
        "addresses": (_listed(_given(endpoints)), _listed(_held(links["addresses"]))),
        "interfaces": _same("as the engine makes them", _interfaces(links["addresses"], container, networks)),
        "settings": _same("as the engine makes them", _settings(kernel, container, usual.network)),
        "routes": _same("its networks' alone", _routes(links, endpoints)),
        "filters": _same("the engine's alone", kernel["filters"]),
        "neighbours": _same("all learned", [f"fixed for {each.get('dst')}" for each in links["neighbours"]]),
    }
    return [Check(subject, f"{NAMES}.{name}", *pair, where=where) for name, pair in pairs.items()]


def settings_of(resolver: str) -> str:
    """The search domains and options of a resolv.conf, but for the option that the engine sets in its own way."""
    words = {
        kind: sorted(word for word in _words(resolver, kind) if not word.startswith("ndots:"))
        for kind in ("search", "options")
    }
    return " ".join([*words["search"], *words["options"]])


def usual_settings(host: str, all_of_them: Iterable[str]) -> list[str]:
    """The resolver's settings that are no surprise: the host's now, and those of most containers, which the host had before."""
    found = Counter(settings_of(each) for each in all_of_them)
    most = [settings for settings, count in found.items() if count > 1 and 2 * count > found.total()]
    return [settings_of(host), *most]


def usual_network(all_of_them: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The settings of most containers' networks: the host had them when it made these."""
    found = Counter(pair for each in all_of_them for pair in each.items())
    return {name: value for (name, value), count in found.items() if count > 1 and 2 * count > len(all_of_them)}


def _same(expected: str, odd: Sequence[str]) -> tuple[str, str]:
    return expected, "; ".join(odd) if odd else expected


def _hosts(text: str, extra: Mapping[str, str], hostname: str, endpoints: Iterable[Mapping[str, Any]]) -> list[str]:
    own = {str(each[key]) for each in endpoints for key in ("IPAddress", "GlobalIPv6Address") if each.get(key)}
    odd, seen = [], set()
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        for name in names:
            seen.add((name, address))
            is_own = address in own and name.partition(".")[0] == hostname.partition(".")[0]
            if not (name in _LOCAL.get(address, ()) or is_own or extra.get(name) == address):
                odd.append(f"with {name} at {address}")
    return odd + [f"without {name}" for name, address in extra.items() if (name, address) not in seen]


def _resolver(text: str, searches: Sequence[str]) -> list[str]:
    servers = _words(text, "nameserver")
    odd = [" ".join(sorted(servers)) or "none"] if servers != {_RESOLVER} else []
    return odd + ([f"with {settings_of(text)}"] if settings_of(text) not in searches else [])


def _words(text: str, kind: str) -> set[str]:
    lines = (line.split() for line in text.splitlines())
    return {word for line in lines if line and line[0] == kind for word in line[1:]}


def _given(endpoints: Iterable[Mapping[str, Any]]) -> set[str]:
    pairs = (("IPAddress", "IPPrefixLen"), ("GlobalIPv6Address", "GlobalIPv6PrefixLen"))
    return {f"{each[address]}/{each[length]}" for each in endpoints for address, length in pairs if each.get(address)}


def _held(interfaces: Iterable[Mapping[str, Any]]) -> set[str]:
    """Addresses of the interfaces that are up; one without any goes by its name."""
    found: set[str] = set()
    for each in interfaces:
        addresses = {f"{at['local']}/{at['prefixlen']}" for at in each.get("addr_info") or [] if at["scope"] != "link"}
        if each["ifname"] == "lo":
            found |= addresses - _LOOPBACK
        elif addresses:
            found |= addresses
        elif "UP" in each["flags"]:
            found.add(str(each["ifname"]))
    return found


def _interfaces(
    interfaces: Iterable[Mapping[str, Any]], container: Mapping[str, Any], networks: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Those that hear what is for others, that lose or delay packets, or that cut them otherwise than their network does."""
    mtus = {each["Name"]: (each.get("Options") or {}).get(_MTU_OF, _MTU) for each in networks}
    joined = (container["NetworkSettings"].get("Networks") or {}).items()
    wanted = {at.partition("/")[0]: mtus[name] for name, each in joined if name in mtus for at in _given([each])}
    odd = []
    for each in interfaces:
        mtu = {wanted.get(str(at["local"]), str(each["mtu"])) for at in each.get("addr_info") or []}
        if mtu - {str(each["mtu"])}:
            odd.append(f"{each['ifname']} with an MTU of {each['mtu']}")
        if "PROMISC" in each["flags"]:
            odd.append(f"{each['ifname']} takes what is for others")
        if mtu and each["qdisc"] != _NO_QUEUE:
            odd.append(f"{each['ifname']} with the queue {each['qdisc']}")
    return odd


def _settings(kernel: Mapping[str, Any], container: Mapping[str, Any], usual: Mapping[str, str]) -> list[str]:
    """Settings that are neither as in a new network nor as the engine makes them, and those that it made and somebody took back."""
    changed: Mapping[str, str] = kernel["settings"]
    has_interface = any(each["ifname"] != "lo" for each in kernel["links"]["addresses"])
    asked = container["HostConfig"].get("Sysctls") or {}
    endpoints = (container["NetworkSettings"].get("Networks") or {}).values()
    has_version_6 = any(each.get("GlobalIPv6Address") for each in endpoints)

    def fine(name: str, value: str) -> bool:
        if name.endswith(_OF_INTERFACES) or (has_version_6 and name.endswith(_NO_VERSION_6)):
            return True
        if name.endswith(_NO_VERSION_6) and value == "1":
            return True
        return value in (_MADE_SO.get(name), usual.get(name), str(asked.get(f"net.{name}")))

    # a value of the host's may have changed since the others were made; that of the engine has not
    made = (name for name in usual if name in _MADE_SO or (has_interface and name.endswith(_NO_VERSION_6)))
    taken_back = sorted(name for name in made if name not in {*changed, *(each.removeprefix("net.") for each in asked)})
    odd = [f"{name} is {value}" for name, value in sorted(changed.items()) if not fine(name, value)]
    return odd + [f"{name} is as in a new network" for name in taken_back if not fine(name, "")]


def _routes(links: Mapping[str, Any], endpoints: Sequence[Mapping[str, Any]]) -> list[str]:
    given = [ip_interface(each) for each in _given(endpoints)]
    networks = {str(each.network) for each in given}
    gateways = {str(each[key]) for each in endpoints for key in ("Gateway", "IPv6Gateway") if each.get(key)}
    itself = _ITSELF | {str(each.ip) for each in given}
    odd, has_default = [], False
    for route in links["routes"]:
        to, kind = str(route["dst"]), route.get("type", "unicast")
        if to.startswith(_BY_ITSELF) or kind in ("broadcast", "anycast", "multicast", "unreachable"):
            continue
        if kind == "local":
            fine = to in itself
        elif to == "default":
            fine = route.get("gateway") in gateways
            has_default = has_default or fine
        else:
            fine = to in networks and not route.get("gateway")
        if not fine and not (kind == "unicast" and to in _ITSELF and route.get("dev") == "lo"):
            odd.append(" ".join(filter(None, [to, "via", str(route.get("gateway") or route.get("dev") or kind)])))
    if gateways and not has_default and not odd:
        odd.append("without a default")
    rules = {(each.get("priority"), str(each.get("table"))) for each in links["rules"]}
    return odd + [f"with rule {priority} to table {table}" for priority, table in sorted(rules - _RULES, key=str)]


def _listed(words: Iterable[str]) -> str:
    return " ".join(sorted(words)) or "none"
