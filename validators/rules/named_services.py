"""PLB116, PLB117: the services that texts name, held against what the service needs."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from plumbline.effective.deployment import roles_of, services_of
from plumbline.effective.graphs import reachable
from plumbline.effective.reachability import reach
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once
from validators.rules.port_words import OWN, UNSAID, port_words
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services, written_texts
from validators.rules.written_hosts import config_hosts, host_location

_URL_HOST = re.compile(
    r"(?:https?|wss?|tcp|grpcs?|rediss?|postgres(?:ql)?(?:\+\w+)?|mysql(?:\+\w+)?|mariadb|mongodb|amqps?|nats|kafka|ldaps?|smtps?|"
    r"memcached?|clickhouse|bolt|neo4j)://(?:[^/@\s\"']*@)?(?P<host>[A-Za-z0-9][\w-]*)(?=[:/\"'\s,;?]|$)"
)
_HOST_VARIABLE = re.compile(r"(?:.+_)HOST(?:NAME)?")
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_HERE = frozenset({"localhost"})


@rule(
    "PLB116",
    title="Connection to a service that is not in `needs`",
    why=(
        "Start order, networks between nodes and firewalls follow from `needs`. Without an entry there, the "
        "connection finds no host, or a service that is not ready."
    ),
    fix="Add the service to `needs`, or remove the text that names it.",
    failing="services/web.yaml: {needs: null, environment: {DB_URL: {template: \"{{ address('db', 'sql') }}\"}}}",
    passing="services/web.yaml: {needs: {db: sql}, environment: {DB_URL: {template: \"{{ address('db', 'sql') }}\"}}}",
)
def named_not_needed(spec: Spec) -> Iterator[Violation]:
    """Services that a command, check, variable or file connects to, and that are no need."""
    found: dict[tuple[str, str], Violation] = {}
    for placed, texts in of_services(spec):
        unknown = [need for need in placed.service.needs if need not in spec.services]
        by_target: dict[str, list[WrittenText]] = {}
        for text in texts:
            for target in _targets(text):
                if target != placed.id and target in spec.services and target not in placed.service.needs:
                    by_target.setdefault(target, []).append(text)
        for target, naming in by_target.items():
            # a need that PLB101 finds mistyped is not missing
            if get_close_matches(target, unknown, n=1):
                continue
            circle = _closes_a_circle(spec, placed, target)
            if not (circle and _is_reached_beside(spec, placed, target)):
                hint = _without_a_need(spec, placed, target) if circle else _as_a_need(spec, placed, target)
                found.setdefault((placed.id, target), _violation(spec, placed, target, naming, hint))
    yield from found.values()


def _targets(text: WrittenText) -> list[str]:
    """Services, or what could be some, that a text connects to."""
    if text.where == Where.SCRIPT:
        return []  # it runs in the service's container to look at it, and not to do its work
    hosts = [match["host"] for match in _URL_HOST.finditer(text.literal)]
    hosts += [word.host for word in port_words(text) if word.host not in (OWN, UNSAID)]
    if text.where == Where.VARIABLE and _HOST_VARIABLE.fullmatch(text.name) and _LABEL.fullmatch(text.literal):
        hosts.append(text.literal)
    return list(dict.fromkeys((*text.named, *hosts)))


def _closes_a_circle(spec: Spec, placed: Placed, target: str) -> bool:
    """Whether the target waits for the service, so that a need of it would be a circle."""
    services = services_of(spec, placed.mode)
    graph = {name: (*each.needs, *each.after) for name, each in services.items()}
    return target == placed.id or placed.id in reachable(graph, target)


def _is_reached_beside(spec: Spec, placed: Placed, target: str) -> bool:
    """Whether the target's name is known without a need: on each node of the service, in a segment of it."""
    beside = set(roles_of(spec, placed.mode, placed.id)) <= set(roles_of(spec, placed.mode, target))
    return beside and target in reach(spec, placed.mode).may(placed.id)


def _as_a_need(spec: Spec, placed: Placed, target: str) -> str:
    return f"add `{target}: {next(iter(spec.services[target].ports), 'PORT')}` to `needs` of {placed.id}"


def _without_a_need(spec: Spec, placed: Placed, target: str) -> str:
    """What to do where a need would be a circle (PLB104)."""
    here, there = (set(roles_of(spec, placed.mode, name)) for name in (placed.id, target))
    way = (
        "put both on one segment, where the name resolves without a need"
        if here <= there
        else "place both on one role, because a name on another node resolves only with a need, or connect to an address that "
        "reaches the node from outside"
    )
    return f"a need would create a cycle, because `{target}` waits for {placed.id}: {way}"


def _violation(spec: Spec, placed: Placed, target: str, naming: list[WrittenText], hint: str) -> Violation:
    """At the needs where one was lost, else at the text that names a service without a need."""
    first = naming[0]
    needs = _needs_path(spec, placed, first)
    lost = target in placed.service.tolerates or len(naming) > 1
    message = f"{placed.id} connects to `{target}`, but `{target}` is not one of its needs"
    if needs and (lost or any(_is_meant(spec, text, target) for text in naming)):
        return Violation(needs, message, hint, explains=((target, placed.id),))
    where = first.at(_position(first, target))
    hint = f"{hint}, or name another service"
    return Violation(first.path, message, hint, location=where, explains=((target, placed.id),))


def _needs_path(spec: Spec, placed: Placed, text: WrittenText) -> PathText | None:
    """The needs that the text goes with: those of its mode where it is written for one, and where they would stand if they are gone."""
    if text.path.parts[2] == "modes":
        special = path_of("services", *text.path.parts[1:4], "needs")
        return special if spec.has(special) else None
    candidates = (path_of("services", placed.id, field) for field in ("needs", "ports"))
    return next((path for path in candidates if spec.has(path)), None)


def _is_meant(spec: Spec, text: WrittenText, target: str) -> bool:
    """Whether others show that the text is right: the variable has the service's name, or another service says and needs the same."""
    if text.where != Where.VARIABLE:
        return False
    if set(target.split("-")) <= set(text.name.lower().split("_")):
        return True
    return any(
        each.where == Where.VARIABLE
        and each.name == text.name
        and target in _targets(each)
        and target in each.placed.service.needs
        for each in written_texts(spec)
    )


def _position(text: WrittenText, target: str) -> int:
    """Where a file names a service; its expressions are not in `literal`."""
    line = next(
        (
            number
            for number, line in enumerate(text.placed.spec.templates.get(text.name, "").splitlines())
            if target in line
        ),
        0,
    )
    starts = [0, *(match.end() for match in re.finditer("\n", text.literal))]
    return starts[min(line, len(starts) - 1)]


def naming_services(spec: Spec) -> set[tuple[str, str]]:
    """Each service with those that its texts connect to, in whatever mode."""
    return {(text.placed.id, target) for text in written_texts(spec) for target in _targets(text)}


@rule(
    "PLB117",
    title="Host name of a service that does not exist",
    why="A name without a dot is the name of a service. Without that service, it does not resolve.",
    fix="Correct the name, or write `{{ host('SERVICE') }}`, which is checked.",
    failing="services/web.yaml: {environment: {STORE_HOST: dbb}}",
    passing="services/web.yaml: {environment: {STORE_HOST: {template: \"{{ host('db') }}\"}}}",
)
def nobodys_host(spec: Spec) -> Iterator[Violation]:
    """Hosts in variables, commands and files that are no service, where they can be nothing else or are like a service's id."""
    yield from once(_nobodys(spec))


def _nobodys(spec: Spec) -> Iterator[Violation]:
    for placed, texts in of_services(spec):
        sealed = not spec.topology[placed.mode].egress
        for text in texts:
            sure = dict(reversed(config_hosts(text))) if text.where == Where.CONFIG else {}
            for host in dict.fromkeys((*_targets(text), *sure)):
                if host in spec.services or host in _HERE or not _LABEL.fullmatch(host):
                    continue
                close = get_close_matches(host, spec.services, n=1, cutoff=0.75)
                if close or host in sure or (sealed and text.where == Where.VARIABLE):
                    position = sure.get(host, text.literal.find(host))
                    yield Violation(
                        text.path,
                        f"there is no service `{host}`",
                        f"did you mean `{close[0]}`?" if close else None,
                        observed=host,
                        location=host_location(text, host, position) if text.where == Where.CONFIG else None,
                        explains=((host,),),
                    )
