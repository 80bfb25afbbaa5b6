"""PLB115, PLB227, PLB530, PLB536…: entries that contradict themselves, or name what cannot be."""

import posixpath
from collections.abc import Iterator
from difflib import get_close_matches

from plumbline.effective.deployment import roles_of, services_of
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.cloud_examples import cloud_example
from validators.rules.plumb_commands import PLUMB, command_of, unknown_option
from validators.rules.registry import Violation, rule

_MODELS = """\
models.yaml:
  models:
    a: {title: A, path: models/a, size_mb: 1, source: example, licence: MIT}
    b: {title: B, path: %s, size_mb: 1, source: example, licence: MIT}
"""


@rule(
    "PLB115",
    title="Models with the same path, or one inside the other",
    why="One model is mounted over the other, so a service loads a model that it does not expect.",
    fix="Give each model a path of its own, and none inside another's.",
    failing=_MODELS % "models/a",
    passing=_MODELS % "models/b",
)
def same_model_path(spec: Spec) -> Iterator[Violation]:
    """Models whose files have one place, or one inside the other."""
    seen: dict[str, str] = {}
    for name, model in spec.models.models.items():
        path = posixpath.normpath(model.path)
        for other, owner in seen.items():
            if path == other or path.startswith(f"{other}/") or other.startswith(f"{path}/"):
                yield Violation(path_of("models", name, "path"), f"`{model.path}` overlaps the path of model `{owner}`")
                break
        seen.setdefault(path, name)


_SECRET = "secrets.yaml: {{secrets: {{db_password: {{scope: {0}}}}}}}\n"


@rule(
    "PLB227",
    title="Secret whose scope does not match its services",
    why=(
        "A secret that is made for one tenant opens another tenant's store, or a node that all tenants share "
        "needs the secret of each."
    ),
    fix=(
        "Use `scope: tenant` for what opens a tenant's own services, and `platform` for what is issued once or "
        "used by shared roles."
    ),
    failing=_SECRET.format("platform") + cloud_example(),
    passing=_SECRET.format("tenant") + cloud_example(),
)
def misplaced_secret(spec: Spec) -> Iterator[Violation]:
    """Secrets made here for all tenants that only tenants' services use, and secrets of a tenant on shared nodes."""
    for mode, topology in spec.topology.items():
        if topology.tenancy != "many":
            continue
        for name, secret in spec.secrets.secrets.items():
            users = [id for id, service in services_of(spec, mode).items() if name in service.secrets]
            named = ", ".join(f"`{user}`" for user in users)
            scopes = {topology.roles[role].scope for user in users for role in roles_of(spec, mode, user)}
            path = path_of("secrets", name, "scope")
            if secret.scope == "platform" and secret.issued_by is None and scopes == {"tenant"}:
                yield Violation(path, f"all tenants share `{name}`, but each tenant has its own {named}")
            elif secret.scope == "tenant" and scopes == {"shared"}:
                yield Violation(path, f"each tenant has its own `{name}`, but all tenants share {named}")


_LARGE = "{title: Large, count: 0, variant_of: %s, size: {vcpus: 4, memory_mib: 8192, disk_gb: 80, reserve_mib: 512}}"


@rule(
    "PLB530",
    title="Variant of a variant",
    why="It replaces a role that runs nothing, so no node runs the services.",
    fix="Name a role that lists services itself.",
    failing=f"topology/single.yaml: {{roles: {{large: {_LARGE % 'large'}}}}}",
    passing=f"topology/single.yaml: {{roles: {{large: {_LARGE % 'host'}}}}}",
)
def variant_of_itself(spec: Spec) -> Iterator[Violation]:
    """Roles that are variants of themselves or of another variant."""
    for mode, topology in spec.topology.items():
        for name, role in topology.roles.items():
            base = topology.roles.get(role.variant_of or "")
            if base is not None and base.variant_of is not None:
                whose = "itself" if role.variant_of == name else f"`{role.variant_of}`, which is a variant too"
                yield Violation(
                    path_of("topology", mode, "roles", name, "variant_of"), f"`{name}` is a variant of {whose}"
                )


@rule(
    "PLB536",
    title="Successor that does not exist",
    why="Anyone who follows the advice orders something that the provider does not sell.",
    fix="Name a server type or OS image of the catalogue.",
    failing=cloud_example().replace("removed: {cx22: cx33}", "removed: {cx22: cx99}"),
    passing=cloud_example(),
)
def lost_successor(spec: Spec) -> Iterator[Violation]:
    """Successors that the catalogue does not know, or has removed too."""
    known = spec.catalogue.server_types.keys() | spec.catalogue.images.keys()
    for old, new in spec.catalogue.removed.items():
        if new not in known:
            close = get_close_matches(new, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else None
            yield Violation(path_of("catalogue", "removed", old), f"there is no `{new}`", hint, observed=new)


_UPDATE = """\
update.yaml:
  {{downtime_goal_s: 60, drain: {0}}}
"""


@rule(
    "PLB537",
    title="Contradictory update",
    why=(
        "A store stops before the workers that need it, a tenant is updated first twice, or the update "
        "waits for a job that nobody started."
    ),
    fix="List each worker and each canary once. List no jobs in `drain`, and no stores that a drained worker needs.",
    failing=_UPDATE.format("[db, web]"),
    passing=_UPDATE.format("[web]"),
)
def contradicting_update(spec: Spec) -> Iterator[Violation]:
    """Stores that are stopped before those that need them, jobs among them, and entries that stand twice."""
    update = spec.update
    lists = {"drain": update.drain, "canaries": update.rollout.canaries if update.rollout else ()}
    needed = {
        need: user
        for mode in spec.modes
        for user, service in services_of(spec, mode).items()
        if user in update.drain
        for need in service.needs
    }
    for field, names in lists.items():
        base = path_of("update", "rollout", field) if field == "canaries" else path_of("update", field)
        for index, name in enumerate(names):
            service = spec.services.get(name) if field != "canaries" else None
            if name in names[:index]:
                yield Violation(path_of(base, index), f"`{name}` is listed twice")
            elif service and service.kind == "job":
                yield Violation(path_of(base, index), f"`{name}` is a job: it ends by itself")
            elif service and service.volumes and name in needed:
                message = f"`{name}` is a store that `{needed[name]}` needs to finish, and is stopped with it"
                yield Violation(path_of(base, index), message)


_SCALING = "  scaling: [{{role: node, direction: {0}, trigger: It is full., how: Add one.}}]\n"


@rule(
    "PLB538",
    title="Scaling without room or a larger variant",
    why="The procedure asks for a second or a larger node, and the spec has none.",
    fix=(
        "Raise `max_count` above `count` for horizontal scaling, or add a role that is `variant_of` it for vertical "
        "scaling."
    ),
    failing=cloud_example() + _SCALING.format("horizontal"),
    passing=cloud_example(max_count=3) + _SCALING.format("horizontal"),
)
def cannot_scale(spec: Spec) -> Iterator[Violation]:
    """Scalings without the room, or the variant, for it."""
    for mode, topology in spec.topology.items():
        for index, each in enumerate(topology.scaling):
            role = topology.roles.get(each.role)
            path = path_of("topology", mode, "scaling", index)
            if role is None:
                continue
            if each.direction == "horizontal" and role.max_count <= max(role.count, 1):
                yield Violation(path, f"the `max_count` of `{each.role}` is {role.max_count}")
            elif each.direction == "vertical" and not any(
                other.variant_of in (each.role, name)  # what is a variant of itself is PLB530's
                for name, other in topology.roles.items()
            ):
                yield Violation(path, f"no role is a variant of `{each.role}`")


_PROOF = "requirements.yaml: {requirements: {RUN-02: {title: It runs., proofs: [{kind: live, ref: %s}]}}}"


@rule(
    "PLB539",
    title="Live proof that is not a command",
    why="The requirement claims a proof that nobody can run.",
    fix="Name a command as it is typed: `plumb verify stack --mode MODE`.",
    failing=_PROOF % "plumb verfy parity",
    passing=_PROOF % "plumb verify parity",
)
def proof_without_command(spec: Spec) -> Iterator[Violation]:
    """Proofs whose command or option plumb does not have, or whose mode the spec does not."""
    for id, requirement in spec.requirements.requirements.items():
        for index, proof in enumerate(requirement.proofs):
            words = proof.ref.split()
            if proof.kind != "live" or not words:
                continue
            path = path_of("requirements", id, "proofs", index, "ref")
            if (
                words[0] != "plumb"
                and get_close_matches(words[0], ["plumb", "make"], cutoff=0.7)
                and words[0] != "make"
            ):
                yield Violation(path, f"there is no command `{words[0]}`", observed=proof.ref)
            elif words[0] == "plumb" and command_of(words[1:]) is None:
                close = get_close_matches(" ".join(words[1:3]), PLUMB, n=1)
                hint = f"did you mean `plumb {close[0]}`?" if close else None
                yield Violation(path, f"`{proof.ref}` is not a plumb command", hint, observed=proof.ref)
            elif words[0] == "plumb" and (problem := unknown_option(words[1:])):
                yield Violation(path, *problem, observed=proof.ref)
            elif "--mode" in words[:-1] and (mode := words[words.index("--mode") + 1]) not in spec.topology:
                yield Violation(path, f"there is no mode `{mode}`", observed=proof.ref)
