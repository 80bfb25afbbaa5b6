"""What nothing shows is listed, and only that."""

from dataclasses import replace

from generators.site.not_proven_page import PATH, has_gaps, not_proven
from plumbline.spec.spec import Spec
from schema.parity import Feature
from schema.probe import Probe
from tests.rules.three_modes import three_modes
from validators.rules.examples import example_spec


def page(spec: Spec) -> str:
    made = list(not_proven(spec))
    assert [each.path for each in made] == ([PATH] if has_gaps(spec) else [])
    return made[0].content.decode() if made else ""


def feature(spec: Spec, **asked: object) -> Spec:
    """A spec with one feature that is shown by one probe."""
    answers = {mode: asked.pop("answer", "x") for mode in spec.modes[:1]}
    probe = Probe.model_validate({"shows": "It works.", "answers": answers, **asked}) if asked else None
    only = Feature.model_validate(
        {"title": "Parsing", "status": {}, "parity": "full", "paths": ["a"]} | {"status": {spec.modes[0]: "full"}}
    ).model_copy(update={"probes": (probe,) if probe else ()})
    return replace(spec, parity=spec.parity.model_copy(update={"features": {"parsing": only}}))


def test_a_feature_without_a_probe() -> None:
    assert "## Features without a probe" in page(feature(example_spec("")))


def test_a_feature_whose_probe_makes_nothing_happen() -> None:
    spec = example_spec("")
    for asked in ({"tcp": {"service": "db", "port": "sql"}}, {"variable": {"service": "web", "name": "A"}}):
        assert "| Parsing | full |" in page(feature(spec, **asked))


def test_a_feature_that_is_tried_is_not_listed() -> None:
    spec = example_spec("")
    tried = feature(spec, command={"service": "web", "run": ["true"]})
    closed = feature(spec, tcp={"service": "db", "port": "sql"}, answer="closed")
    assert "Parsing" not in page(tried) + page(closed)


def test_a_request_for_health_is_no_trial_and_another_is() -> None:
    spec = example_spec("services/web.yaml: {health: {http: {port: http, path: /well}}}")
    asked = {"service": "web", "port": "http"}
    assert "that it answers" in page(feature(spec, http={**asked, "path": "/well"}))
    assert "Parsing" not in page(feature(spec, http={**asked, "path": "/work"}))


def test_a_spec_without_gaps_has_no_page() -> None:
    spec = three_modes()
    whole = replace(
        spec,
        images=spec.images.model_copy(update={"images": {}}),
        models=spec.models.model_copy(update={"models": {}}),
        requirements=spec.requirements.model_copy(update={"requirements": {}}),
        parity=spec.parity.model_copy(update={"features": {}}),
        services={name: each.model_copy(update={"volumes": {}}) for name, each in spec.services.items()},
    )
    assert not has_gaps(whole)
    assert page(whole) == ""
