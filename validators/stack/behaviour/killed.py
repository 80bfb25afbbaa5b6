"""Every main process is killed at the same moment, as in a power cut, and everything comes back by itself.

Before that, where another process than the main one listens, that one is: a main process that outlives its server keeps a container
up in which nothing works.
"""

from collections.abc import Iterator

from plumbline.report.fact import Check
from plumbline.stack.stack import Stack
from validators.stack.behaviour.running import Running, inject, running_services, start_seconds, wait_until


def try_kills(stack: Stack) -> Iterator[Check]:
    """Within the time that its health check gives a start, each service is healthy again, as another process."""
    dead = _without_listeners(stack)
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
        if key in dead:
            yield each.check("killed", expected, dead[key])
        elif key in back and back[key] <= start_seconds(each.service):
            yield each.check("killed", expected, expected, back[key])
        else:
            yield each.check("killed", expected, _instead(each, now.get(key), back.get(key)))


def _instead(before: Running, now: Running | None, seconds: float | None) -> str:
    if now is None:
        return "gone"
    if now.started == before.started:
        return "not killed"
    return f"{now.state} after {seconds:.0f} s" if seconds else now.state


def _without_listeners(stack: Stack) -> dict[str, str]:
    """What is wrong with services whose main process does not listen itself, once the one that does was killed."""
    before = running_services(stack)
    asked = {
        key: {"pid": each.pid, "ports": sorted(each.service.ports.values())} for key, each in before.items() if each.pid
    }
    stack.watch.phase("killing the processes that listen beside a main one")
    killed = inject(stack, "kill_listeners", asked) or {}

    def over(now: dict[str, Running], passed: float) -> bool:
        waiting = [key for key in killed if not _again(before[key], now.get(key))]
        return all(passed > start_seconds(before[key].service) for key in waiting)

    if not killed:
        return {}
    now = wait_until(stack, over, max(start_seconds(before[key].service) for key in killed))
    # one whose main process started its server again was never restarted
    still = {key: asked[key] for key in killed if key in now and now[key].well and not _again(before[key], now[key])}
    listen = set(inject(stack, "listeners", still) or {}) if still else set()
    return {key: _dead(now.get(key)) for key in killed if key not in listen and not _again(before[key], now.get(key))}


def _again(before: Running, now: Running | None) -> bool:
    return now is not None and now.well and now.started != before.started


def _dead(now: Running | None) -> str:
    return f"{now.state if now else 'gone'}, with nobody who listens: the main process outlived the one that did"
