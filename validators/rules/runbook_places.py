"""PLB826: what is run on a tenant's node is run on no other tenant's."""

from collections.abc import Iterator

from plumbline.runbook.rendering import tenant_parameter
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.registry import Violation, rule
from validators.rules.runbook_reading import ReadStep, steps

_SAMPLE = """\
platform.yaml: {{places: {{host: {{title: a node of the tenant, role: host{check}}}}}}}
topology/single.yaml: {{tenancy: many}}
runbooks/sample.yaml:
  title: Sample
  summary: Shows a rule.
  modes: [single]
  duration_min: 5
  parameters: {{tenant: {{description: Whose, kind: tenant, example: acme}}}}
  on_failure: start again
  steps:
    - {{title: Stop, where: host, run: docker compose stop web, expect: nothing, undo: docker compose start web}}
"""


@rule(
    "PLB826",
    title="Place on a tenant's node without a check of the tenant",
    why="`--at` or a changed address can lead to another tenant's node. Nothing else in a step verifies the tenant, so it would "
    "stop the services, or delete the data, of the wrong one.",
    fix="Add a `check` to the place that fails on other tenants' nodes, e.g. `grep -qx 'TENANT={{ tenant }}' .env`.",
    failing=_SAMPLE.format(check=""),
    passing=_SAMPLE.format(check=", check: \"grep -qx 'TENANT={{ tenant }}' .env\""),
)
def place_without_a_check(spec: Spec) -> Iterator[Violation]:
    for each in steps(spec):
        asked = tenant_parameter(each.runbook)
        other = each.others.get(asked or "")
        if other and _is_of_a_tenant(spec, each) and other.place.check == each.step.place.check:
            place, path = each.step.place, path_of("platform", "places", each.step.place.id)
            if place.check:
                yield Violation(path_of(path, "check"), f"{place.title}: the check passes for any tenant")
            else:
                yield Violation(path, f"{place.title}: nothing checks which tenant the node belongs to")


def _is_of_a_tenant(spec: Spec, each: ReadStep) -> bool:
    """A node of a role that each tenant has, or one that only the operator knows the way to, where tenants have nodes of their own."""
    own = {
        name
        for mode in each.runbook.modes
        if mode in spec.topology and spec.topology[mode].tenancy == "many"
        for name, role in spec.topology[mode].roles.items()
        if role.scope == "tenant"
    }
    place = spec.platform.places[each.step.place.id]
    return place.role in own if place.role else bool(own and not place.shell and not place.plumb)
