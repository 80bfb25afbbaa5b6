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
    "start": "the release before runs, without the workers that were drained; run it again, or rollback.sh starts them",
    "rollback": "rollback.sh goes back",
    "migrations": "rollback.sh goes back, unless a migration took away what the release before uses",
    "data": "rollback.sh goes back, unless a migration took away what the release before uses, or a store keeps its data in a later version",
}
"""The way back, in words."""

STEPS: tuple[ReleaseStep, ...] = (
    ReleaseStep(
        "preflight",
        "Check the host",
        "Engine, Compose, memory, clock, ports and address ranges are those that the release needs.",
        "nothing",
        ("host",),
    ),
    ReleaseStep(
        "verify",
        "Verify the bundle",
        "The signature of the manifest is one of the trusted key, and every file has the checksum that the manifest says. "
        "The new images read the data that is there.",
        "nothing",
        ("host",),
    ),
    ReleaseStep(
        "keep",
        "Keep what runs",
        "Files and settings of the release that runs are kept aside, and its images keep a name.",
        "nothing",
    ),
    ReleaseStep(
        "load",
        "Get the images",
        "All images are loaded from the bundle, or pulled by digest, before anything stops. What runs keeps its own.",
        "nothing",
    ),
    ReleaseStep(
        "drain",
        "Drain the workers",
        "Services that take from queues and change are stopped: each finishes what it holds, within its own time. "
        "The queues keep the rest.",
        "start",
    ),
    ReleaseStep(
        "place",
        "Put the files in place",
        "Each file takes the place of the one before in one step.",
        "rollback",
    ),
    ReleaseStep(
        "secrets",
        "Make new secrets",
        "Secrets that are not there yet are made here; none is overwritten.",
        "rollback",
        ("host",),
    ),
    ReleaseStep(
        "migrate",
        "Run migrations and other jobs",
        "Each job that waits for its call runs once, while the services of the release before still answer. "
        "So a migration only expands; what contracts comes in a later release.",
        "migrations",
    ),
    ReleaseStep(
        "switch",
        "Switch service by service",
        "Each service that changes is made anew in place, by itself, behind those that it needs, and has to be healthy "
        "before the next. Services that do not change are not touched.",
        "data",
    ),
    ReleaseStep(
        "health",
        "Wait until every service is healthy",
        "Those that did not change are asked too.",
        "data",
    ),
    ReleaseStep(
        "smoke",
        "Ask from outside",
        "Each published port with a health check is asked over the host's own network.",
        "data",
    ),
    ReleaseStep(
        "remember",
        "Mark the release",
        "It is noted that this release came through.",
        "data",
    ),
)


def steps(place: Place) -> tuple[ReleaseStep, ...]:
    """Those of a place, in order."""
    return tuple(step for step in STEPS if place in step.places)


def step(id: str) -> ReleaseStep:
    """The step of an id. Raises KeyError."""
    return {each.id: each for each in STEPS}[id]
