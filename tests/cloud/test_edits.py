"""Whatever is edited in the spec, an apply makes it so, and a second one has nothing to do."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from generators.cloud.desired import desired_state
from plumbline.spec.spec import Spec
from tests.cloud.cloud import names, project, run_of
from tests.stack.conftest import shipped_spec

SPEC = shipped_spec()

CLOUD_EDITS = st.fixed_dictionaries(
    {},
    optional={
        "spread_servers": st.booleans(),
        "environment": st.sampled_from(["production", "staging"]),
        "protected": st.sets(st.sampled_from(["network", "volume", "server"])).map(lambda kinds: tuple(sorted(kinds))),
        "image": st.sampled_from(["debian-12", "debian-13"]),
    },
)
EDITS = st.fixed_dictionaries(
    {
        "cloud": CLOUD_EDITS,
        "workers": st.integers(0, 3),
        "heavy": st.booleans(),
        "type": st.sampled_from(["cx23", "cx33"]),
        "octet": st.sampled_from([1, 7]),
        "size_gb": st.sampled_from([50, 100, 200]),
        "rules": st.integers(0, 4),
        "ttl_s": st.sampled_from([60, 300]),
    }
)


def edited(edits: dict[str, Any]) -> Spec:
    """The shipped spec with some things changed, as an architect would."""
    topology = SPEC.topology["online"]
    assert topology.cloud is not None
    cloud = topology.cloud
    outbound = cloud.firewall.outbound[: edits["rules"]]
    cloud = cloud.model_copy(
        update={
            **edits["cloud"],
            "volume": cloud.volume.model_copy(update={"size_gb": edits["size_gb"]}),
            "firewall": cloud.firewall.model_copy(update={"outbound": outbound}),
            "dns": cloud.dns.model_copy(update={"ttl_s": edits["ttl_s"]}),
        }
    )
    counts = {"worker": edits["workers"], "db": int(not edits["heavy"]), "db-heavy": int(edits["heavy"])}
    roles = {
        name: role.model_copy(
            update={"count": counts.get(name, role.count)}
            | ({"server_type": edits["type"], "fallbacks": ()} if name == "gateway" else {})
        )
        for name, role in topology.roles.items()
    }
    acme = SPEC.tenants.tenants["acme"].model_copy(update={"octet": edits["octet"]})
    return replace(
        SPEC,
        topology={**SPEC.topology, "online": topology.model_copy(update={"cloud": cloud, "roles": roles})},
        tenants=SPEC.tenants.model_copy(update={"tenants": {**SPEC.tenants.tenants, "acme": acme}}),
    )


@pytest.mark.slow
@settings(max_examples=15, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(EDITS, min_size=2, max_size=4))
def test_any_sequence_of_edits_converges(sequence: list[dict[str, Any]]) -> None:
    allowed: set[str] = set()
    with project() as cloud, tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal"
        for edits in sequence:
            state = desired_state(edited(edits), "online", "acme")
            allowed |= {want["name"] for want in state["objects"]}
            assert run_of(cloud, state, journal, allowed).apply() == []
            assert run_of(cloud, state, journal).plan() == []
            assert max(names(cloud)[name] for name in names(cloud) if name != "primary_ip") == 1
