"""The page of a service: each fact of each mode, once where modes agree and side by side where they differ."""

import pytest

from generators.site.pages import PageGenerator
from generators.site.service_facts import facts, variables
from plumbline.effective.deployment import services_of
from plumbline.spec.spec import Spec
from tests.generators.test_one_relation import SPECS, fact, shipped


def pages(spec: Spec) -> dict[str, str]:
    made = {each.path: each.content.decode() for each in PageGenerator().generate(spec)}
    return {name: made[f"docs/architect/services/{name}.md"] for name in spec.services}


@pytest.mark.parametrize("made", SPECS.values(), ids=SPECS)
def test_each_fact_of_each_mode_is_shown(made: object) -> None:
    spec = made()  # type: ignore[operator]
    for name, page in pages(spec).items():
        for mode in spec.modes:
            if name in services_of(spec, mode):
                for label, (_, said) in {**facts(spec, name, mode), **variables(spec, name, mode)}.items():
                    assert fact(page, label, mode) == said, (name, mode, label)


def test_what_modes_share_stands_once() -> None:
    spec = shipped()
    for name, page in pages(spec).items():
        labels = [line.split(" | ")[0] for line in page.splitlines() if line.startswith("| ")]
        named = {label for mode in spec.modes if name in services_of(spec, mode) for label in facts(spec, name, mode)}
        assert not [label for label in named if labels.count(f"| {label}") != 1], name


def test_other_pages_that_speak_of_a_service_are_named() -> None:
    made = pages(shipped())
    assert "(../../operator/runbooks/suspend-tenant.md)" in made["parse-worker"]
    assert "| Features | " in made["parse-worker"]
    assert "| Divergences | `D" in made["nomic-embed"]
    # a name within a path or a longer name is another thing
    assert "Runbooks" not in made["alloy"]
