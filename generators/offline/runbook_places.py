"""What the texts of a runbook speak of. Pure."""

from dataclasses import replace

from plumbline.effective.expression_places import known_for_tenant, known_in_spec
from plumbline.expressions.rendering import environment
from plumbline.expressions.template_lines import Places, places_in
from plumbline.runbook.rendering import mode_of, runbook_texts
from plumbline.spec.paths import PathText, SpecPath, path_of
from plumbline.spec.spec import Spec


def spoken_in(spec: Spec, name: str) -> dict[SpecPath, Places]:
    """The places that each text of a runbook speaks of, by its path in the runbook."""
    runbook = spec.runbooks[name]
    mode = mode_of(spec, runbook)
    tenant = runbook.parameters["tenant"].example if "tenant" in runbook.parameters else ""
    known = known_for_tenant(spec, mode, tenant, known_in_spec(spec, mode))
    given: dict[str, Places] = {each: (path_of("runbooks", name, "parameters", each),) for each in runbook.parameters}
    known = replace(known, names={**known.names, **given})
    return {path.parts: places_in(environment(), text, known) for path, text in runbook_texts(runbook)}


def all_places(spec: Spec, name: str) -> list[PathText]:
    """The runbook itself, the places where its steps are done, and all that its texts speak of."""
    runbook = spec.runbooks[name]
    where = (path_of("platform", "places", step.where) for step in runbook.steps)
    spoken = (place for places in spoken_in(spec, name).values() for place in places)
    return list(dict.fromkeys([path_of("runbooks", name), path_of("platform", "name"), *where, *spoken]))
