"""Asks a running mode the probes of the parity matrix."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from pathlib import PurePosixPath
from typing import Any

from plumbline.effective.node_folders import folder_at
from plumbline.effective.probe_answers import NO_WAY, NOT_DEPLOYED, NOT_PUBLISHED
from plumbline.spec.finding import EnvironmentMissing
from plumbline.spec.spec import Spec
from plumbline.stack.probing import run_inside
from plumbline.stack.project import HOST_FOLDER
from plumbline.stack.stack import Stack
from schema.probe import (
    AddressProbe,
    CommandProbe,
    FileProbe,
    FlowProbe,
    HttpProbe,
    LinkQuestion,
    LogProbe,
    MetricProbe,
    NodeLogProbe,
    Probe,
    ProbeQuestion,
    SqlProbe,
    TcpProbe,
    VariableProbe,
)
from validators.stack.inspection import places as places_of
from validators.stack.reach import RunningService, published_addresses, ways_to

_SECONDS = 300
_PSQL = 'PGPASSWORD="$(cat "/run/secrets/$0")" exec psql -qAtX -h 127.0.0.1 -U "$1" -d "$2" -c "$3"'

Key = tuple[str, int]
"""A feature, and the number of its probe."""


def all_probes(spec: Spec) -> Iterator[tuple[Key, Probe]]:
    """Every probe of the matrix."""
    for name, feature in spec.parity.features.items():
        for number, probe in enumerate(feature.probes):
            yield (name, number), probe


@dataclass(frozen=True)
class AskedMode:
    """A running mode, as the questions of one probe need it."""

    stack: Stack
    places: Mapping[str, RunningService]
    """By service."""
    tenant: str | None
    caller: str | None
    """The service from whose network the probe asks; None: the node itself."""


def ask_probes(stack: Stack, tenant: str | None) -> dict[Key, str]:
    """What a running mode answers to every probe. Raises EnvironmentMissing where the probe can't be run."""
    places = {place.service: place for place in places_of(stack)}
    _prepare(stack, places)
    found: dict[Key, str] = {}
    inside: dict[str, tuple[Key, dict[str, Any]]] = {}
    for key, probe in all_probes(stack.spec):
        question = probe.question
        if question is None or question.service not in places:
            found[key] = NOT_DEPLOYED
            continue
        asked = ask(question, AskedMode(stack, places, tenant, probe.caller))
        if isinstance(asked, str):
            found[key] = asked
        else:
            inside[f"{key[0]} {key[1]}"] = key, asked
    project = f"plumb-probe-{stack.run.id}"
    volumes = sorted({each for _, asked in inside.values() for each in asked.pop("volumes", ())})
    questions = {id: asked for id, (_, asked) in inside.items()}
    given = run_inside(stack.engine, project, "ask.py", questions, _SECONDS, *volumes)
    return found | {key: str(given[id]) for id, (key, _) in inside.items()}


def _prepare(stack: Stack, places: Mapping[str, RunningService]) -> None:
    for number, each in enumerate(stack.spec.parity.prepare):
        if each.service in places and (not each.modes or places[each.service].project.deployment.mode in each.modes):
            code, output = stack.engine.execute(places[each.service].container, each.run)
            if code:
                raise EnvironmentMissing(
                    f"a mode could not be prepared: the command in {each.service} ended with {code}: {output[-400:]}",
                    f"check parity.prepare.{number}",
                )


@singledispatch
def ask(question: ProbeQuestion, mode: AskedMode) -> dict[str, Any] | str:
    """The answer to a question, or the question as `probe/ask.py` is to ask it. A new kind is a function of its own."""
    raise EnvironmentMissing(f"no code can ask a {type(question).__name__}", "run `plumb check`")


@ask.register
def _(question: AddressProbe, mode: AskedMode) -> str:
    """Where the engine says that a port is published, as the spec would say it: a run binds another address where it has to.

    What is published for other nodes, on the node's private address, is no publication of the service.
    """
    place, port = mode.places[question.service], question.port
    number, node = place.ports[port], place.project.node
    containers = mode.stack.engine.containers(place.project.name)
    container = next(each for each in containers if each["Id"] == place.container)
    bindings = (container["NetworkSettings"].get("Ports") or {}).get(f"{number}/tcp") or []
    seen = {f"{each['HostIp']}:{each['HostPort']}" for each in bindings}
    publication = place.project.deployment.services[place.service].publish.get(port)
    if publication and published_addresses(place).get(number) in seen:
        return f"{publication.address}:{publication.port}"
    foreign = sorted(each for each in seen if each != f"{node.address}:{number}")
    return foreign[0] if foreign else NOT_PUBLISHED


@ask.register
def _(question: SqlProbe, mode: AskedMode) -> str:
    words = [question.password, question.user, question.database, question.statement]
    return _executed(mode, question.service, ["sh", "-c", _PSQL, *words])


@ask.register
def _(question: CommandProbe, mode: AskedMode) -> str:
    return _executed(mode, question.service, question.run)


@ask.register
def _(question: FileProbe, mode: AskedMode) -> dict[str, Any]:
    return {"pid": mode.places[question.service].pid, "file": question.path}


@ask.register
def _(question: VariableProbe, mode: AskedMode) -> dict[str, Any]:
    return {"pid": mode.places[question.service].pid, "variable": question.name}


@ask.register
def _(question: MetricProbe, mode: AskedMode) -> dict[str, Any]:
    place = mode.places[question.service]
    server = f"http://127.0.0.1:{place.ports[question.port]}"
    return {"pid": place.pid, "metric": server, "query": question.query}


@ask.register
def _(question: TcpProbe, mode: AskedMode) -> dict[str, Any] | str:
    way = _way(question, mode)
    return way if isinstance(way, str) else {**way[0], "tcp": way[1]}


@ask.register
def _(question: HttpProbe, mode: AskedMode) -> dict[str, Any] | str:
    way = _way(question, mode)
    if isinstance(way, str):
        return way
    domain = mode.stack.spec.platform.domain.replace("{tenant}", mode.tenant or "")
    host = {"host": domain} if question.tenant_host else {}
    return {**way[0], **host, "url": f"{'https' if question.tls else 'http'}://{way[1]}{question.path}"}


@ask.register
def _(question: LogProbe, mode: AskedMode) -> dict[str, Any] | str:
    way = _way(question, mode)
    if isinstance(way, str):
        return way
    asked = {"collector": f"http://{way[1]}", "request": question.request, "seconds": question.seconds}
    return {**way[0], **asked, **_writers(mode, places_of(mode.stack))}


@ask.register
def _(question: NodeLogProbe, mode: AskedMode) -> dict[str, Any]:
    node = mode.places[question.service].project
    here = [each for each in places_of(mode.stack) if each.project is node]
    return {**_writers(mode, here), "seconds": question.seconds}


def _writers(mode: AskedMode, places: Sequence[RunningService]) -> dict[str, Any]:
    """Who writes a line, where the engine keeps it, which folders play the engine's own on its node, and what the probe mounts."""
    logs = {
        each["Id"]: each["LogPath"]
        for project in mode.stack.projects
        for each in mode.stack.engine.containers(project.name)
    }
    writers = [
        {"service": each.service, "pid": each.pid, "log": logs[each.container], "to": _log_folders(each)}
        for each in places
    ]
    read = {str(PurePosixPath(each["log"]).parents[1]) for each in writers}
    volumes = [f'type=bind,"source={each}","target={each}",readonly' for each in sorted(read)]
    volumes += [
        f'type=bind,"source={each}","target={each}"' for each in sorted({to for each in writers for to in each["to"]})
    ]
    return {"writers": writers, "volumes": volumes}


def _log_folders(place: RunningService) -> list[str]:
    sources = {mount.source for service in place.project.deployment.services.values() for mount in service.mounts}
    known = {source: folder_at(source) for source in sources}
    return [
        f"{place.project.folder}/{HOST_FOLDER}{source}" for source, folder in known.items() if folder and folder.file
    ]


def _executed(mode: AskedMode, service: str, command: Sequence[str]) -> str:
    """The output of a command in the service's own container."""
    code, output = mode.stack.engine.execute(mode.places[service].container, command)
    return f"exit code {code}" if code else output


@ask.register
def _(question: FlowProbe, mode: AskedMode) -> dict[str, Any] | str:
    way = _way(question, mode)
    if isinstance(way, str):
        return way
    flow = mode.stack.spec.parity.flows[question.flow]
    steps = [step.model_dump(exclude_none=True) for step in (*flow.steps, *question.then)]
    place = mode.places[question.service].pid
    asked = {"steps": steps, "texts": dict(question.texts), "answer": question.answer, "secrets": list(flow.secrets)}
    return {**way[0], "flow": f"http://{way[1]}", "secrets_of": place, **asked}


def _way(link: LinkQuestion, mode: AskedMode) -> tuple[dict[str, int], str] | str:
    """The process from whose network a link is tried, and the address; or the answer where there is none to try."""
    if mode.caller is not None and mode.caller not in mode.places:
        return NOT_DEPLOYED
    caller = mode.places[mode.caller] if mode.caller else None
    address = _address(mode.stack.spec, caller, mode.places[link.service], link.port)
    if address is None:
        return NO_WAY if caller else NOT_PUBLISHED
    return {"pid": caller.pid} if caller else {}, address


def _address(spec: Spec, caller: RunningService | None, target: RunningService, port: str) -> str | None:
    """Where a service is asked: from another by its own address or its node's, from outside where it is published."""
    number = target.ports[port]
    if caller is None:
        return published_addresses(target).get(number)
    found = ways_to(spec, caller, target)
    best = sorted(found, key=lambda address: not found[address])
    return f"{best[0]}:{number}" if best else None
