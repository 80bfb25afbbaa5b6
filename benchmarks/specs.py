"""The shipped spec at other sizes: more services, tenants, modes, rows of parity, runbooks. Pure: data in, data out.

A spec here is its files as data, by path. `plumb check` finds no error in any of them.
"""

import copy
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

Files = Mapping[str, Any]

_LAYER = 10
"""Layers that services stand in where they need no neighbours."""
_ADDED_ROLES = {"gateway": 3, "worker": 2, "db": 1}
"""Where added services stand online, and the share that each role has."""


def of_services(spec: Files, number: int, *, deep: bool = False) -> Files:
    """With so many services: each needs three of the layer below, or, where it goes deep, the three before it."""
    files = copy.deepcopy(dict(spec))
    have = [path for path in files if path.startswith("services/")]
    added = [f"added-{index:04}" for index in range(number - len(have))]
    for index, name in enumerate(added):
        needs = _before(added, index) if deep else _below(added, index)
        files[f"services/{name}.yaml"] = _service(name, 20_000 + index, needs)
    online = files["topology/online.yaml"]["roles"]
    for role, names in _split(added).items():
        online[role]["services"] += names
    host = files["topology/offline.yaml"]["roles"]["host"]
    host["services"] += added
    files["monitoring.yaml"]["unwatched"] |= dict.fromkeys(added, "It is here to be counted.")
    files["networks.yaml"]["networks"]["etl-internal"]["modes"]["online"]["subnet"] = "172.21.0.0/16"
    large = _size(number)
    files["catalogue.yaml"]["server_types"]["large"] = {
        "line": "cx",
        "vcpus": large["vcpus"],
        "memory_gb": large["memory_mib"] // 1024,
        "disk_gb": large["disk_gb"],
    }
    for role in (*(online[name] for name in (*_ADDED_ROLES, "db-heavy")), host):
        role["size"] = large
        if "server_type" in role:
            role |= {"server_type": "large", "fallbacks": []}
    return files


def _before(names: list[str], index: int) -> list[str]:
    return names[max(0, index - 3) : index]


def _below(names: list[str], index: int) -> list[str]:
    """Three of the layer below, spread over it."""
    width = max(1, len(names) // _LAYER)
    layer = index // width
    if layer == 0:
        return []
    first = (layer - 1) * width
    return sorted({names[first + (index * step) % width] for step in (1, 3, 7)})


def _service(name: str, port: int, needs: list[str]) -> dict[str, Any]:
    return {
        "title": name.capitalize(),
        "summary": "One of many workers.",
        "image": "docpipe-worker",
        "command": ["celery", "-A", f"docpipe.{name.replace('-', '_')}", "worker"],
        "user": "10001:10001",
        "ports": {"health": port},
        "needs": {**dict.fromkeys(needs, "health"), "redis": "redis"},
        "segments": ["etl-internal"],
        "environment": {
            "DOCPIPE_MODE": {"template": "{{ mode }}"},
            "DOCPIPE_REDIS_URL": {"template": "redis://{{ address('redis', 'redis') }}"},
            **{f"NEED_{i}_URL": {"template": f"{{{{ url('{need}', 'health') }}}}"} for i, need in enumerate(needs)},
        },
        "secrets": {"redis_password": {}},
        "health": {"http": {"port": "health", "path": "/health"}},
        "limits": {"memory_mib": 64, "cpus": 0.1},
    }


def _split(names: list[str]) -> dict[str, list[str]]:
    """The names, in order, over the roles by their shares; those that are needed first stand with the stores."""
    shares, split, start = sum(_ADDED_ROLES.values()), {}, 0
    for role, share in reversed(_ADDED_ROLES.items()):
        end = len(names) if role == next(iter(_ADDED_ROLES)) else start + len(names) * share // shares
        split[role], start = names[start:end], end
    return split


def _size(number: int) -> dict[str, int]:
    return {"vcpus": 16 + number, "memory_mib": 1024 * (64 + number // 8), "disk_gb": 4096, "reserve_mib": 2048}


def of_tenants(spec: Files, number: int) -> Files:
    """With so many tenants."""
    files = copy.deepcopy(dict(spec))
    tenants = files["tenants.yaml"]["tenants"]
    taken = {each["octet"] for each in tenants.values()}
    octets = (octet for octet in count(1) if octet not in taken)
    for index in range(number - len(tenants)):
        tenants[f"tenant-{index:03}"] = {"title": f"Tenant {index}", "octet": next(octets), "state": "ACTIVE"}
    return files


def of_modes(spec: Files, number: int) -> Files:
    """With so many modes: further ones are as offline is."""
    files = copy.deepcopy(dict(spec))
    names = [f"offline-{index:02}" for index in range(number - 2)]
    for name in names:
        files[f"topology/{name}.yaml"] = copy.deepcopy(files["topology/offline.yaml"])
    parity = files["parity.yaml"]
    for entry in (*parity["features"].values(), *parity["divergences"].values()):
        if "covers" in entry:
            entry["sets_apart"] = ["online"]
    parity["features"]["tenant-configuration"]["sets_apart"] = ["online", "offline"]  # each is told its own name
    return {path: _as_offline(data, names) for path, data in files.items()}


def _as_offline(data: Any, names: list[str]) -> Any:
    """Whatever is said of offline said of the other modes too."""
    if isinstance(data, dict):
        whole = {key: _as_offline(value, names) for key, value in data.items()}
        if "offline" not in whole:
            return whole
        common = whole["offline"]
        return whole | {name: name if common == "offline" else copy.deepcopy(common) for name in names}
    if isinstance(data, list):
        return [_as_offline(each, names) for each in data] + (names if "offline" in data else [])
    return data


def of_parity_rows(spec: Files, number: int) -> Files:
    """With so many rows of parity."""
    files = copy.deepcopy(dict(spec))
    features = files["parity.yaml"]["features"]
    _multiply(features, number)
    return files


def of_runbooks(spec: Files, number: int) -> Files:
    """With so many runbooks."""
    files = copy.deepcopy(dict(spec))
    books = {path.removesuffix(".yaml"): book for path, book in files.items() if path.startswith("runbooks/")}
    _multiply(books, number)
    return {**files, **{f"{path}.yaml": book for path, book in books.items()}}


def _multiply(entries: dict[str, Any], number: int) -> None:
    """Copies of the entries in turn, with titles of their own, until there are so many."""
    first = list(entries)
    for index in range(number - len(first)):
        id = first[index % len(first)]
        entries[f"{id}-{index:03}"] = copy.deepcopy(entries[id]) | {"title": f"{entries[id]['title']}, {index}"}


GROWN: dict[str, Callable[[Files, int], Files]] = {
    "services": of_services,
    "tenants": of_tenants,
    "modes": of_modes,
    "rows of parity": of_parity_rows,
    "runbooks": of_runbooks,
}
"""What a spec can have more of."""
