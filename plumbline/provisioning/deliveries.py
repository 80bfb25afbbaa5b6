"""Records which node files a roll-out has delivered. It is called after the delivery, with what the node itself says that it has.

The stage came through by then: the services of the server are healthy, so that it is new no more.
"""

from collections.abc import Mapping

from plumbline.provisioning.calls import Failed, Refused, retry
from plumbline.provisioning.first_boot import first_boot_difference, first_boot_labels, is_of_one_label, node_files_hash
from plumbline.provisioning.labels import NEW, NODE_FILES, USER_DATA, labels_of
from plumbline.provisioning.run import ProvisionRun


def record_deliveries(run: ProvisionRun, delivered: Mapping[str, str]) -> list[str]:
    """Label servers, by name, with the hash of the files that a roll-out left on them; the names whose label changed.

    Raises Refused, before anything is labelled, for a server that is not the tenant's, has files of another spec, or whose one
    label would no longer say what it was told at first boot. Raises Failed for one that is gone meanwhile.
    """
    run.read()
    stale = [name for name, hash in delivered.items() if _is_stale(run, name, hash)]
    if not stale:
        return []
    run.journal.open()
    with run.lock.hold("record"):
        run.journal.write("record", tenant=run.desired["tenant"], servers=sorted(stale))
        for name in stale:
            retry(lambda name=name: _labelled(run, name), run.pause, about=f"server {name}")  # type: ignore[misc]
        run.journal.write("end", well=True)
    return stale


def _is_stale(run: ProvisionRun, name: str, hash: str) -> bool:
    """Whether the label of a server says something else than what was delivered. Raises Refused where it may not say that."""
    key = ("server", name)
    if key not in run.wants or key not in run.project.held:
        raise Refused(f"server {name} is not one of tenant {run.desired['tenant']}: nothing was recorded")
    text, labels = run.wants[key][USER_DATA], labels_of(run.project.held[key])
    if hash != node_files_hash(text):
        raise Refused(
            f"server {name} has node files of another spec: roll out from this one first; nothing was recorded"
        )
    if NODE_FILES not in labels and USER_DATA in labels and first_boot_difference(labels, text):
        raise Refused(
            f"server {name} has one label, {USER_DATA}, from before first boot and node files were told apart: apply once from the "
            "spec that it was made from, which tells them apart; nothing was recorded"
        )
    return labels.get(NODE_FILES) != hash or NEW in labels


def _labelled(run: ProvisionRun, name: str) -> bool:
    """Set the label beside those that the server has now."""
    key = ("server", name)
    bound = run.kinds["server"].again(run.project, run.project.held[key])
    if bound is None:
        raise Failed(f"server {name} is gone: somebody else is deleting objects of this tenant")
    labels, told = labels_of(bound), first_boot_labels(run.wants[key][USER_DATA])
    new = told if is_of_one_label(labels, run.wants[key][USER_DATA]) else {NODE_FILES: told[NODE_FILES]}
    bound.update(labels={key: value for key, value in {**labels, **new}.items() if key != NEW})
    return True
