"""The page about how a release reaches the running tenants of a mode with many."""

from collections.abc import Iterable
from math import ceil

from generators.markdown import Page, Where, code, codes, fence, prose, text
from generators.rollout.playbook import roll_outs
from generators.rollout.role_order import role_order
from plumbline.effective.deployment import field_path, services_of
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from plumbline.update.steps import steps
from schema.platform import Rollout

_WHAT = (
    "A release for running tenants is this project's `deploy/` at the release: compose files that name images by digest, and the "
    "configuration beside them. There is no other bundle online; nodes pull the images. Ansible brings it to the nodes: it "
    "reads the fleet from labels at the provider, by the inventory plugin `hetzner.hcloud.hcloud` (collection 6.12 was tried; "
    "before 6.11 it reads a field that the provider's API no longer has)."
)
_NODE = (
    "On each node the files of the release lie in `next/` until the switch, and what ran before stays in `before/`. A mark, "
    "`rolled-out`, holds the checksums of what came through; where it fits, nothing is done. So a second run changes nothing, "
    "and a run that was killed is run again."
)
_ORDER = (
    "All images of a stage are there before anything is stopped. Then its workers are drained, with the time that they have to finish "
    "what they hold. Then the stage goes role by role; the steps on a node are those of every update:"
)
_FAILURE = (
    "Where one node fails, its whole stage is put back, in reverse order, and no later stage begins. Migrations are not taken back: "
    "they expand before they contract, so that the release before still works. A node that can't be reached any more is "
    "named, and can't be put back; it is done again when it is back."
)
_LIMITS = (
    "A service that changes is made anew, for which it is away for some seconds; for the entry's backend the tenant gets 503 from "
    "the gateway. What all tenants share is not rolled out here."
)


def roll_out(spec: Spec) -> Iterable[Artifact]:
    """`docs/operator/roll-out.md`, where there is a mode with many tenants."""
    found = list(roll_outs(spec))
    if not found:
        return
    page = Page("docs/operator/roll-out.md", "Roll-out to running tenants", path_of("update", "rollout"))
    for block in (_WHAT, "## Stages"):
        page.add(block)
    for mode, rollout, _ in found:
        page.add(f"Mode {code(mode)}, with the tenants of this spec if all of them have nodes:")
        page.table(["Stage", "Tenants"], _stages(spec, rollout))
        order = " → ".join(codes(roles) for roles in role_order(spec, mode))
        page.add(f"Roles, in order: {order}.", (path_of("topology", mode, "roles"), *_needs(spec, mode)))
        page.add(
            f"Drained first: {codes(spec.update.drain)}. Time to become healthy: {rollout.health_timeout_s} s.",
            (path_of("update", "drain"), path_of("update", "rollout", "health_timeout_s")),
        )
        page.add("## Commands")
        page.add(
            fence(
                f"cd deploy/{mode}/ansible\n"
                "ansible-inventory --graph              # which nodes there are; HCLOUD_TOKEN is a token that may read\n"
                "ansible-playbook roll-out.yaml --check # which nodes would change\n"
                "ansible-playbook roll-out.yaml\n"
                "ansible-playbook roll-out.yaml --limit tenant_NAME   # one tenant alone; canaries are not asked for then",
                "sh",
            )
        )
    for block in ("## What happens", _NODE, _ORDER):
        page.add(block)
    page.table(["Step", "What it does"], [(None, [text(each.title), prose(each.does)]) for each in steps("node")])
    for block in ("## When it fails", _FAILURE, "## What it does not do", _LIMITS):
        page.add(block)
    yield page.done()


def _needs(spec: Spec, mode: str) -> list[PathText]:
    return [field_path(name, spec.services[name], mode, "needs") for name in services_of(spec, mode)]


def _stages(spec: Spec, rollout: Rollout) -> list[tuple[Where, list[str]]]:
    others = sorted(set(spec.tenants.tenants) - set(rollout.canaries))
    rows: list[tuple[Where, list[str]]] = [
        (path_of("update", "rollout", "canaries"), ["canaries", codes(rollout.canaries)])
    ]
    done = 0
    for index, percent in enumerate(rollout.batches_percent):
        upto = ceil(len(others) * percent / 100)
        title = text(f"up to {percent} % of the others")
        rows.append((path_of("update", "rollout", "batches_percent", index), [title, codes(others[done:upto])]))
        done = max(done, upto)
    return rows
