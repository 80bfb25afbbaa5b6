"""PLB965 to PLB969, PLB990, PLB993: what `plumb update plan` finds in two releases."""

from plumbline.spec.finding import Severity
from validators.documented import RealityRule

_RULES = (
    RealityRule(
        "PLB965",
        "Unreadable facts of a release",
        "Without the facts of both releases, the changes of an update are unknown.",
        "Name a `release.json`, or a folder that holds one: an installation, or `deploy/MODE` of a checkout.",
    ),
    RealityRule(
        "PLB966",
        "Releases that cannot follow each other",
        (
            "An update goes to a newer release of the same platform, mode and role. Anything else would turn the "
            "host into another one."
        ),
        "Name two releases of the same deployment, the older one first.",
    ),
    RealityRule(
        "PLB967",
        "New image that cannot read the running image's data",
        "The new container rejects or damages the volume, and a rollback is no longer possible.",
        "Update through a version that reads the data, or move the data as the message says.",
    ),
    RealityRule(
        "PLB968",
        "Update that skips a release required by a migration",
        "The migration runs while the old release still uses what it removes.",
        "Update to the release that the message names first.",
    ),
    RealityRule(
        "PLB969",
        "Changed service without a health check",
        "If the service fails to start, nobody notices, and the update changes the next services anyway.",
        "Add `health` to the service.",
        severity=Severity.WARNING,
    ),
    RealityRule(
        "PLB990",
        "Image whose content cannot be compared",
        (
            "A tag without a digest does not identify the content, so the plan may miss a service that has to be "
            "recreated."
        ),
        "Take OLD and NEW from installed hosts: their manifests contain the image IDs.",
        severity=Severity.WARNING,
    ),
    RealityRule(
        "PLB993",
        "Update that stops every service at once",
        "Compose cannot change a network that is in use. All requests are refused until everything runs again.",
        "Keep the network's definition, or announce the interruption.",
        severity=Severity.WARNING,
    ),
)

UPDATE_RULES = {rule.id: rule for rule in _RULES}
"""Rules of plans by id."""
