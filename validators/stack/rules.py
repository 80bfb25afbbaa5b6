"""PLB91x: what can be wrong with a running stack."""

from validators.documented import RealityRule

_RULES = (
    RealityRule(
        "PLB910",
        "service is not deployed, or not as it should be: running and healthy, or done",
        "A container that loops, waits for ever or is missing serves nobody, whatever its configuration says.",
        "Read the container's last lines (shown with the finding); what its image, needs or folders lack is mended there.",
    ),
    RealityRule(
        "PLB911",
        "another image runs",
        "The digest in images.yaml is what was checked and licensed; anything else is unknown software.",
        "Recreate the container from the generated project; if the new image is wanted, pin it in images.yaml.",
    ),
    RealityRule(
        "PLB912",
        "another process runs: command, entry point, user, host name or time to stop",
        "The command and user decide what the service does and what it may do.",
        "Recreate the container from the generated project; if the change is wanted, make it in the service's file.",
    ),
    RealityRule(
        "PLB913",
        "environment differs",
        "A variable that the spec does not have is configuration that nobody reviewed, and may be a secret.",
        "Recreate the container from the generated project; a wanted variable belongs in the service's `environment`.",
    ),
    RealityRule(
        "PLB914",
        "mounts differ",
        "A missing volume loses data at the next restart; one too many opens the node to the container.",
        "Recreate the container from the generated project; wanted folders belong in `volumes`, `models`, `config` or `mounts`.",
    ),
    RealityRule(
        "PLB915",
        "limits differ",
        "Without its limit one service can starve all others on the node.",
        "Recreate the container from the generated project, or change the service's `limits`.",
    ),
    RealityRule(
        "PLB916",
        "hardening differs: capabilities, privileges, read-only root, security options",
        "Each of these keeps a broken service from becoming a broken node.",
        "Recreate the container from the generated project; a wanted capability belongs in `capabilities`.",
    ),
    RealityRule(
        "PLB917",
        "networks differ",
        "Who shares a network reaches every port of the others: segments are the walls of the platform.",
        "Disconnect what is not in the spec; a wanted network belongs in the service's `segments`.",
    ),
    RealityRule(
        "PLB918",
        "published ports differ",
        "A published port is open to whoever reaches the node.",
        "Recreate the container from the generated project; a wanted port belongs in the service's `publish`.",
    ),
    RealityRule(
        "PLB919",
        "health check, restarts, logging or labels differ",
        "They decide whether a failure is seen, mended and written down.",
        "Recreate the container from the generated project, or change `health` in the service's file.",
    ),
    RealityRule(
        "PLB920",
        "the project holds something else: a container, network or volume too many, or one that is not as the spec says",
        "What is not in the spec is not updated, backed up or watched.",
        "Remove it, or add it to the spec.",
    ),
    RealityRule(
        "PLB951",
        "service reaches what it must not, or does not reach what it needs",
        "Segments are the walls of the platform; a wall with a hole is worse than none, for everybody relies on it.",
        "Look at the networks of both containers (`docker inspect`); a wanted link belongs in `needs` and a common segment.",
    ),
    RealityRule(
        "PLB952",
        "service gets out where nothing may get out",
        "A way out is a way for documents to leave; a resolver that asks outside is one too.",
        "Make its networks internal; a network that is not must not be masqueraded in a mode without egress.",
    ),
    RealityRule(
        "PLB953",
        "ignored difference does not exist",
        "An entry that ignores nothing hides the next difference of that kind, which nobody has looked at.",
        "Delete the entry from waivers.yaml, or correct its subject and fact.",
    ),
)

STACK_RULES = {rule.id: rule for rule in _RULES}
"""Rules of `plumb verify stack` by id."""
