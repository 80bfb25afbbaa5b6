"""`desired.json` of each tenant: what must exist in the provider's project, for the script, people and other tools.

Each file of data is named by its SHA-256 exactly once: first boot's in the desired state, the desired state in the mode's index.
"""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from generators.cloud.desired import Object, cloud_modes, desired_state, spec_path
from generators.cloud.origins import origin
from generators.cloud.review import first_boot_file
from generators.provenance import OutputPath, sources
from plumbline.artifact import Artifact, Source
from plumbline.deployment import tenant_folder
from plumbline.paths import PathText, path_of
from plumbline.provisioning.data import DESIRED, INDEX
from plumbline.spec import Spec


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
    origins = tuple(Source(line, line, path_of("tenants", tenant)) for line, tenant in enumerate(files, 1))
    return Artifact(f"deploy/{mode}/{INDEX}", "".join(lines).encode(), sources=origins)


def _desired_file(spec: Spec, mode: str, tenant: str) -> Artifact:
    state = shown_state(desired_state(spec, mode, tenant))
    text = json.dumps(state, indent=2, ensure_ascii=False) + "\n"
    origins: dict[OutputPath, PathText] = {
        ("state",): path_of("tenants", tenant, "state"),
        ("location",): path_of("topology", mode, "cloud", "location"),
        ("ownership",): path_of("topology", mode, "cloud", "ownership"),
    }
    for index, want in enumerate(state["objects"]):
        origins |= {("objects", index, *place): path for place, path in _origins(mode, want)}
    return Artifact(f"{tenant_folder(mode, tenant)}/{DESIRED}", text.encode(), sources=sources(text, origins))


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


def _origins(mode: str, want: Object) -> Iterator[tuple[OutputPath, PathText]]:
    """Places in an object, and the spec paths that they come from."""
    own = spec_path(mode, want)
    yield (), own
    for field in want:
        if (path := origin(mode, want, field)) != own:
            yield (field,), path
    places = {"in": 0, "out": 0}
    for index, rule in enumerate(want.get("rules", ())):
        side = {"in": "inbound", "out": "outbound"}[rule["direction"]]
        yield ("rules", index), path_of(own, side, places[rule["direction"]])
        places[rule["direction"]] += 1
