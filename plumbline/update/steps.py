"""The steps of an update, in order: pages, runbooks, install.sh, rollback.sh, the roll-out's tasks and plans take them from here. Data."""

from dataclasses import dataclass
from typing import Literal

Place = Literal["host", "node"]
"""`host`: install.sh on a host that nothing reaches; `node`: the roll-out's tasks on a node."""
Back = Literal["nothing", "start", "rollback", "migrations", "data"]


@dataclass(frozen=True, slots=True)
class ReleaseStep:
    """A step of the update from one release to the next."""

    id: str
    title: str
    """What it does, in a few words: the name of the roll-out's task."""
    does: str
    """How, in a few sentences for readers."""
    back: Back
    """What goes back where the update ends in it or after it; each step's way holds until the next one that says another."""
    places: tuple[Place, ...] = ("host", "node")


BACK: dict[Back, str] = {
    "nothing": "nothing was changed",
    "start": "the previous release runs, without the drained workers; run it again, or start them with rollback.sh",
    "rollback": "rollback.sh goes back",
    "migrations": "rollback.sh goes back, unless a migration removed something that the previous release uses",
    "data": "rollback.sh goes back, unless a migration removed something that the previous release uses, or a store has converted its data to a newer version",
}
"""The way back, in words."""

STEPS: tuple[ReleaseStep, ...] = (
    ReleaseStep(
        "preflight",
        "Check the host",
        "Engine, Compose, memory, clock, ports and address ranges meet the needs of the release.",
        "nothing",
        ("host",),
    ),
    ReleaseStep(
        "verify",
        "Verify the bundle",
        "A trusted key signed the manifest, and every file matches its checksum in the manifest. The new "
        "images can read the existing data.",
        "nothing",
        ("host",),
    ),
    ReleaseStep(
        "keep",
        "Keep what runs",
        "The files and settings of the running release are copied, and its images keep a tag.",
        "nothing",
    ),
    ReleaseStep(
        "load",
        "Get the images",
        (
            "All images are loaded from the bundle, or pulled by digest, before anything stops. Running containers "
            "keep their images."
        ),
        "nothing",
    ),
    ReleaseStep(
        "drain",
        "Drain the workers",
        "Changed services that read from queues stop: each finishes its current work within its stop "
        "timeout. The rest stays in the queues.",
        "start",
    ),
    ReleaseStep(
        "place",
        "Put the files in place",
        "Each file replaces the previous one atomically.",
        "rollback",
    ),
    ReleaseStep(
        "secrets",
        "Make new secrets",
        "Missing secrets are created; none is overwritten.",
        "rollback",
        ("host",),
    ),
    ReleaseStep(
        "migrate",
        "Run migrations and other jobs",
        "Each on-demand job runs once, while the services of the previous release still answer. So a "
        "migration only adds; whatever removes something comes in a later release.",
        "migrations",
    ),
    ReleaseStep(
        "switch",
        "Switch service by service",
        "Each changed service is recreated, one at a time, after the services that it needs. It must be healthy before "
        "the next one starts. A second copy answers meanwhile for what the plan lists under second copy. "
        "Services that do not change are not touched.",
        "data",
    ),
    ReleaseStep(
        "health",
        "Wait until every service is healthy",
        "This includes the services that did not change.",
        "data",
    ),
    ReleaseStep(
        "smoke",
        "Ask from outside",
        "Each published port with a health check is requested over the host's own network.",
        "data",
    ),
    ReleaseStep(
        "remember",
        "Mark the release",
        "The host records that this release was installed successfully.",
        "data",
    ),
)


def steps(place: Place) -> tuple[ReleaseStep, ...]:
    """Those of a place, in order."""
    return tuple(step for step in STEPS if place in step.places)


def step(id: str) -> ReleaseStep:
    """The step of an id. Raises KeyError."""
    return {each.id: each for each in STEPS}[id]
