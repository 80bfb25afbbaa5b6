"""PLB90x to PLB94x: what can be wrong with a running stack, or keeps it from being looked at."""

from validators.documented import RealityRule

_RULES = (
    RealityRule(
        "PLB908",
        "Stand-in without a Dockerfile",
        "Where the image is not available, the mode cannot start at all.",
        "Write the Dockerfile into the folder that `recipe` names, or name `contract` there.",
    ),
    RealityRule(
        "PLB909",
        "Compose project that is missing or belongs to another mode",
        "Comparing with an empty project would find no difference.",
        "Name a project that was started from the mode's generated files. `docker compose ls` lists what runs.",
    ),
    RealityRule(
        "PLB910",
        "Service missing, unhealthy or not done",
        (
            "A container that restarts in a loop, waits forever or is missing serves nobody, whatever its "
            "configuration says."
        ),
        "Read the container's last lines (shown with the finding), and fix its image, needs or folders.",
    ),
    RealityRule(
        "PLB911",
        "Unexpected image",
        "The digest in images.yaml was reviewed and licensed. Anything else is unknown software.",
        "Recreate the container from the generated project. If the new image is intended, pin it in images.yaml.",
    ),
    RealityRule(
        "PLB912",
        "Different command, entry point, user, host name or stop timeout",
        "The command and the user decide what the service does and what it may do.",
        "Recreate the container from the generated project. If the change is intended, make it in the service's file.",
    ),
    RealityRule(
        "PLB913",
        "Different environment",
        "A variable that the spec does not have is unreviewed configuration, and may be a secret.",
        "Recreate the container from the generated project. Add an intended variable to the service's `environment`.",
    ),
    RealityRule(
        "PLB914",
        "Different mounts",
        "A missing volume loses data at the next restart. An extra mount opens the node to the container.",
        "Recreate the container from the generated project. Add an intended folder to `volumes`, `models`, `config` or "
        "`mounts`.",
    ),
    RealityRule(
        "PLB915",
        "Different limits",
        "Without its limit, one service can starve all others on the node.",
        "Recreate the container from the generated project, or change the service's `limits`.",
    ),
    RealityRule(
        "PLB916",
        "Different capabilities, privileges, read-only root or security options",
        "Each of these keeps a compromised service from compromising the node.",
        "Recreate the container from the generated project. Add an intended capability to `capabilities`.",
    ),
    RealityRule(
        "PLB917",
        "Different networks",
        "Services that share a network reach each other's ports. Segments keep services apart.",
        "Disconnect networks that are not in the spec. Add an intended network to the service's `segments`.",
    ),
    RealityRule(
        "PLB918",
        "Different published ports",
        "A published port is open to anyone who can reach the node.",
        "Recreate the container from the generated project. Add an intended port to the service's `publish`.",
    ),
    RealityRule(
        "PLB919",
        "Different health check, restart policy, logging or labels",
        "These settings decide whether a failure is noticed, repaired and logged.",
        "Recreate the container from the generated project, or change `health` in the service's file.",
    ),
    RealityRule(
        "PLB920",
        "Unexpected or different container, network or volume in the project",
        "What is not in the spec is not updated, backed up or monitored.",
        "Remove it, or add it to the spec.",
    ),
    RealityRule(
        "PLB941",
        "Service that starts before its needs are ready",
        (
            "It fails at start, or restarts until the other service is ready. After a power cut, everything starts "
            "at the same time."
        ),
        "Check `depends_on` in the compose file. A service does not wait for a need that the mode does not run.",
    ),
    RealityRule(
        "PLB942",
        "Service that does not recover by itself",
        "Nobody is there at 3 a.m. to start it.",
        "Check its last log lines (`docker compose logs`), and give its health check enough time for a start.",
    ),
    RealityRule(
        "PLB943",
        "Service that hides a lost need or does not recover",
        "If it reports healthy, it gets work that it cannot do. If it stays unhealthy, it is down for good.",
        "Make the health check ask what the service needs. If it works without the need, list it in `tolerates`.",
    ),
    RealityRule(
        "PLB944",
        "State that is lost or not writable",
        "Data that a restart loses was never stored.",
        "Give the path a volume, and check that the service writes to it (`state_test` in the service's file).",
    ),
    RealityRule(
        "PLB945",
        "Failed self-test",
        "A service that runs without doing its work is down, whatever its health check says.",
        "Run the command in its container with `docker exec`, and fix what it reports.",
    ),
    RealityRule(
        "PLB946",
        "Memory limit that does not hold or kills the wrong process",
        "One growing service takes down the node with all others.",
        "Check the engine's control groups (`docker info` warns if there is no memory limit).",
    ),
    RealityRule(
        "PLB947",
        "Log that grows beyond its limit",
        "A full disk stops every service of the node.",
        "Check that the engine applies the options of the compose file (driver json-file, max-size, max-file).",
    ),
    RealityRule(
        "PLB948",
        "Secret value found outside its file",
        "Anyone who reads a log, a container description or a process list has it.",
        (
            "Read it from the file in /run/secrets, and keep it out of arguments, environment and log lines. Rotate "
            "the secret."
        ),
    ),
    RealityRule(
        "PLB949",
        "Stack that differs after the faults",
        "What one fault leaves behind makes the next one worse.",
        "Read the findings with the same subjects: they name the differences.",
    ),
    RealityRule(
        "PLB951",
        "Service that reaches too much or too little",
        "Segments keep services apart. A segment with a hole is worse than none, because everybody relies on it.",
        (
            "Check the networks of both containers (`docker inspect`). Add an intended link to `needs`, and a "
            "common segment."
        ),
    ),
    RealityRule(
        "PLB952",
        "Egress in a mode without egress",
        "Documents can leave through it. A resolver that forwards queries to the internet also lets data out.",
        (
            "Make its networks internal. In a mode without egress, turn off masquerading for a network that is not "
            "internal."
        ),
    ),
    RealityRule(
        "PLB953",
        "Ignored difference that does not exist",
        "It would hide the next difference of that kind, which nobody has reviewed.",
        "Delete the entry from waivers.yaml, or correct its subject and fact.",
    ),
    RealityRule(
        "PLB954",
        "Engine setting that the generated file does not give",
        "A setting that the generated file leaves out has the engine's default. Any other value was set by "
        "hand, and nobody reviewed it.",
        "Recreate the container from the generated project. validators/stack/whole/may_differ.py lists what is "
        "compared "
        "and what may differ.",
    ),
    RealityRule(
        "PLB955",
        "Unexpected, stopped or overprivileged process in a container",
        "Another process in the container can use the service's files, secrets and network. With more rights, it can take "
        "over the node. The engine's own mounts and devices are part of these rights.",
        "Find out who started it (`docker exec`, `nsenter`, a container with `--pid` or `--network container:`), end it, "
        "and recreate the container from the generated project.",
    ),
    RealityRule(
        "PLB956",
        "Changed names, addresses or packet filters in a container",
        "Programs read /etc/hosts before they ask DNS. A changed name or route sends traffic to somebody else. A filter blocks or redirects it.",
        "Recreate the container from the generated project. The engine then writes its files, interfaces and routes again.",
    ),
    RealityRule(
        "PLB957",
        "Configuration, secret or program with other content, owner or mode",
        "The service uses it now or at its next start. A secret that others can read or write is not secret.",
        "Restore the generated file (`plumb build`, `install.sh`), give secrets/ the mode 0700 and its files 0444, and "
        "restart the service. Recreate a container whose root differs from its image.",
    ),
    RealityRule(
        "PLB958",
        "Service running with other settings than the spec",
        "The setting was changed at run time (`CONFIG SET`, `ALTER SYSTEM`, an added role). No file shows it, and "
        "it may "
        "survive a restart.",
        "Undo it in the service, or restart the service from its generated configuration. Add an intended setting "
        "to its "
        "file and to the `answers` of `running`.",
    ),
)

STACK_RULES = {rule.id: rule for rule in _RULES}
"""Rules of `plumb verify stack` by id."""
