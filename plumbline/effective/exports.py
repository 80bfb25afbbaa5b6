"""The exports of a deployment, in order. Pure."""

from plumbline.effective.deployment import Deployment
from plumbline.effective.graphs import in_order
from schema.service import Export


def exports_of(deployment: Deployment) -> list[tuple[str, Export]]:
    """Services and their exports in the order in which export.sh takes them; restore.sh goes the other way."""
    made = {each.file: (name, each) for name, service in deployment.services.items() for each in service.exports}
    return [made[file] for file in in_order({file: each.after for file, (_, each) in made.items()}, made)]
