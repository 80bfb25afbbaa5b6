"""The plan of an update: from the facts of two releases to what is done, in which order, and how far back the way goes. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from plumbline.spec.finding import Finding
from plumbline.update.differences import DeployedRelease, ServiceChange, changes, needed_by, sort_by_needs
from plumbline.update.formats import unread
from plumbline.update.judging import bears, judge_update
from plumbline.update.steps import BACK, Place, steps
from schema.platform import Migration
from schema.release import ReleaseFacts, ServiceFacts


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step, and what it acts on."""

    id: str
    title: str
    acts_on: tuple[str, ...]
    """Services, jobs, images or secrets, in order; empty where the step acts on the deployment as a whole, or has nothing to do."""
    back: str
    """What goes back where the update ends in it or after it."""


@dataclass(frozen=True, slots=True)
class Interruption:
    """What clients see of a service that is made anew."""

    service: str
    seen: str
    at_most_s: int | None = None
    """Seconds from the end of the container before to the first healthy answer of the new one, or the update stops; None: unknown."""


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """How one release of a deployment becomes another."""

    platform: str
    mode: str
    role: str
    old: str
    """Version that runs."""
    new: str
    stays: tuple[str, ...]
    """Services that nothing touches."""
    changes: tuple[ServiceChange, ...]
    """Behind what they need; what is removed comes last."""
    stops_all: tuple[str, ...]
    """Networks that change, for which all services stop first."""
    steps: tuple[PlannedStep, ...]
    migrations: tuple[str, ...]
    """New ones, in order."""
    data: tuple[str, ...]
    """Stores whose data a new version takes over."""
    before: tuple[str, ...]
    """What somebody has to bring before the update: secrets that are issued elsewhere, variables, folders of the node."""
    settings: tuple[str, ...]
    """Environment variables that come or go, by service."""
    clients: tuple[Interruption, ...]
    second_copies: tuple[str, ...]
    """Services that change behind a second copy, one at a time; the others that change do so in place."""
    copy_mib: int
    """Memory in MiB that such a copy may take beside all services, the largest one's."""
    undone_until: str | None
    """Step before which the release before can still run again; None: always."""
    memory_mib: tuple[int, int]
    """Memory in MiB that the services may take, before and after."""
    findings: tuple[Finding, ...]


def plan(old: DeployedRelease, new: DeployedRelease) -> UpdatePlan:
    """The plan for two releases of one deployment; what forbids it is among its findings."""
    found = changes(old, new)
    changed = {each.service for each in found}
    before, after = old.facts, new.facts
    contracting = [each for _, each in _new_migrations(before, after) if not bears(before, each)]
    data = tuple(_data(before, after))
    stops_all = tuple(_networks(before, after))
    copies = () if stops_all else tuple(_second_copies(after, found))
    return UpdatePlan(
        platform=after.platform,
        mode=after.mode,
        role=after.role,
        old=before.version,
        new=after.version,
        stays=tuple(
            each for each in sort_by_needs(after) if each not in changed and after.services[each].kind == "service"
        ),
        changes=found,
        stops_all=stops_all,
        steps=tuple(_steps(old, new, found)),
        migrations=tuple(
            f"{job} {each.revision}: {each.title}{' (contracts)' if each.contracting else ''}"
            for job, each in _new_migrations(before, after)
        ),
        data=data,
        before=tuple(_before(before, after)),
        settings=tuple(_settings(before, after)),
        clients=tuple(_clients(before, after, tuple(each for each in found if each.service not in copies))),
        second_copies=copies,
        copy_mib=max((after.services[each].memory_mib or 0 for each in copies), default=0),
        undone_until="migrate" if contracting else "switch" if any(_not_read_back(before, after)) else None,
        memory_mib=(before.memory_mib, after.memory_mib),
        findings=tuple(judge_update(old, new, found)),
    )


def _steps(old: DeployedRelease, new: DeployedRelease, found: tuple[ServiceChange, ...]) -> Iterator[PlannedStep]:
    before, after = old.facts, new.facts
    place: Place = "host" if after.sealed else "node"
    changed = [each.service for each in found]
    called = [name for name in sort_by_needs(after) if after.services[name].called]
    images = {after.services[each].reference for each in changed if each in after.services}
    acts_on = {
        "load": tuple(sorted(images)),
        "drain": tuple(name for name in sort_by_needs(before) if name in changed and before.services[name].drained),
        "secrets": tuple(sorted(after.secrets.keys() - before.secrets.keys())),
        "migrate": tuple(called),
        "switch": tuple(name for name in (*_started(after, changed), *_removed(after, changed)) if name not in called),
    }
    for step in steps(place):
        yield PlannedStep(step.id, step.title, acts_on.get(step.id, ()), BACK[step.back])


def _started(facts: ReleaseFacts, changed: list[str]) -> Iterator[str]:
    """What changes, and the jobs that run with what waits for them."""
    for name in sort_by_needs(facts):
        waiters = (each for each in changed if each in facts.services and name in facts.services[each].needs)
        if name in changed or (facts.services[name].kind == "job" and any(waiters)):
            yield name


def _removed(facts: ReleaseFacts, changed: list[str]) -> Iterator[str]:
    return (name for name in changed if name not in facts.services)


def _new_migrations(before: ReleaseFacts, after: ReleaseFacts) -> Iterator[tuple[str, Migration]]:
    for job, migrations in after.migrations.items():
        known = {each.revision for each in before.migrations.get(job, ())}
        yield from ((job, each) for each in migrations if each.revision not in known)


def _data(before: ReleaseFacts, after: ReleaseFacts) -> Iterator[str]:
    for name, service in after.services.items():
        was = before.services.get(name)
        if was and was.data and service.data and was.data.version != service.data.version:
            yield f"{name}: {service.data.format}, {was.data.version} → {service.data.version}"


def _not_read_back(before: ReleaseFacts, after: ReleaseFacts) -> Iterator[str]:
    """Stores whose version of before does not read what the one of after writes."""
    for name, service in after.services.items():
        was = before.services.get(name)
        if was and was.data and service.data and unread(service.data.read_by, service.data.version, was.data.version):
            yield name


def _networks(before: ReleaseFacts, after: ReleaseFacts) -> Iterator[str]:
    return (name for name, each in after.networks.items() if before.networks.get(name, each) != each)


def _before(before: ReleaseFacts, after: ReleaseFacts) -> Iterator[str]:
    for name, issuer in after.secrets.items():
        if issuer and name not in before.secrets:
            yield f"secret {name}, issued by {issuer}"
    yield from (f"variable {name} in .env" for name in after.variables if name not in before.variables)
    known = {folder for service in before.services.values() for folder in service.folders}
    for folder in sorted({folder for service in after.services.values() for folder in service.folders} - known):
        yield f"{folder} on the node"


def _settings(before: ReleaseFacts, after: ReleaseFacts) -> Iterator[str]:
    for name, service in after.services.items():
        if was := before.services.get(name):
            yield from (f"{name}: + {each}" for each in service.settings if each not in was.settings)
            yield from (f"{name}: − {each}" for each in was.settings if each not in service.settings)


def _second_copies(facts: ReleaseFacts, found: tuple[ServiceChange, ...]) -> Iterator[str]:
    for change in found:
        if change.action == "anew" and facts.services[change.service].second_copy is not None:
            yield change.service


def _clients(before: ReleaseFacts, after: ReleaseFacts, found: tuple[ServiceChange, ...]) -> Iterator[Interruption]:
    """Only what ran before has clients."""
    for change in found:
        service = before.services.get(change.service)
        if service is None or service.kind == "job":
            continue
        pause = _pause(service, after.services.get(change.service))
        if service.answers:
            seen = f"clients of {', '.join(service.answers)} are refused until it answers again"
            yield Interruption(change.service, seen, pause)
        behind = [
            name for name, each in before.services.items() if each.answers and change.service in needed_by(before, name)
        ]
        if behind:
            seen = f"requests to {', '.join(behind)} that need it wait or fail until it answers again"
            yield Interruption(change.service, seen, pause)


def _pause(was: ServiceFacts, now: ServiceFacts | None) -> int | None:
    """What its end may take, and then its start."""
    return was.stop_grace_s + now.ready_within_s if now and now.ready_within_s is not None else None
