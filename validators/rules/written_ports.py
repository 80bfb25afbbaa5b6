"""PLB111, PLB112: numbers of ports that a service's texts write out, held against the ports that the spec has."""

import re
from collections.abc import Iterator, Mapping

from plumbline.effective.deployment import services_of
from plumbline.runbook.rendering import runbook_texts
from plumbline.spec.finding import Severity
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.service import Service
from validators.rules.effective_services import once
from validators.rules.port_words import OWN, UNSAID, PortWord, host_ports, port_words
from validators.rules.registry import Violation, rule
from validators.rules.written import BLANK, Where, WrittenText, blank, of_services


@rule(
    "PLB111",
    title="Port number that nothing listens on",
    why="The process listens on one port and clients ask another: it never becomes healthy, or nobody reaches it.",
    fix=(
        "Take the number from the spec with `{template: \"{{ port('SERVICE', 'PORT') }}\"}`, or list the port in "
        "`ports`."
    ),
    failing='services/web.yaml: {command: ["--port", "8001"]}',
    passing="services/web.yaml: {command: [\"--port\", {template: \"{{ port('web', 'http') }}\"}]}",
)
def nobodys_port(spec: Spec) -> Iterator[Violation]:
    """Numbers in commands, checks, variables, files and runbooks that are no port of whom they are said to be of."""
    yield from once(_nobodys(spec))
    yield from once(_nobodys_in_runbooks(spec))


def _nobodys(spec: Spec) -> Iterator[Violation]:
    for placed, texts in of_services(spec):
        others = services_of(spec, placed.mode)
        inside = {
            word.number for text in texts if text.where != Where.HEALTH for word in port_words(text) if word.inside
        }
        for text in texts:
            yield from _beside_an_expression(text, others)
            for word in port_words(text):
                owner, service = _owner(word, placed.id, placed.service, others)
                if service is None or word.number in service.ports.values():
                    continue
                if owner == placed.id and word.host in (OWN, UNSAID):
                    asked_inside = word.inside and word.number in inside
                    needed = word.host == UNSAID and _needed(placed.service, others, word.number)
                    if not word.listens or not service.ports or asked_inside or needed:
                        continue
                has = ", ".join(f"{name} {number}" for name, number in service.ports.items()) or "none"
                yield Violation(
                    text.path,
                    f"`{owner}` has no port {word.number}; its ports: {has}",
                    _hint(owner, next(iter(service.ports), "PORT")) if service.ports else None,
                    observed=str(word.number),
                    location=text.at(word.position),
                )


def _beside_an_expression(text: WrittenText, others: Mapping[str, Service]) -> Iterator[Violation]:
    """Numbers behind the host that an expression writes: `{{ host('db') }}:5433`."""
    for host in text.named if BLANK + ":" in text.literal else ():
        for found in re.finditer(rf"(?<![\w.-]){re.escape(host)}:(\d{{2,5}})(?![\w.:-])", text.shown):
            ports = others[host].ports if host in others else {}
            if ports and int(found[1]) not in ports.values() and f"{BLANK}:{found[1]}" in text.literal:
                has = ", ".join(f"{name} {number}" for name, number in ports.items())
                at = text.at_word(f"{BLANK}:{found[1]}")
                message = f"`{host}` has no port {found[1]}; its ports: {has}"
                yield Violation(text.path, message, _hint(host, next(iter(ports))), observed=found[1], location=at)


_BROUGHT = re.compile(r"(?:-\w{0,9}[LRDp]|--port)[ =]?\S{0,80}?(\d{2,5})")
"""Ports that a tunnel, or a server that a step starts, brings."""


def _nobodys_in_runbooks(spec: Spec) -> Iterator[Violation]:
    """Numbers that a runbook asks on its host, at which nothing is published, and that no container listens on either."""
    for name, runbook in spec.runbooks.items():
        modes = [mode for mode in runbook.modes if mode in spec.topology]
        services = [service for mode in modes for service in services_of(spec, mode).values()]
        published = {each.port for service in services for each in service.publish.values()}
        known = published | {number for service in services for number in service.ports.values()}
        texts = list(runbook_texts(runbook))
        known |= {int(number) for _, text in texts for number in _BROUGHT.findall(text)}
        for inner, text in texts:
            for number in sorted(host_ports(blank(text)) - known):
                where = ", ".join(map(str, sorted(published))) or "none"
                yield Violation(
                    path_of("runbooks", name, inner),
                    f"nothing is published at {number}; published ports: {where}",
                    "write {{ published('SERVICE', 'PORT') }}, which follows the spec",
                    observed=str(number),
                )


def _owner(word: PortWord, own: str, service: Service, others: Mapping[str, Service]) -> tuple[str, Service | None]:
    """The service that a number is said to be a port of; None where it is none of the spec's."""
    if word.host in (OWN, UNSAID, own):
        return own, service
    return word.host, others.get(word.host)


def _needed(service: Service, others: Mapping[str, Service], number: int) -> tuple[str, str] | None:
    """The needed service, and the name of its port, of a number."""
    for need in service.needs:
        for name, each in others[need].ports.items() if need in others else ():
            if each == number:
                return need, name
    return None


def _hint(service: str, port: str) -> str:
    return f"write {{{{ port('{service}', '{port}') }}}} in a `template:`, which follows the spec"


@rule(
    "PLB112",
    title="Hard-coded port number",
    severity=Severity.WARNING,
    why="When the port changes, every copy has to change too. An expression follows the spec.",
    fix="Replace it with an expression: `{template: \"{{ port('SERVICE', 'PORT') }}\"}`.",
    failing='services/web.yaml: {command: ["--port", "8000"]}',
    passing="services/web.yaml: {command: [\"--port\", {template: \"{{ port('web', 'http') }}\"}]}",
)
def written_again(spec: Spec) -> Iterator[Violation]:
    """Numbers of the spec's own ports, in a service's texts and in runbooks."""
    yield from once(_again(spec))
    yield from once(_again_in_runbooks(spec))


def _again(spec: Spec) -> Iterator[Violation]:
    for placed, texts in of_services(spec):
        others = services_of(spec, placed.mode)
        for text in texts:
            for word in port_words(text):
                owner, service = _owner(word, placed.id, placed.service, others)
                named = next((n for n, each in service.ports.items() if each == word.number), None) if service else None
                if named is None and word.host == UNSAID:
                    owner, named = _needed(placed.service, others, word.number) or (owner, None)
                if named is not None:
                    yield Violation(
                        text.path,
                        f"{word.number} is the hard-coded port `{named}` of `{owner}`",
                        _hint(owner, named),
                        observed=str(word.number),
                        location=text.at(word.position),
                    )


def _again_in_runbooks(spec: Spec) -> Iterator[Violation]:
    """Published ports of this host; the same number at another host is another's."""
    for name, runbook in spec.runbooks.items():
        published = {
            each.port: (service, port)
            for mode in runbook.modes
            if mode in spec.topology
            for service, effective in services_of(spec, mode).items()
            for port, each in effective.publish.items()
        }
        for inner, text in runbook_texts(runbook):
            for number in sorted(host_ports(blank(text))):
                if number in published:
                    service, port = published[number]
                    yield Violation(
                        path_of("runbooks", name, inner),
                        f"{number} is the hard-coded published port `{port}` of `{service}`",
                        f"write {{{{ published('{service}', '{port}') }}}} for address and number, which follow the spec then",
                        observed=str(number),
                    )
