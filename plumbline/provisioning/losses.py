"""Marks a server as lost: the next apply puts another in its place, though it is there and as the spec says."""

from plumbline.provisioning.calls import Failed, Refused, retry
from plumbline.provisioning.labels import LOST, labels_of
from plumbline.provisioning.run import ProvisionRun


def mark_lost(run: ProvisionRun, names: list[str], lost: bool = True) -> list[str]:
    """Set the mark of servers, by name, or take it away; those that it changed. One that is gone needs none: it is made again.

    Raises Refused, before anything is marked, for a server that is not the tenant's.
    """
    run.read()
    for name in names:
        if ("server", name) not in run.wants:
            known = ", ".join(each for kind, each in run.wants if kind == "server") or "none"
            raise Refused(
                f"server {name} is not one of tenant {run.desired['tenant']}, which has {known}; nothing was marked"
            )
    there = [name for name in names if ("server", name) in run.project.held]
    other = [name for name in there if (LOST in labels_of(run.project.held["server", name])) != lost]
    if other:
        run.journal.open()
        with run.lock.hold("mark-lost"):
            run.journal.write("mark-lost", tenant=run.desired["tenant"], servers=sorted(other), lost=lost)
            for name in other:
                retry(lambda name=name: _marked(run, name, lost), run.pause, about=f"server {name}")  # type: ignore[misc]
            run.journal.write("end", well=True)
    return other


def _marked(run: ProvisionRun, name: str, lost: bool) -> bool:
    """Set the label beside those that the server has now."""
    bound = run.kinds["server"].again(run.project, run.project.held["server", name])
    if bound is None:
        raise Failed(f"server {name} is gone: somebody else is deleting objects of this tenant")
    others = {key: value for key, value in labels_of(bound).items() if key != LOST}
    bound.update(labels={**others, LOST: "yes"} if lost else others)
    return True
