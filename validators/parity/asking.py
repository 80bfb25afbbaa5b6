"""Asks a running mode the probes of the parity matrix."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from plumbline.effective.decided import NO_WAY, NOT_DEPLOYED, NOT_PUBLISHED
from plumbline.spec.finding import EnvironmentMissing
from plumbline.spec.spec import Spec
from plumbline.stack.probing import run_inside
from plumbline.stack.stack import Stack
from schema.probe import (
    AddressProbe,
    CommandProbe,
    FileProbe,
    HttpProbe,
    MetricProbe,
    Probe,
    SqlProbe,
    TcpProbe,
    VariableProbe,
)
from validators.stack.inspection import places as places_of
from validators.stack.reach import RunningService, published, ways

_SECONDS = 120
_PSQL = 'PGPASSWORD="$(cat "/run/secrets/$0")" exec psql -qAtX -h 127.0.0.1 -U "$1" -d "$2" -c "$3"'

Key = tuple[str, int]
"""A feature, and the number of its probe."""


def probes(spec: Spec) -> Iterator[tuple[Key, Probe]]:
    """Every probe of the matrix."""
    for name, feature in spec.parity.features.items():
        for number, probe in enumerate(feature.probes):
            yield (name, number), probe


def answers(stack: Stack, tenant: str | None) -> dict[Key, str]:
    """What a running mode answers to every probe. Raises EnvironmentMissing where the probe can't be run."""
    places = places_of(stack)
    by_service = {place.service: place for place in places}
    found: dict[Key, str] = {}
    inside: dict[str, tuple[Key, dict[str, Any]]] = {}
    for key, probe in probes(stack.spec):
        question = probe.question
        if question is None or question.service not in by_service:
            found[key] = NOT_DEPLOYED
        elif isinstance(question, AddressProbe):
            found[key] = _published(stack, by_service[question.service], question.port)
        elif isinstance(question, (CommandProbe, SqlProbe)):
            found[key] = _executed(stack, by_service[question.service], question)
        else:
            asked = _asked(stack.spec, by_service, probe, tenant)
            if isinstance(asked, str):
                found[key] = asked
            else:
                inside[f"{key[0]} {key[1]}"] = key, asked
    project = f"plumb-probe-{stack.run.id}"
    given = run_inside(stack.engine, project, "ask.py", {id: asked for id, (_, asked) in inside.items()}, _SECONDS)
    return found | {key: str(given[id]) for id, (key, _) in inside.items()}


def _published(stack: Stack, place: RunningService, port: str) -> str:
    """Where the engine says that a port is published, as the spec would say it: a run binds another address where it has to.

    What is published for other nodes, on the node's private address, is no publication of the service.
    """
    number, node = place.ports[port], place.project.node
    container = next(each for each in stack.engine.containers(place.project.name) if each["Id"] == place.container)
    bindings = (container["NetworkSettings"].get("Ports") or {}).get(f"{number}/tcp") or []
    seen = {f"{each['HostIp']}:{each['HostPort']}" for each in bindings}
    publication = place.project.deployment.services[place.service].publish.get(port)
    if publication and published(place).get(number) in seen:
        return f"{publication.address}:{publication.port}"
    foreign = sorted(each for each in seen if each != f"{node.address}:{number}")
    return foreign[0] if foreign else NOT_PUBLISHED


def _executed(stack: Stack, place: RunningService, question: CommandProbe | SqlProbe) -> str:
    """The output of a command in the service's own container."""
    if isinstance(question, SqlProbe):
        words = [question.password, question.user, question.database, question.statement]
        command: Sequence[str] = ["sh", "-c", _PSQL, *words]
    else:
        command = question.run
    code, output = stack.engine.execute(place.container, command)
    return f"exit code {code}" if code else output


def _asked(spec: Spec, places: Mapping[str, RunningService], probe: Probe, tenant: str | None) -> dict[str, Any] | str:
    """A question for the probe container, or the answer where it can't even be asked."""
    match probe.question:
        case FileProbe() as file:
            return {"pid": places[file.service].pid, "file": file.path}
        case VariableProbe() as variable:
            return {"pid": places[variable.service].pid, "variable": variable.name}
        case MetricProbe() as metric:
            place = places[metric.service]
            server = f"http://127.0.0.1:{place.ports[metric.port]}"
            return {"pid": place.pid, "metric": server, "query": metric.query}
        case HttpProbe() | TcpProbe() as link:
            if probe.caller is not None and probe.caller not in places:
                return NOT_DEPLOYED
            caller = places[probe.caller] if probe.caller else None
            address = _address(spec, caller, places[link.service], link.port)
            if address is None:
                return NO_WAY if caller else NOT_PUBLISHED
            pid = {"pid": caller.pid} if caller else {}
            if isinstance(link, TcpProbe):
                return {**pid, "tcp": address}
            host = {"host": spec.platform.domain.replace("{tenant}", tenant or "")} if link.tenant_host else {}
            return {**pid, **host, "url": f"{'https' if link.tls else 'http'}://{address}{link.path}"}
    raise EnvironmentMissing("a probe has no question", "run `plumb check`")


def _address(spec: Spec, caller: RunningService | None, target: RunningService, port: str) -> str | None:
    """Where a service is asked: from another by its own address or its node's, from outside where it is published."""
    number = target.ports[port]
    if caller is None:
        return published(target).get(number)
    found = ways(spec, caller, target)
    best = sorted(found, key=lambda address: not found[address])
    return f"{best[0]}:{number}" if best else None
