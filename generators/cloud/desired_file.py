"""`desired.json` of each tenant: what must exist in the provider's project, for the script, people and other tools.

Each file of data is named by its SHA-256 exactly once: first boot's in the desired state, the desired state in the mode's index.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from hashlib import sha256
from typing import Any

from generators.cloud.desired import Object, cloud_modes, desired_state, spec_path
from generators.cloud.origins import origins
from generators.json_text import json_text
from generators.provenance import Origins, OutputPath, sources
from generators.site.cloud_review import first_boot_file
from plumbline.effective.deployment import tenant_folder
from plumbline.project.artifact import Artifact, Source
from plumbline.provisioning.data import DESIRED, INDEX
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec


class DesiredFileGenerator:
    """`deploy/<mode>/<tenant>/desired.json`, and `deploy/<mode>/desired.sha256` of them all."""

    name = "desired states"

    def generate(self, spec: Spec) -> Iterable[Artifact]:
        """A file for each tenant that has something at a cloud provider, and an index for each mode."""
        for mode in cloud_modes(spec):
            files = {tenant: _desired_file(spec, mode, tenant) for tenant in spec.tenants.tenants}
            yield from files.values()
            yield _index(mode, files)


def _index(mode: str, files: dict[str, Artifact]) -> Artifact:
    """What `sha256sum --check` reads."""
    lines = [f"{sha256(file.content).hexdigest()}  {tenant}/{DESIRED}\n" for tenant, file in files.items()]
    named = tuple(Source(line, line, path_of("artifacts", file.path)) for line, file in enumerate(files.values(), 1))
    return Artifact(f"deploy/{mode}/{INDEX}", "".join(lines).encode(), sources=named)


def _desired_file(spec: Spec, mode: str, tenant: str) -> Artifact:
    state = shown_state(desired_state(spec, mode, tenant))
    text = json_text(state) + "\n"
    traced = partial(_traced, mode, tenant, state, text)
    return Artifact(f"{tenant_folder(mode, tenant)}/{DESIRED}", text.encode(), traced=traced)


def _traced(mode: str, tenant: str, state: dict[str, Any], text: str) -> Iterable[Source]:
    found: Origins = {
        ("state",): path_of("tenants", tenant, "state"),
        ("location",): path_of("topology", mode, "cloud", "location"),
        ("ownership",): path_of("topology", mode, "cloud", "ownership"),
    }
    for index, want in enumerate(state["objects"]):
        found |= {("objects", index, *place): path for place, path in _origins(mode, tenant, want)}
    return sources(text, found)


def shown_state(state: dict[str, Any]) -> dict[str, Any]:
    """A desired state with the file, SHA-256 and length of each user data in place of its text."""
    return {**state, "objects": [_shown(want) for want in state["objects"]]}


def _shown(want: Object) -> Object:
    if "user_data" not in want:
        return want
    data = want["user_data"].encode()
    return {
        **want,
        "user_data": {"file": first_boot_file(want["role"]), "sha256": sha256(data).hexdigest(), "bytes": len(data)},
    }


def _origins(mode: str, tenant: str, want: Object) -> Iterator[tuple[OutputPath, tuple[PathText, ...]]]:
    """Places in an object, and the spec paths that they come from."""
    own = spec_path(mode, want)
    yield (), (own,)
    for field in want:
        if paths := origins(mode, tenant, want, field):
            yield (field,), paths
    for label in want.get("labels", ()):
        yield ("labels", label), origins(mode, tenant, want, "labels")
    if want["kind"] == "network":
        subnet, zone, octet = origins(mode, tenant, want, "subnets")
        yield ("subnets", 0, "ip_range"), (subnet, octet)
        yield ("subnets", 0, "network_zone"), (zone,)
    if "user_data" in want:
        file = path_of("artifacts", f"{tenant_folder(mode, tenant)}/{first_boot_file(want['role'])}")
        yield from ((("user_data", each), (file,)) for each in ("sha256", "bytes"))
    yield from _rules(path_of("topology", mode, "cloud"), want, own)


def _rules(cloud: PathText, want: Object, own: PathText) -> Iterator[tuple[OutputPath, tuple[PathText, ...]]]:
    places = {"in": 0, "out": 0}
    for index, rule in enumerate(want.get("rules", ())):
        side = {"in": "inbound", "out": "outbound"}[rule["direction"]]
        at = path_of(own, side, places[rule["direction"]])
        yield ("rules", index), (at,)
        for key, field in (("protocol", "protocol"), ("port", "port"), ("description", "title")):
            yield ("rules", index, key), (path_of(at, field),)
        # a peer may be an expression over addresses and other services
        yield ("rules", index, "peers"), (path_of(at, "peers"), path_of(cloud, "addresses"))
        places[rule["direction"]] += 1
