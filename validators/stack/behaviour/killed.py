"""Every main process is killed at the same moment, as in a power cut, and everything comes back by itself."""

from collections.abc import Iterator

from plumbline.report.fact import Check
from plumbline.stack.stack import Stack
from validators.stack.behaviour.running import Running, inject, running_services, start_seconds, wait_until


def try_kills(stack: Stack) -> Iterator[Check]:
    """Within the time that its health check gives a start, each service is healthy again, as another process."""
    before = running_services(stack)
    stack.watch.phase(f"killing the main process of {len(before)} services")
    inject(stack, "kill", [each.pid for each in before.values() if each.pid])
    back: dict[str, float] = {}

    def over(now: dict[str, Running], passed: float) -> bool:
        for key, each in now.items():
            if key in before and each.well and each.started != before[key].started:
                back.setdefault(key, passed)
        return all(key in back or passed > start_seconds(each.service) for key, each in before.items())

    now = wait_until(stack, over, max(start_seconds(each.service) for each in before.values()))
    for key, each in before.items():
        expected = f"{each.well_state} within {start_seconds(each.service):g} s"
        if key in back and back[key] <= start_seconds(each.service):
            yield each.check("killed", expected, expected, back[key])
        else:
            yield each.check("killed", expected, _instead(each, now.get(key), back.get(key)))


def _instead(before: Running, now: Running | None, seconds: float | None) -> str:
    if now is None:
        return "gone"
    if now.started == before.started:
        return "not killed"
    return f"{now.state} after {seconds:.0f} s" if seconds else now.state
