"""PLB531…: a release reaches many tenants in an order that can be stopped in time."""

from collections.abc import Iterator
from itertools import pairwise

from generators.rollout.playbook import label_of, roll_outs
from generators.rollout.role_order import circles
from plumbline.effective.deployment import deployments, field_path
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from validators.rules.cloud_examples import cloud_example
from validators.rules.registry import Violation, rule


def _example(rollout: str = "", cloud: str | None = None, state: str = "ACTIVE") -> str:
    cloud = cloud or cloud_example()
    return f"""\
{cloud}tenants.yaml: {{tenants: {{one: {{title: One, octet: 1, state: {state}}}}}}}
update.yaml:
  downtime_goal_s: 60
  drain: []
  rollout: {{canaries: [one], batches_percent: [50, 100], health_timeout_s: 300{rollout}}}
"""


_ONE_ROLE = "      services: [db, web]\n"
_TWO_ROLES = """\
      services: [web, names]
    store:
      title: Store
      server_type: cx33
      size: {vcpus: 4, memory_mib: 8192, disk_gb: 80, reserve_mib: 512}
      services: [db]
"""
_NAMES = "services/names.yaml: {title: Names, summary: Knows names., image: traefik, ports: {http: 8000}}\n"


@rule(
    "PLB531",
    title="Roll-out batches that do not rise to 100 %",
    why="Tenants after the last batch keep the old release, and no message says so.",
    fix="Make each number larger than the previous one, and end with 100.",
    failing=_example(", batches_percent: [50, 90]").replace("batches_percent: [50, 100], ", ""),
    passing=_example(),
)
def batches_short_of_all(spec: Spec) -> Iterator[Violation]:
    percents = spec.update.rollout.batches_percent if spec.update.rollout else (100,)
    for index, (before, after) in enumerate(pairwise(percents), 1):
        if after <= before:
            yield Violation(path_of("update", "rollout", "batches_percent", index), f"{after} comes after {before}")
    if percents[-1] != 100:
        path = path_of("update", "rollout", "batches_percent", len(percents) - 1)
        yield Violation(path, f"the last batch ends at {percents[-1]} %", expected="100", observed=str(percents[-1]))


@rule(
    "PLB532",
    title="Roles that need each other",
    why="A roll-out updates roles in order: first those that others need. In a cycle no role is first, and all change at once.",
    fix="Place the services so that needs between roles go one way.",
    failing=_example(cloud=cloud_example().replace(_ONE_ROLE, _TWO_ROLES))
    + _NAMES
    + "services/db.yaml: {needs: {names: http}, segments: [front, back]}\n",
    passing=_example(cloud=cloud_example().replace(_ONE_ROLE, _TWO_ROLES)) + _NAMES,
)
def roles_in_a_circle(spec: Spec) -> Iterator[Violation]:
    for mode, _, _ in roll_outs(spec):
        for roles in circles(spec, mode):
            yield Violation(
                path_of("topology", mode, "roles", roles[0]), f"roles {', '.join(roles)} need each other", at_key=True
            )


@rule(
    "PLB533",
    title="Server labels without the tenant or the role",
    why="The fleet is read from labels. A node without them gets another tenant's release, or none.",
    fix="Add labels whose values are exactly `{tenant}` and `{role}`.",
    failing=_example(cloud=cloud_example().replace('labels: {role: "{role}"}', "labels: {}")),
    passing=_example(),
)
def unlabelled(spec: Spec) -> Iterator[Violation]:
    for mode, _, cloud in roll_outs(spec):
        for each in ("tenant", "role"):
            if label_of(cloud, each) is None:
                yield Violation(path_of("topology", mode, "cloud", "labels"), f"no label has the value {{{each}}}")


@rule(
    "PLB534",
    title="Canary tenant that is not active",
    why="Nobody uses this tenant, so no fault shows there, and the others get the faulty release.",
    fix="Choose a tenant whose state is ACTIVE.",
    failing=_example(state="PENDING"),
    passing=_example(),
)
def idle_canary(spec: Spec) -> Iterator[Violation]:
    for index, name in enumerate(spec.update.rollout.canaries if spec.update.rollout else ()):
        tenant = spec.tenants.tenants.get(name)
        if tenant and tenant.state != "ACTIVE":
            yield Violation(
                path_of("update", "rollout", "canaries", index),
                f"tenant {name} is {tenant.state}",
                expected="ACTIVE",
                observed=tenant.state,
            )


@rule(
    "PLB535",
    title="Health timeout shorter than a start period",
    why="A healthy release would be rolled back because a service was still within its start period.",
    fix="Raise `health_timeout_s` above the longest start period, or shorten that period.",
    failing=_example() + "services/db.yaml: {health: {command: [pg_isready], start_period_s: 600}}\n",
    passing=_example(),
)
def impatient(spec: Spec) -> Iterator[Violation]:
    """Once for all services: the timeout is one. The slowest comes first."""
    slow: dict[PathText, tuple[float, str]] = {}
    for mode, rollout, _ in roll_outs(spec):
        for deployment in deployments(spec, mode):
            for name, service in deployment.services.items():
                if service.health and service.health.start_period_s >= rollout.health_timeout_s:
                    said = f"{name} may take {service.health.start_period_s:g} s to start in mode {mode}"
                    path = field_path(name, spec.services[name], mode, "health")
                    slow.setdefault(path, (-service.health.start_period_s, said))
    if slow and spec.update.rollout:
        ranked = sorted(slow.items(), key=lambda each: each[1])
        (_, (_, message)), *others = ranked
        yield Violation(
            path_of("update", "rollout", "health_timeout_s"),
            f"{message}, and {len(others)} more need as long" if others else message,
            observed=str(spec.update.rollout.health_timeout_s),
            also=tuple((path, said) for path, (_, said) in ranked),
        )
