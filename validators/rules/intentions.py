"""PLB541…: what a spec says will be done, to services, roles, tenants and names that were given up, can be done."""

from collections.abc import Iterator
from datetime import date

from plumbline.paths import path_of
from plumbline.spec import Spec
from validators.rules.cloud_examples import cloud_example
from validators.rules.registry import Violation, rule

_UPDATE = """\
update.yaml:
  strategy: rolling
  downtime_goal_s: 60
  keep_running: [{kept}]
  drain: [{drained}]
  migrations: []
  phases: [{{title: Switch, detail: All at once.}}]
{more}"""


def _update(kept: str = "", drained: str = "", more: str = "") -> str:
    return _UPDATE.format(kept=kept, drained=drained, more=more)


@rule(
    "PLB541",
    title="update that cannot treat a service so",
    why="What is drained is stopped, and a job has ended long before: neither keeps running, and an operator waits for it.",
    fix="Name a service once, under `keep_running` or `drain`, and no job.",
    failing=_update("db", "db"),
    passing=_update("db", "web"),
)
def treated_twice(spec: Spec) -> Iterator[Violation]:
    lists = {"keep_running": spec.update.keep_running, "drain": spec.update.drain}
    first: dict[str, str] = {}
    for field, services in lists.items():
        for index, service in enumerate(services):
            path = path_of("update", field, index)
            if first.setdefault(service, field) != field or service in services[:index]:
                yield Violation(path, f"`{service}` is named before, under `{first[service]}`")
            elif service in spec.services and spec.services[service].kind == "job":
                yield Violation(path, f"`{service}` is a job, which ends by itself")


@rule(
    "PLB542",
    title="canary that is named twice",
    why="The second roll-out to it changes nothing, and shows nothing about another tenant.",
    fix="Remove it, or name the tenant that was meant.",
    failing=_update(more="  rollout: {canaries: [one, one], batches_percent: [100], health_timeout_s: 300}\n")
    + "tenants.yaml: {tenants: {one: {title: One, octet: 1, state: ACTIVE}}}\n"
    + cloud_example(),
    passing=_update(more="  rollout: {canaries: [one], batches_percent: [100], health_timeout_s: 300}\n")
    + "tenants.yaml: {tenants: {one: {title: One, octet: 1, state: ACTIVE}}}\n"
    + cloud_example(),
)
def canary_twice(spec: Spec) -> Iterator[Violation]:
    canaries = spec.update.rollout.canaries if spec.update.rollout else ()
    for index, canary in enumerate(canaries):
        if canary in canaries[:index]:
            yield Violation(path_of("update", "rollout", "canaries", index), f"`{canary}` is a canary already")


_ROLE = (
    "{title: Larger, count: 0, %sserver_type: cx33, size: {vcpus: 4, memory_mib: 8192, disk_gb: 80, reserve_mib: 512}}"
)


def _grows(direction: str, role: str = "", larger: str = "variant_of: host, ") -> str:
    return f"""\
topology/single.yaml:
  scaling: [{{role: host, direction: {direction}, trigger: It is full., how: By a larger one.}}]
  roles:
    host: {{title: Host{role}}}
    larger: {_ROLE % larger}
"""


@rule(
    "PLB543",
    title="growth that a role has no room for",
    why="When it is needed there is neither a further node to add nor a larger one to take.",
    fix="Give the role a `max_count` above its `count`, or a role that is a `variant_of` it.",
    failing=_grows("horizontal"),
    passing=_grows("horizontal", ", max_count: 3"),
)
def growth_without_room(spec: Spec) -> Iterator[Violation]:
    for mode, topology in spec.topology.items():
        variants = {role.variant_of for role in topology.roles.values()}
        for index, scaling in enumerate(topology.scaling):
            role = topology.roles.get(scaling.role)
            path = path_of("topology", mode, "scaling", index)
            if role and scaling.direction == "horizontal" and role.max_count <= max(role.count, 1):
                yield Violation(path, f"`{scaling.role}` has {role.max_count} nodes at most")
            elif role and scaling.direction == "vertical" and scaling.role not in variants:
                yield Violation(path, f"no role is a variant of `{scaling.role}`")


@rule(
    "PLB544",
    title="variant of a variant",
    why="A variant takes the services and the place of another role; of itself, or of another variant, it has none to take.",
    fix="Name the role that it can take the place of.",
    failing=_grows("vertical").replace("variant_of: host", "variant_of: larger"),
    passing=_grows("vertical"),
)
def variant_of_variant(spec: Spec) -> Iterator[Violation]:
    for mode, topology in spec.topology.items():
        for name, role in topology.roles.items():
            base = topology.roles.get(role.variant_of or "")
            if base is not None and (role.variant_of == name or base.variant_of is not None):
                yield Violation(
                    path_of("topology", mode, "roles", name, "variant_of"),
                    f"`{role.variant_of}` is {'the role itself' if role.variant_of == name else 'a variant too'}",
                )


@rule(
    "PLB545",
    title="successor that the catalogue does not have",
    why="Whoever is told that a name no longer exists is sent to another one that does not exist either.",
    fix="Name a server type or an operating system of the catalogue.",
    failing=cloud_example().replace("removed: {cx22: cx33}", "removed: {cx22: cx99}"),
    passing=cloud_example(),
)
def unknown_successor(spec: Spec) -> Iterator[Violation]:
    known = {*spec.catalogue.server_types, *spec.catalogue.images}
    for name, successor in spec.catalogue.removed.items():
        if successor not in known:
            yield Violation(path_of("catalogue", "removed", name), f"`{successor}` is not in the catalogue")


_LOOKED = 'images.yaml: {{images: {{postgres: {{evidence: {{confirmations: 2, checked: "{day}"}}}}}}}}\n'


@rule(
    "PLB546",
    title="look-up in the future",
    why="The day says how far a fact can be trusted; a day that has not come says nothing, and is never looked at again.",
    fix="Write the day on which somebody looked.",
    failing=_LOOKED.format(day="2999-01-01"),
    passing=_LOOKED.format(day="2001-01-01"),
    dated=True,
)
def looked_up_in_the_future(spec: Spec, today: date) -> Iterator[Violation]:
    days = {path_of("catalogue", "date"): spec.catalogue.date}
    for name, image in spec.images.images.items():
        if image.evidence:
            days[path_of("images", name, "evidence", "checked")] = image.evidence.checked
    for path, day in days.items():
        if day and str(day) > today.isoformat():
            yield Violation(path, f"{day} has not come yet")


@rule(
    "PLB311",
    title="two models at one path",
    why="The one that a bundle places last is there twice, and the other nowhere.",
    fix="Give each a folder of its own.",
    failing="""\
models.yaml:
  models:
    one: {title: One, path: models/one, size_mb: 1, source: a page, licence: MIT, note: none}
    two: {title: Two, path: models/one, size_mb: 1, source: a page, licence: MIT, note: none}
services/web.yaml: {models: {one: /one, two: /two}}
""",
    passing="""\
models.yaml:
  models:
    one: {title: One, path: models/one, size_mb: 1, source: a page, licence: MIT, note: none}
    two: {title: Two, path: models/two, size_mb: 1, source: a page, licence: MIT, note: none}
services/web.yaml: {models: {one: /one, two: /two}}
""",
)
def models_at_one_path(spec: Spec) -> Iterator[Violation]:
    first: dict[str, str] = {}
    for name, model in spec.models.models.items():
        other = first.setdefault(model.path.rstrip("/"), name)
        if other != name:
            yield Violation(path_of("models", name, "path"), f"model {other} is at {model.path} too")
