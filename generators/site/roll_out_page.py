"""The page about how a release reaches the running tenants of a mode with many."""

from collections.abc import Iterable
from math import ceil

from generators.markdown import Page, Where, code, codes, fence, prose, text
from generators.rollout.playbook import roll_outs
from generators.rollout.role_order import role_order
from generators.rollout.shared import shared_nodes
from plumbline.effective.deployment import field_path, services_of
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from plumbline.update.steps import steps
from schema.platform import Rollout

_WHAT = (
    "A release for running tenants is this project's `deploy/` at that release: compose files that name "
    "images by digest, and their configuration. There is no bundle online; nodes pull the images. Ansible "
    "copies the release to the nodes. It reads the fleet from the provider's labels with the inventory "
    "plugin `hetzner.hcloud.hcloud` (tested with collection 6.12; versions before 6.11 read a field that "
    "the provider's API has removed)."
)
_NODE = (
    "On each node, the files of the release are in `next/` until the switch, and the previous files stay "
    "in `before/`. The file `rolled-out` contains the checksums of the release that was rolled out. If "
    "they match, the node is left unchanged. So a second run changes nothing, and an interrupted run can "
    "be repeated."
)
_ORDER = (
    "All images of a stage are pulled before anything stops. Then its workers are drained: each has time "
    "to finish its current work. Then the stage is updated role by role. Each node follows the steps of "
    "every update:"
)
_NODE_FILES = (
    "Firewall rules, units and scripts that a server got at its first boot are compared too. What differs is delivered before "
    "the services change, and nothing is replaced for it; what only a new server gets stays as it is. Once the stage came "
    "through, `provision.py record` writes into the server's label what was delivered, for which Ansible's Python needs "
    "`hcloud`, and HCLOUD_TOKEN the right to write. Until then `provision.py plan` and `plumb verify cloud` say that it is not delivered."
)
_FAILURE = (
    "If one node fails, its whole stage is rolled back in reverse order, and no later stage begins. "
    "Migrations are not reverted: they only expand the schema, so the previous release still works. A node "
    "that is lost during its stage is named and not rolled back; the next run updates it when it is reachable "
    "again."
)
_WHOLE = (
    "A tenant is updated with all its nodes or not at all. If one of them does not answer before anything changes, or "
    "if `--limit` names only some of them, the whole tenant is left out, and the others are updated. The last play "
    "then fails, and says which tenants were left out and why; the exit code is not 0. If every canary is left out, "
    "nothing is changed."
)
_LOCK = (
    "A roll-out locks all its nodes before it changes anything: the folder `roll-out.lock` on each node says who holds it, "
    "and since when. A second roll-out that finds a locked node refuses, shows that, and changes nothing. Each run "
    "releases only its own locks, also when it fails. A run that was killed leaves them. If its process no longer "
    "exists on its host, release them by the run's ID, which the refusal shows:"
)
_LIMITS = (
    "A service that changes without a second copy, a store above all, is down for some seconds, and requests that need it "
    "fail meanwhile. If a node lacks the memory or the firewall rule for a planned copy, the roll-out warns. Roles that all "
    "tenants share are not rolled out this way."
)
_SHARED = "Their backups alone are brought, by `ansible-playbook --inventory.shared.yaml shared.yaml`."


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
                "ansible-inventory --graph              # list the nodes; a read-only HCLOUD_TOKEN is enough\n"
                "ansible-playbook roll-out.yaml --check # which nodes would change\n"
                "ansible-playbook roll-out.yaml\n"
                "ansible-playbook roll-out.yaml --limit tenant_NAME   # only one tenant, without canaries",
                "sh",
            )
        )
    for block in ("## What happens", _NODE, _ORDER):
        page.add(block)
    page.table(["Step", "What it does"], [(None, [text(each.title), prose(each.does)]) for each in steps("node")])
    page.add(_NODE_FILES)
    for block in ("## When it fails", _FAILURE, _WHOLE, "## Two roll-outs at once", _LOCK):
        page.add(block)
    page.add(fence("ansible-playbook unlock.yaml -e run=ID", "sh"))
    page.add("## What it does not do")
    has_shared = any(list(shared_nodes("", spec, mode, cloud)) for mode, _, cloud in found)
    page.add(f"{_LIMITS} {_SHARED}" if has_shared else _LIMITS)
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
