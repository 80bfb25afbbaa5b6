"""What a service can show of its own work: commands of the spec, run in its container."""

import time
from collections.abc import Iterator

from plumbline.report.fact import Check
from plumbline.stack.stack import Stack
from validators.stack.behaviour.running import execute, running_services


def run_self_tests(stack: Stack) -> Iterator[Check]:
    """The output of each holds what the spec says."""
    for each in running_services(stack).values():
        for name, test in each.service.self_tests.items():
            stack.watch.phase(f"{each.key}: {test.title}")
            start = time.monotonic()
            code, output = execute(stack, each, test.run)
            expected = f"output with {test.prints}"
            observed = expected if test.prints in output else f"exit code {code}: {output[-300:]}"
            yield each.check(f"self_test.{name}", expected, observed, time.monotonic() - start)
