"""`make benchmark`: `plumb verify stack --mode offline` against plain Compose with the same project, and the look into 17 services.

The stand-ins are built before, for their making is no part of either.
"""

import sys
import time
from collections.abc import Callable
from statistics import median

from plumbline.stack.engine import Engine, find_engine
from plumbline.stack.run import new_run
from plumbline.stack.stack import Stack
from plumbline.stack.starting import UP_SECONDS, prepare, stack_up
from tests.lab.running import with_engine
from tests.stack.conftest import DATA, SilentWatch, shipped_spec
from tests.stack.tampering import failing
from validators.stack.inspection import inspect_stack, places
from validators.stack.patient_inspection import inspect_patiently
from validators.stack.verify import verify_stack

_ROUNDS = 3
_MOST_OF_PLAIN = 1.3
_LOOK_SECONDS = 5.0
_SERVICES = 17


def main() -> int:
    """Measure, and print figures, ratios and goals; 1 when a goal is missed."""
    engine = find_engine()
    plain_compose(engine)
    plain = median(seconds(lambda: plain_compose(engine)) for _ in range(_ROUNDS))
    verified = median(seconds(lambda: whole_verification(engine)) for _ in range(_ROUNDS))
    look, services = look_seconds(engine)
    ratio = verified / plain
    print(f"plain up --wait, the job, down: {plain:.1f} s")
    print(f"verify stack: {verified:.1f} s, {ratio:.2f} of plain (goal: at most {_MOST_OF_PLAIN})")
    print(f"look with reachability, {services} services: {look:.1f} s (goal: under {_LOOK_SECONDS:g} for {_SERVICES})")
    return int(ratio > _MOST_OF_PLAIN or look > _LOOK_SECONDS or services < _SERVICES)


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


def plain_compose(engine: Engine) -> None:
    """What an operator would type: up and wait, the migrations, down with the volumes."""
    with new_run(engine) as run:
        stack = Stack(shipped_spec(), engine, run, SilentWatch())
        prepare(stack, DATA, "offline", list(stack.spec.tenants.tenants))
        (project,) = stack.projects
        run.claim(project.name)
        profiles = [f"--profile={profile}" for profile in project.profiles]
        for command in (
            [*profiles, "up", "--detach", "--wait", "--pull=never"],
            ["--profile=job", "run", "--rm", "--no-deps", *project.jobs],
            [*profiles, "--profile=job", "down", "--volumes"],
        ):
            done = engine.run(stack.compose(project, *command), UP_SECONDS)
            if done.returncode:
                raise SystemExit(done.stderr)


def whole_verification(engine: Engine) -> None:
    """Up, every fact and who reaches whom, down."""
    opening = stack_up(engine, shipped_spec(), DATA, "offline", SilentWatch())
    report, _ = verify_stack(opening, "offline")
    if report.findings:
        raise SystemExit("the clean stack has findings")


def look_seconds(engine: Engine) -> tuple[float, int]:
    """Median seconds of a whole look at the online mode with one tenant, and how many services it has."""
    spec = shipped_spec()
    with stack_up(engine, spec, DATA, "online", SilentWatch(), tenants=list(spec.tenants.tenants)[:1]) as stack:
        if failing(inspect_patiently(stack)[0].checks):
            raise SystemExit("the clean stack has findings")
        return median(seconds(lambda: inspect_stack(stack)) for _ in range(_ROUNDS)), len(places(stack))


if __name__ == "__main__":
    sys.exit(with_engine(main))
