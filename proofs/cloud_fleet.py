"""`make cloud-fleet`: many tenants provisioned side by side on a fake project with its rate limit, against the limit's floor.

The vendor's limit of 3600 calls at once and one a second after that would make this take hours; it is scaled, and the same
limiter keeps to it.
"""

import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from generators.cloud.desired import desired_state
from plumbline.provisioning.fleet import Fleet, for_each
from plumbline.provisioning.journal import ProvisionJournal
from plumbline.provisioning.run import ProvisionRun
from plumbline.provisioning.throttle import RESERVE, Bucket
from plumbline.spec.spec import Spec
from tests.cloud.cloud import project
from tests.fake_hcloud.limit import Rate
from tests.stack.conftest import shipped_spec

RATE = Rate(500, 60.0)
TENANTS = 200
MOST_OF_FLOOR = 1.3


def main(count: int = TENANTS) -> int:
    """Measure and print; 1 when a goal is missed or a tenant failed."""
    figures = provisioned(count, RATE)
    print(
        f"{count} tenants: {figures['calls'] / count:.1f} calls a tenant, {figures['polls'] / count:.1f} polls of actions"
    )
    print(
        f"{figures['seconds']:.0f} s, floor of the limit {figures['floor']:.0f} s: {figures['ratio']:.2f} of it (goal: {MOST_OF_FLOOR})"
    )
    print(f"refused by the rate limit: {figures['refused']:.0f}; memory with the fake: {figures['mib']:.0f} MiB")
    print(
        f"second run: {figures['again'] / count:.1f} calls a tenant, {figures['changing']:.0f} of all that change anything"
    )
    return int(figures["ratio"] > MOST_OF_FLOOR or figures["changing"] > 0 or figures["failed"] > 0)


def tenants(count: int) -> Spec:
    """The shipped spec with so many tenants."""
    spec = shipped_spec()
    sample = spec.tenants.tenants["acme"]
    many = {f"t{number}": sample.model_copy(update={"octet": number}) for number in range(1, count + 1)}
    return replace(spec, tenants=spec.tenants.model_copy(update={"tenants": many}))


def provisioned(count: int, rate: Rate) -> dict[str, float]:
    """What it takes to provision so many tenants, and to look at them again."""
    spec = tenants(count)
    with project(rate=rate) as cloud, tempfile.TemporaryDirectory() as folder:
        fleet = Fleet(
            cloud.token, cloud.endpoint, 0.05, Bucket(rate.burst / rate.refill), Bucket(rate.burst / rate.refill)
        )

        def apply(tenant: str) -> int:
            state = desired_state(spec, "online", tenant)
            run = ProvisionRun(fleet.client(), state, ProvisionJournal(Path(folder) / tenant), lambda _: None)
            return len(run.apply())

        before, start = len(cloud.calls), time.monotonic()
        failed = [outcome.error for outcome in for_each(spec.tenants.tenants, apply) if outcome.error or outcome.result]
        seconds = time.monotonic() - start
        made = cloud.calls[before:]
        polls = sum(call.path.startswith("/actions") for call in made)
        after = len(cloud.calls)
        failed += [
            outcome.error for outcome in for_each(spec.tenants.tenants, apply) if outcome.error or outcome.result
        ]
        again = cloud.calls[after:]
        floor = max(0.0, (len(made) - polls - rate.burst + RESERVE) / rate.refill)
        return {
            "calls": len(made) - polls,
            "polls": polls,
            "seconds": seconds,
            "floor": floor,
            "ratio": seconds / floor if floor else 0.0,
            "refused": sum(call.status == 429 for call in cloud.calls),
            "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "again": len(again),
            "changing": sum(call.changing for call in again),
            "failed": len(failed),
        }


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else TENANTS))
