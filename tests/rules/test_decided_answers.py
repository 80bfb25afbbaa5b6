"""Answers of probes that the spec decides: every one that is declared otherwise is found, on specs of three shapes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plumbline.effective.deployment import services_of
from plumbline.effective.probe_answers import decide_answer
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from schema.probe import Probe
from tests.rules.three_modes import files, three_modes
from validators.rules import RULES

DECIDED = {"tcp", "address", "variable", "file"}
Mutant = tuple[str, Spec]


def shipped() -> Spec:
    spec, _ = load_spec(read_spec_files(Path(__file__).parents[2] / "data"))
    assert spec
    return spec


SPECS = {"shipped": shipped, "three modes": three_modes}


@pytest.fixture(scope="module", params=SPECS)
def spec(request: pytest.FixtureRequest) -> Spec:
    return SPECS[request.param]()


def _contradicted(spec: Spec) -> list[str]:
    return [found.subject for found in RULES["PLB721"].findings(spec)]


def _probes(spec: Spec) -> Iterator[tuple[str, int, Probe]]:
    for name, feature in spec.parity.features.items():
        for number, probe in enumerate(feature.probes):
            yield name, number, probe


def _with_probe(spec: Spec, feature: str, number: int, probe: Probe) -> Spec:
    row = spec.parity.features[feature]
    probes = (*row.probes[:number], probe, *row.probes[number + 1 :])
    features = {**spec.parity.features, feature: row.model_copy(update={"probes": probes})}
    return replace(spec, parity=spec.parity.model_copy(update={"features": features}))


def _with_service(spec: Spec, name: str, **fields: Any) -> Spec:
    service = spec.services[name].model_copy(update=fields)
    return replace(spec, services={**spec.services, name: service})


def test_what_is_declared_is_what_the_spec_decides(spec: Spec) -> None:
    assert _contradicted(spec) == []


def test_every_other_answer_is_found(spec: Spec) -> None:
    tried = 0
    for name, number, probe in _probes(spec):
        for mode, answer in probe.answers.items():
            known = decide_answer(spec, mode, probe)
            assert known, (name, mode)
            if probe.kind not in DECIDED and answer != "not deployed":
                continue
            others = {"open", "closed", "absent", "not set", "not deployed", "not published", f"{answer}x"}
            for other in others - {answer, *known.answers}:
                changed = probe.model_copy(update={"answers": {**probe.answers, mode: other}})
                found = _contradicted(_with_probe(spec, name, number, changed))
                assert found == [f"parity.features.{name}.probes[{number}].answers.{mode}"], (name, mode, other)
                tried += 1
    assert tried >= 20


@pytest.mark.parametrize(("kind", "field"), [("variable", "name"), ("file", "path")])
def test_every_other_name_and_path_is_found(spec: Spec, kind: str, field: str) -> None:
    for name, number, probe in _probes(spec):
        if probe.kind != kind:
            continue
        question = getattr(probe, kind)
        for wrong in (f"{getattr(question, field)}X", f"{getattr(question, field)[:-2]}"):
            changed = probe.model_copy(update={kind: question.model_copy(update={field: wrong})})
            assert _contradicted(_with_probe(spec, name, number, changed)), wrong


def test_every_segment_that_breaks_a_promised_isolation_is_found(spec: Spec) -> None:
    for name, _, probe in _probes(spec):
        if probe.tcp is None or probe.caller is None or "closed" not in probe.answers.values():
            continue
        segments = {segment for each in services_of(spec, spec.modes[-1]).values() for segment in each.segments}
        target = set(services_of(spec, spec.modes[-1])[probe.tcp.service].segments)
        for segment in segments & target:
            joined = (*spec.services[probe.caller].segments, segment)
            assert _contradicted(_with_service(spec, probe.caller, segments=joined)), (name, segment)


def test_an_address_other_than_the_promised_one_is_found() -> None:
    spec = shipped()
    gateway = spec.services["intake-gateway"]
    for mode, override in gateway.modes.items():
        assert override.publish
        for address in ("10.0.0.1", "127.0.0.2", "0.0.0.0", "127.0.0.1"):
            publication = override.publish["http"]
            assert publication
            if publication.address == address:
                continue
            changed = override.model_copy(
                update={"publish": {"http": publication.model_copy(update={"address": address})}}
            )
            modes = {**gateway.modes, mode: changed}
            assert _contradicted(_with_service(spec, "intake-gateway", modes=modes)) == [
                f"parity.features.api-gateway.probes[1].answers.{mode}"
            ]


def test_every_broken_seal_of_a_mode_without_a_way_out_is_found() -> None:
    spec = shipped()
    assert list(RULES["PLB722"].findings(spec)) == []
    sealed = [name for name, each in spec.networks.networks.items() if each.modes["offline"].internal]
    assert len(sealed) == 4
    for name in sealed:
        network = spec.networks.networks[name]
        modes = {**network.modes, "offline": network.modes["offline"].model_copy(update={"internal": False})}
        networks = {**spec.networks.networks, name: network.model_copy(update={"modes": modes})}
        broken = replace(spec, networks=spec.networks.model_copy(update={"networks": networks}))
        found = list(RULES["PLB722"].findings(broken))
        assert [each.subject for each in found] == [f"networks.{name}.modes.offline.internal"]
        assert found[0].location and found[0].location.file == "networks.yaml"


def test_a_link_across_nodes_is_open_where_it_is_needed_and_closed_otherwise() -> None:
    """The catcher of `dev` has no need; in `cluster` the stores are on another node."""
    parity = files()["parity.yaml"]
    ask = {"shows": "It.", "caller": "web", "tcp": {"service": "db", "port": "sql"}}
    parity["features"]["mail"]["probes"].append({**ask, "answers": dict.fromkeys(("dev", "single", "cluster"), "open")})
    back = {"shows": "It.", "caller": "db", "tcp": {"service": "web", "port": "http"}}
    answers = {"dev": "open", "single": "open", "cluster": "closed"}
    parity["features"]["mail"]["probes"].append({**back, "answers": answers})
    assert _contradicted(three_modes({"parity.yaml": parity})) == []
