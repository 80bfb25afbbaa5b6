"""PLB324–PLB326: what an image needs of its container, by its contract: a user, memory, processes."""

from collections.abc import Iterator

from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.contract import Contract
from validators.rules.effective_services import Placed, once, placed_services, raw
from validators.rules.image_behaviour import gives_way, own_script
from validators.rules.registry import Violation, rule

_READ = 'read: {tag: "16.15-alpine"}'
_ROOT_ALONE = f'contracts/postgres.yaml: {{{_READ}, user: "0:0", runs_as_any: false}}\n'
_LEAST = f"contracts/postgres.yaml: {{{_READ}, least: {{memory_mib: 300, pids: 7}}}}\n"
_SHELLS = ("sh", "bash", "ash", "dash")


def _with_contracts(spec: Spec) -> Iterator[tuple[Placed, Contract]]:
    for placed in placed_services(spec):
        if contract := spec.contracts.get(placed.service.image):
            yield placed, contract


@rule(
    "PLB324",
    title="User that the image cannot run as",
    why=(
        "The image's entry point needs the rights of its own user. As another user, it exits before the server "
        "starts, or runs in a way that nobody tested."
    ),
    fix="Leave `user` out, use another entry point of the image, or correct `runs_as_any` in the contract.",
    failing=_ROOT_ALONE + 'services/db.yaml: {user: "70:70"}\n',
    passing=_ROOT_ALONE + 'services/db.yaml: {user: "70:70", entrypoint: [postgres]}\n',
)
def runs_as_its_own(spec: Spec) -> Iterator[Violation]:
    """Services that run an image's own entry point as a user for whom it was not made."""
    return once(found for placed, contract in _with_contracts(spec) for found in _other_user(placed, contract))


def _other_user(placed: Placed, contract: Contract) -> Iterator[Violation]:
    service, first = placed.service, contract.first_process
    if contract.runs_as_any is not False or service.user is None or contract.user is None:
        return
    script, arguments = own_script(service, first.scripts if first else ())
    runs_another = script != "" or (first is not None and gives_way(first, contract.programs, arguments))
    if runs_another or service.user.partition(":")[0] == contract.user.partition(":")[0]:
        return
    yield Violation(
        placed.path("user"),
        f"{placed.id} runs as {service.user}, but image {service.image} runs only as {contract.user}",
        observed=service.user,
        also=((path_of("contracts", service.image, "runs_as_any"), "what the image does"),),
    )


@rule(
    "PLB325",
    title="Limit below what the image needs",
    why="The kernel repeatedly kills the server at its start, or does not let it create a process.",
    fix="Raise the limit, or correct `least` in the contract if its source says less.",
    failing=_LEAST + "services/db.yaml: {limits: {memory_mib: 256, cpus: 1}}\n",
    passing=_LEAST + "services/db.yaml: {limits: {memory_mib: 512, cpus: 1}}\n",
)
def less_than_least(spec: Spec) -> Iterator[Violation]:
    """Limits of services below those that their image's contract has."""
    return once(found for placed, contract in _with_contracts(spec) for found in _too_little(placed, contract))


def _too_little(placed: Placed, contract: Contract) -> Iterator[Violation]:
    least, limits = contract.least, placed.service.limits
    if least is None or limits is None or placed.service.kind == "job":
        return
    for field, unit in (("memory_mib", "MiB of memory"), ("pids", "processes and threads")):
        needs, may = getattr(least, field), getattr(limits, field)
        if needs is None or may >= needs:
            continue
        yield Violation(
            path_of(placed.path("limits"), field),
            f"{placed.id} may take {may} {unit}, but image {placed.service.image} needs {needs}",
            expected=f"at least {needs}",
            observed=str(may),
            also=((path_of("contracts", placed.service.image, "least", field), "what the image needs"),),
        )


@rule(
    "PLB326",
    title="Process limit too low for the health check",
    why=(
        "The engine starts the check inside the container. If the kernel does not let it create a process, a "
        "healthy server is reported as unhealthy."
    ),
    fix="Raise `limits.pids`, or leave it out if the server uses threads.",
    failing="services/db.yaml: {limits: {memory_mib: 512, cpus: 1, pids: 1}}\n",
    passing="services/db.yaml: {limits: {memory_mib: 512, cpus: 1, pids: 64}}\n",
)
def no_room_for_checks(spec: Spec) -> Iterator[Violation]:
    """Services whose first process and health check are more processes than they may have."""
    return once(found for placed in placed_services(spec) for found in _crowded(placed))


def _crowded(placed: Placed) -> Iterator[Violation]:
    limits, health = placed.service.limits, placed.service.health
    if limits is None or health is None:
        return
    # what a shell runs is a process beside it
    through_shell = health.command is not None and raw(health.command[0]).rpartition("/")[2] in _SHELLS
    needs = 3 if through_shell else 2
    if limits.pids < needs:
        yield Violation(
            path_of(placed.path("limits"), "pids"),
            f"{placed.id} may have {limits.pids} processes, but its server and its health check need {needs}",
            expected=f"at least {needs}",
            observed=str(limits.pids),
            also=((placed.path("health"), "the check"),),
        )
