"""PLB513, PLB516, PLB723: tenants, and how many of them a project holds."""

from collections.abc import Iterator

from plumbline.spec.finding import Severity
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.cloud import Cloud
from validators.rules.cloud_examples import cloud_example
from validators.rules.cloud_lookup import clouds
from validators.rules.registry import Violation, rule

_TENANT = "tenants.yaml: {tenants: {%s: {title: A, octet: 1, state: ACTIVE}}}\n"
_TWO = "tenants.yaml: {tenants: {a: {title: A, octet: 1, state: ACTIVE}, b: {title: B, octet: 2, state: ACTIVE}}}\n"


@rule(
    "PLB513",
    title="Tenant with the same ID as a role",
    why="Generated files of the tenant and of the role share one folder.",
    fix="Rename the tenant: tenants and roles share the folder of a mode.",
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
    title="More tenants than one project can hold",
    why="Provisioning the next tenant stops at the account's limit, with half of its objects created.",
    fix="Ask the provider to raise the limit and write it in `limits` of catalogue.yaml, or give some tenants their own "
    "project.",
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
                message = f"all tenants together need {needed} {kind.replace('_', ' ')}s, but a project can hold {most}"
                yield Violation(path_of("topology", mode, "cloud", "names", kind), message)


def _each(cloud: Cloud, kind: str) -> int:
    return 0 if kind == "placement_group" and not cloud.spread_servers else 1


@rule(
    "PLB723",
    title="Cloud in a mode without tenants",
    why="Servers, networks and firewalls are created per tenant. With `tenancy: one` none are created, although `cloud` "
    "suggests so.",
    fix="Set `tenancy: many` and add the tenant to tenants.yaml, or remove `cloud` and write the addresses of your own nodes.",
    failing=cloud_example().replace("tenancy: many", "tenancy: one"),
    passing=_TENANT % "acme" + cloud_example(),
)
def cloud_without_tenants(spec: Spec) -> Iterator[Violation]:
    """Modes for one tenant that have a cloud."""
    for mode, topology, _ in clouds(spec):
        if topology.tenancy == "one":
            yield Violation(
                path_of("topology", mode, "cloud"),
                f"mode {mode} has a cloud and `tenancy: one`: nothing is created there",
                at_key=True,
            )
