"""What each service says of itself when something that it needs falls silent, and when that is back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from plumbline.report.fact import Check
from plumbline.stack.stack import Stack
from schema.service import Health
from validators.stack.behaviour.running import Running, needs_of, running_services, wait_until

_SLACK_S = 10
"""For a busy machine, and for a service to notice."""
_LATE_S = 120
"""What a busy machine may need more to recover; a service that is well again sooner is not waited for."""


@dataclass
class Round:
    """Services that are paused together, so that each of the others loses one need at most."""

    paused: set[str] = field(default_factory=set)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    """Who is looked at, and the need that it loses."""


def rounds(needs: Mapping[str, Sequence[str]]) -> list[Round]:
    """As few rounds as a simple choice gives, in which every pair of a service and a need is tried once. Pure."""
    found: list[Round] = []
    for source, targets in sorted(needs.items(), key=lambda item: -len(item[1])):
        for target in sorted(targets):
            fitting = next((each for each in found if _fits(each, needs, source, target)), None)
            if fitting is None:
                fitting = Round()
                found.append(fitting)
            fitting.paused.add(target)
            fitting.pairs.append((source, target))
    return found


def _fits(round: Round, needs: Mapping[str, Sequence[str]], source: str, target: str) -> bool:
    paused = round.paused | {target}
    looked_at = {name for name, _ in round.pairs} | {source}
    return not paused & looked_at and all(len(paused & set(needs[name])) == 1 for name in looked_at)


def try_lost_needs(stack: Stack) -> Iterator[Check]:
    """Unhealthy without a need, or healthy where the spec says that it is tolerated; healthy again with it."""
    services = running_services(stack)
    needs: dict[str, list[str]] = {}
    for key, each in services.items():
        for need in needs_of(stack.spec, each, services) if each.service.health else ():
            if still := [one for one in (each, need) if not one.pid]:
                yield each.check(
                    f"without.{need.name}", _expected(each, need), f"not tried: {still[0].name} does not run"
                )
            else:
                needs.setdefault(key, []).append(need.key)
    for number, round in enumerate(planned := rounds(needs), 1):
        stack.watch.phase(f"pausing {', '.join(sorted(round.paused))} (round {number} of {len(planned)})")
        yield from pause_needs(stack, services, round)


def pause_needs(stack: Stack, services: Mapping[str, Running], round: Round) -> Iterator[Check]:
    """One round: pause, look, go on, look again."""
    pairs = [(services[source], services[target]) for source, target in round.pairs]
    paused = [services[key].id for key in sorted(round.paused)]
    fell: dict[str, float] = {}
    stood: dict[str, str] = {}
    healthy: dict[str, float] = {}

    def all_fell(now: dict[str, Running], passed: float) -> bool:
        for source, _ in pairs:
            stood[source.key] = now[source.key].state if source.key in now else "gone"
            if source.key in now and now[source.key].state == "unhealthy":
                fell.setdefault(source.key, passed)
        return all(source.key in fell for source, target in pairs if not _tolerated(source, target))

    def all_healthy(now: dict[str, Running], passed: float) -> bool:
        for key, each in now.items():
            if each.well:
                healthy.setdefault(key, passed)
        return now.keys() <= healthy.keys()

    for container in paused:
        stack.engine.client.api.pause(container)
    try:
        wait_until(stack, all_fell, max(_failing_s(source) for source, _ in pairs))
    finally:
        for container in paused:
            stack.engine.client.api.unpause(container)
    wait_until(stack, all_healthy, max(_recovery_s(each) for each in services.values()))
    for source, target in pairs:
        observed = "unhealthy" if source.key in fell else stood.get(source.key, "gone")
        yield source.check(f"without.{target.name}", _expected(source, target), observed, fell.get(source.key))
        again = "healthy" if source.key in healthy else "unhealthy"
        yield source.check(f"with_again.{target.name}", "healthy", again, healthy.get(source.key))


def _expected(source: Running, target: Running) -> str:
    return "healthy" if _tolerated(source, target) else "unhealthy"


def _tolerated(source: Running, target: Running) -> bool:
    return target.name in source.service.tolerates


def _health(each: Running) -> Health:
    return each.service.health or Health()


def _failing_s(each: Running) -> float:
    """How long the engine takes to call it unhealthy."""
    health = _health(each)
    return (health.retries + 1) * (health.interval_s + health.timeout_s) + _SLACK_S


def _recovery_s(each: Running) -> float:
    """How long the engine takes to see that it is healthy again."""
    health = _health(each)
    return 2 * (health.interval_s + health.timeout_s) + _LATE_S
