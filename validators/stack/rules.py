"""PLB90x to PLB94x: what can be wrong with a running stack, or keeps it from being looked at."""

from validators.documented import RealityRule

_RULES = (
    RealityRule(
        "PLB908",
        "stand-in has a recipe that holds no Dockerfile",
        "Where its image is not to be had, the mode can't be stood up at all.",
        "Write the Dockerfile into the folder that `recipe` names, or name `contract` there.",
    ),
    RealityRule(
        "PLB909",
        "no compose project of this name runs here, or it is none of the mode",
        "A comparison with nothing would find no difference.",
        "`docker compose ls` shows what runs; name a project that was started from the mode's generated files.",
    ),
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
        "PLB941",
        "service starts before what it needs is ready",
        "It fails at its start, or loops until the other is there; after a power cut everything starts at once.",
        "Inspection at `depends_on` in the compose file; a need of a service that is not there at all is not waited for.",
    ),
    RealityRule(
        "PLB942",
        "service does not come back by itself",
        "Nobody is there at 3 a.m. to start it.",
        "Inspection at its last lines (`docker compose logs`); give its health check the time that a start takes.",
    ),
    RealityRule(
        "PLB943",
        "service does not say that a need is lost, or does not recover",
        "One that says it is healthy gets work that it can't do; one that stays unhealthy is down for good.",
        "Have the health check ask what it needs; if it can do without, name the need in `tolerates`.",
    ),
    RealityRule(
        "PLB944",
        "state is lost, or can't be written",
        "What is lost at a restart was never kept.",
        "Give the path a volume; see that the service writes to it (`state_test` in the service's file).",
    ),
    RealityRule(
        "PLB945",
        "self-test fails",
        "A service that runs and does not do its work is down, whatever its health check says.",
        "Run the command in its container by `docker exec`, and mend what it says.",
    ),
    RealityRule(
        "PLB946",
        "memory limit does not hold, or kills the wrong process",
        "One service that grows takes the node down with all others.",
        "Inspection at the engine's control groups (`docker info` warns where it has no memory limit).",
    ),
    RealityRule(
        "PLB947",
        "log grows beyond its limit",
        "A full disk stops every service of the node.",
        "See that the engine keeps the options of the compose file (driver json-file, max-size, max-file).",
    ),
    RealityRule(
        "PLB948",
        "secret's value turned up outside its file",
        "Whoever reads a log, a description or a process list has it then.",
        "Read it from the file in /run/secrets; keep it out of arguments, environment and log lines; replace it.",
    ),
    RealityRule(
        "PLB949",
        "stack is not what it was before the faults",
        "What a fault leaves behind is found at the next one.",
        "Inspection at the findings with the same subjects; they name what differs now.",
    ),
    RealityRule(
        "PLB951",
        "service reaches what it must not, or does not reach what it needs",
        "Segments are the walls of the platform; a wall with a hole is worse than none, for everybody relies on it.",
        "Inspection at the networks of both containers (`docker inspect`); a wanted link belongs in `needs` and a common segment.",
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
    RealityRule(
        "PLB954",
        "engine has another setting than the generated file gives",
        "Whatever the generated file leaves out is the engine's default; a setting beyond it was made by hand, and nobody reviewed it.",
        "Recreate the container from the generated project. What is compared, and what may differ, is in "
        "validators/stack/whole/may_differ.py.",
    ),
    RealityRule(
        "PLB955",
        "process in a container is not the service's, or may more than it",
        "What runs beside the service has its files, its secrets and its network; with more rights it has the node.",
        "See who started it (`docker exec`, `nsenter`, a container with `--pid` or `--network container:`), end it, and recreate "
        "the container from the generated project.",
    ),
    RealityRule(
        "PLB956",
        "names or addresses in a container are not those that the engine gave it",
        "Programs read /etc/hosts before they ask; who changes a name or a route there gets what was meant for another.",
        "Recreate the container from the generated project; the engine then writes its files, interfaces and routes anew.",
    ),
    RealityRule(
        "PLB957",
        "configuration file or secret is another than the generated or given one: content, owner or mode",
        "The service runs with it, or will at its next start; a secret that others may read or write is none.",
        "Put the generated file back (`plumb build`, `install.sh`), give secrets/ the mode 0700 and its files 0444, and start "
        "the service anew.",
    ),
    RealityRule(
        "PLB958",
        "service runs with another setting than the spec says",
        "It was changed while it ran (`CONFIG SET`, `ALTER SYSTEM`, a role added): no file shows it, and a restart may keep it.",
        "Undo it in the service, or restart it from its generated configuration; a wanted setting belongs in its file and in "
        "the `answers` of `running`.",
    ),
)

STACK_RULES = {rule.id: rule for rule in _RULES}
"""Rules of `plumb verify stack` by id."""
