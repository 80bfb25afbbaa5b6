"""`desired.json` of each tenant: what must exist in the provider's project, for people and other tools."""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from generators.cloud.desired import Object, cloud_tenants, desired_state, spec_path
from generators.cloud.origins import origin
from generators.provenance import OutputPath, sources
from plumbline.artifact import Artifact
from plumbline.deployment import tenant_folder
from plumbline.spec import Spec


class DesiredFileGenerator:
    """`deploy/<mode>/<tenant>/desired.json`."""

    name = "desired states"

    def generate(self, spec: Spec) -> Iterable[Artifact]:
        """A file for each tenant that has something at a cloud provider."""
        for mode, tenant in cloud_tenants(spec):
            state = shown_state(desired_state(spec, mode, tenant))
            text = json.dumps(state, indent=2, ensure_ascii=False) + "\n"
            origins: dict[OutputPath, str] = {
                ("state",): f"tenants.{state['tenant']}.state",
                ("location",): f"topology.{mode}.cloud.location",
                ("ownership",): f"topology.{mode}.cloud.ownership",
            }
            for index, want in enumerate(state["objects"]):
                origins |= {("objects", index, *place): path for place, path in _origins(mode, want)}
            yield Artifact(f"{tenant_folder(mode, tenant)}/desired.json", text.encode(), sources=sources(text, origins))


def shown_state(state: dict[str, Any]) -> dict[str, Any]:
    """A desired state with each user data's SHA-256 and length in place of its text, which has a file of its own."""
    return {**state, "objects": [_shown(want) for want in state["objects"]]}


def _shown(want: Object) -> Object:
    if "user_data" not in want:
        return want
    data = want["user_data"].encode()
    return {**want, "user_data": {"sha256": sha256(data).hexdigest(), "bytes": len(data)}}


def _origins(mode: str, want: Object) -> Iterator[tuple[OutputPath, str]]:
    """Places in an object, and the spec paths that they come from."""
    own = spec_path(mode, want)
    yield (), own
    for field in want:
        if (path := origin(mode, want, field)) != own:
            yield (field,), path
    places = {"in": 0, "out": 0}
    for index, rule in enumerate(want.get("rules", ())):
        side = {"in": "inbound", "out": "outbound"}[rule["direction"]]
        yield ("rules", index), f"{own}.{side}[{places[rule['direction']]}]"
        places[rule["direction"]] += 1
