"""PLB513, PLB516: tenants, and how many of them a project holds."""

from collections.abc import Iterator

from plumbline.finding import Severity
from plumbline.paths import path_of
from plumbline.spec import Spec
from schema.cloud import Cloud
from validators.rules.cloud_examples import cloud_example
from validators.rules.clouds import clouds
from validators.rules.registry import Violation, rule

_TENANT = "tenants.yaml: {tenants: {%s: {title: A, octet: 1, state: ACTIVE}}}\n"
_TWO = "tenants.yaml: {tenants: {a: {title: A, octet: 1, state: ACTIVE}, b: {title: B, octet: 2, state: ACTIVE}}}\n"


@rule(
    "PLB513",
    title="tenant with the name of a role",
    why="What is made for the tenant and what is made for the role would stand in one folder.",
    fix="Rename the tenant; ids of tenants and of roles share the folder of a mode.",
    failing=_TENANT % "node" + cloud_example(),
    passing=_TENANT % "acme" + cloud_example(),
)
def named_like_a_role(spec: Spec) -> Iterator[Violation]:
    """Tenants whose folder is a role's."""
    for mode, topology, _ in clouds(spec):
        for tenant in spec.tenants.tenants:
            if tenant in topology.roles:
                yield Violation(path_of("tenants", tenant), f"mode {mode} has a role `{tenant}`", at_key=True)


@rule(
    "PLB516",
    title="more tenants than one project holds",
    why="The next tenant's provisioning ends at the account's limit, with half of its objects made.",
    fix="Ask the provider for more and write it in `limits` of catalogue.yaml, or give some tenants a project of their own.",
    failing=_TWO + cloud_example(firewalls=1),
    passing=_TWO + cloud_example(firewalls=2),
    severity=Severity.WARNING,
)
def too_many_tenants(spec: Spec) -> Iterator[Violation]:
    """Kinds of which all tenants together need more than the project may hold."""
    limits = spec.catalogue.limits
    for mode, _, cloud in clouds(spec):
        for kind, most in (("placement_group", limits.placement_groups), ("firewall", limits.firewalls)):
            needed = len(spec.tenants.tenants) * _each(cloud, kind)
            if most is not None and needed > most:
                message = f"{needed} tenants need one each, and a project holds {most}"
                yield Violation(path_of("topology", mode, "cloud", "names", kind), message)


def _each(cloud: Cloud, kind: str) -> int:
    return 0 if kind == "placement_group" and not cloud.spread_servers else 1
