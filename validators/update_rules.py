"""PLB965 to PLB969, PLB990, PLB993: what `plumb update plan` finds in two releases."""

from plumbline.spec.finding import Severity
from validators.documented import RealityRule

_RULES = (
    RealityRule(
        "PLB965",
        "Unreadable facts of a release",
        "Without the facts of both releases nobody can say what an update touches.",
        "Name a `release.json`, or a folder that holds one: an installation, or `deploy/MODE` of a checkout.",
    ),
    RealityRule(
        "PLB966",
        "Releases that cannot follow each other",
        "An update goes forward, within one platform, mode and role. Anything else would put a host into another's place.",
        "Name two releases of the same deployment, the older one first.",
    ),
    RealityRule(
        "PLB967",
        "New image that cannot read the data of the running one",
        "The new container refuses the volume or damages it, and the way back ends there.",
        "Update through a version that reads the data, or move the data as the message says.",
    ),
    RealityRule(
        "PLB968",
        "Update that skips the release before a contraction",
        "The migration runs while the services of the old release still use what it takes away.",
        "Update to the release that the message names first.",
    ),
    RealityRule(
        "PLB969",
        "Changed service that nothing can wait for",
        "A service that does not come up is not seen, and those behind it are changed all the same.",
        "Add `health` to the service.",
        severity=Severity.WARNING,
    ),
    RealityRule(
        "PLB990",
        "Image that may be another one under the same name",
        "A tag without a digest says nothing of the content, so the plan may miss a service that is made anew.",
        "Take OLD and NEW from installed hosts, whose manifests have the images' IDs.",
        severity=Severity.WARNING,
    ),
    RealityRule(
        "PLB993",
        "Update that stops every service at once",
        "Compose cannot change a network that is in use. All clients are refused until everything runs again.",
        "Keep the network's definition, or announce the interruption.",
        severity=Severity.WARNING,
    ),
)

UPDATE_RULES = {rule.id: rule for rule in _RULES}
"""Rules of plans by id."""
