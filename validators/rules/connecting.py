"""PLB131 to PLB133: whether a service asks the store that it means, as a role that is there, and whether others reach it at all."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from plumbline.effective.deployment import services_of
from plumbline.spec.spec import Spec
from schema.service import Service
from validators.rules.effective_services import Placed, once
from validators.rules.known_images import KNOWN, known_image
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services

MADE = re.compile(
    r"\b(?:CREATE\s+(?:ROLE|USER|DATABASE)|ALTER\s+(?:ROLE|USER))\s+(?:IF\s+NOT\s+EXISTS\s+)?\"?([\w-]+)", re.I
)
"""What a file makes. A role that it alters is made by it too, by a statement that is put together where it runs."""
_OPTION = re.compile(
    r"(?<![\w-])(?:-(?P<short>[Ud])|--(?P<long>username|dbname))[ =]?(?P<name>[A-Za-z_][\w-]*)(?![\w$-])"
)
_CLIENT = re.compile(r"\b(?:psql|pg_isready|pg_dump|pg_restore|createdb|dropdb)\b")
_ASKED = re.compile(
    r"\bpostgres(?:ql)?(?:\+\w+)?://(?:(?P<user>[\w-]+)(?::[^@/\s]*)?@)?(?P<host>[\w-]+)(?::\d+)?(?:/(?P<database>[\w-]+))?"
)


@rule(
    "PLB131",
    title="Role or database that the store does not create",
    why="The store refuses the connection: «role does not exist» or «database does not exist».",
    fix="Write the names that the store is given, for example by POSTGRES_USER and POSTGRES_DB.",
    failing="services/db.yaml: {health: {command: [pg_isready, -U, smaple]}}",
    passing="services/db.yaml: {health: {command: [pg_isready, -U, sample]}}",
)
def unknown_role(spec: Spec) -> Iterator[Violation]:
    """Names in a store's own calls that it does not make, and in others' URLs that are like one that it makes."""
    yield from once(_unknown_roles(spec))


def _unknown_roles(spec: Spec) -> Iterator[Violation]:
    made = {name for text in spec.templates.values() for name in MADE.findall(text)}
    for placed, texts in of_services(spec):
        services = services_of(spec, placed.mode)
        roles, databases = names_made(spec, placed.service)
        if roles:
            yield from _own_calls(texts, {"U": roles | made, "d": databases | made})
        yield from _users(spec, placed, texts, made)
        for text in texts:
            if text.where == Where.SCRIPT:
                continue
            for asked in _ASKED.finditer(text.shown):
                known = names_made(spec, services[asked["host"]]) if asked["host"] in services else (set(), set())
                for name, there in zip((asked["user"], asked["database"]), known, strict=True):
                    close = get_close_matches(name, there | made, n=1, cutoff=0.7) if name and there else []
                    if close and name and name not in there | made:
                        yield Violation(
                            text.path,
                            f"`{asked['host']}` does not create `{name}`",
                            f"did you mean `{close[0]}`?",
                            observed=name,
                            location=text.at_word(name),
                        )


_USER = "_USER"


def _users(spec: Spec, placed: Placed, texts: tuple[WrittenText, ...], made: set[str]) -> Iterator[Violation]:
    """Variables `…_USER` beside a `…_HOST` that is a store, with a name like one that the store makes."""
    services = services_of(spec, placed.mode)
    shown = {text.name: text.shown for text in texts if text.where == Where.VARIABLE}
    for variable, name in shown.items():
        host = shown.get(variable.removesuffix(_USER) + "_HOST", "") if variable.endswith(_USER) else ""
        roles = names_made(spec, services[host])[0] | made if host in services else set()
        close = get_close_matches(name, roles, n=1, cutoff=0.7) if roles and name not in roles else []
        if close:
            yield Violation(
                placed.path("environment", variable),
                f"`{host}` does not create `{name}`",
                f"did you mean `{close[0]}`?",
            )


def names_made(spec: Spec, service: Service) -> tuple[set[str], set[str]]:
    """Roles and databases that a known store makes at its first start; none where they are not written out."""
    image = known_image(spec, service)
    if image is None or not image.user:
        return set(), set()
    user, database = (service.environment.get(name, "") for name in (image.user, image.database))
    if not isinstance(user, str) or not isinstance(database, str):
        return set(), set()
    role = user or "postgres"
    return {role}, {database or role, "postgres", "template1"}


def _own_calls(texts: tuple[WrittenText, ...], known: Mapping[str, set[str]]) -> Iterator[Violation]:
    by_list: dict[tuple[object, ...], list[WrittenText]] = {}
    for text in texts:
        if text.where in (Where.HEALTH, Where.SCRIPT):
            by_list.setdefault(text.path.parts[:-1], []).append(text)
    for words in by_list.values():
        called = " ".join(text.literal for text in words)
        if not _CLIENT.search(called):
            continue
        for option in _OPTION.finditer(called):
            there = known[option["short"] or ("U" if option["long"] == "username" else "d")]
            if option["name"] not in there:
                text = next((each for each in words if option["name"] in each.literal), words[0])
                close = get_close_matches(option["name"], there, n=1)
                hint = f"did you mean `{close[0]}`?" if close else None
                message = f"the store does not create `{option['name']}`; it creates {', '.join(sorted(there))}"
                yield Violation(text.path, message, hint, observed=option["name"])


@rule(
    "PLB132",
    title="Variable or URL that points to the wrong service",
    why="The process speaks one protocol and gets answers in another, so its first request fails.",
    fix="Name the service that the variable, or the URL's scheme, is for.",
    failing="services/web.yaml: {environment: {SITE: {template: \"redis://{{ address('db', 'sql') }}\"}}}",
    passing="services/web.yaml: {environment: {SITE: {template: \"postgresql://{{ address('db', 'sql') }}/sample\"}}}",
)
def misled(spec: Spec) -> Iterator[Violation]:
    """Variables with one service's id in their names that lead to another alone, and schemes of another store than the host."""
    yield from once(found for placed, texts in of_services(spec) for text in texts for found in _misled(placed, text))


_SCHEME = re.compile(
    r"(?<![\w+])(?P<scheme>[a-z][a-z0-9]*)(?:\+\w+)?://(?:[^/@\s]*@)?(?P<host>[A-Za-z0-9][\w-]*)(?=[:/?\s\"']|$)"
)


_WEB = frozenset({"http", "https"})
_WITH_HTTP = frozenset({"amqp", "nats"})
"""Schemes of stores that answer HTTP too, at a port for people."""
_ALL_SCHEMES = frozenset(scheme for image in KNOWN.values() for scheme in image.schemes)


def _misled(placed: Placed, text: WrittenText) -> Iterator[Violation]:
    spec, services = placed.spec, services_of(placed.spec, placed.mode)
    if text.where not in (Where.VARIABLE, Where.COMMAND, Where.CONFIG):
        return
    for found in _SCHEME.finditer(text.shown):
        image = known_image(spec, services[found["host"]]) if found["host"] in services else None
        strange = _ALL_SCHEMES | (frozenset() if image and image.schemes & _WITH_HTTP else _WEB)
        if image and image.schemes and found["scheme"] in strange - image.schemes:
            others = (name for name, each in services.items() if found["scheme"] in _schemes(spec, each))
            meant = next(others, None)  # services come by name
            hint = f"did you mean `{meant}`?" if meant else None
            yield Violation(
                text.path, f"a {found['scheme']}:// URL leads to `{found['host']}`", hint, observed=found["host"]
            )
            return
    if text.where == Where.VARIABLE and text.named:
        words = set(text.name.lower().split("_"))
        needs = sorted(name for name in placed.service.needs if name in services and set(name.split("-")) <= words)
        # of one that is no need PLB116 says so
        if needs and not set(needs) & set(text.named) and text.named[0] in placed.service.needs:
            message = f"`{text.name}` leads to `{text.named[0]}`"
            yield Violation(text.path, message, f"did you mean `{needs[0]}`?", observed=text.named[0])


def _schemes(spec: Spec, service: Service) -> frozenset[str]:
    image = known_image(spec, service)
    return image.schemes if image else frozenset()


_LOOPBACK = r"[\"']?(?:127(?:\.\d+){3}|localhost|::1|\[::1\])"
_ALONE = re.compile(
    rf"(?:^|[\s;{{,])(?:--?)?(?P<key>host|bind|bind[_-]addr(?:ess)?|listen|listen[_-]addr(?:ess(?:es)?)?|(?:[\w.-]*\.)?listen-addr(?:ess)?|"
    rf"(?:[\w.-]*[.-])?(?:bind|listen)(?:-address)?|http_listen_address|tcpaddr|addr(?:ess)?)[ \t]*[=: ][ \t]*{_LOOPBACK}(?::(?P<port>\d+))?(?![\w.-])",
    re.I | re.MULTILINE,
)
_OPTION_ALONE = re.compile(r"--?(?:host|bind|listen|bind-address|listen-address|address|http-host)", re.I)
_HOST = re.compile(r"(?:127(?:\.\d+){3}|localhost|::1)(?::(?P<port>\d+))?")


@rule(
    "PLB133",
    title="Needed or published service that listens on loopback only",
    why="Nothing outside the container reaches its 127.0.0.1. Its own health check does, so it counts as healthy.",
    fix="Set the listen address to 0.0.0.0. The service's segments decide who reaches it.",
    failing="services/web.yaml: {command: [--host, 127.0.0.1]}",
    passing="services/web.yaml: {command: [--host, 0.0.0.0]}",
)
def listens_alone(spec: Spec) -> Iterator[Violation]:
    """Loopback addresses to listen on, of services that others need or that are published."""
    yield from once(found for placed, texts in of_services(spec) for found in _alone(placed, texts))


def _alone(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[Violation]:
    services = services_of(placed.spec, placed.mode).values()
    reached = {each.needs[placed.id] for each in services if placed.id in each.needs} | set(placed.service.publish)
    numbers = {placed.service.ports[name] for name in reached if name in placed.service.ports}
    if not numbers:
        return
    for text in texts:
        for position, port in _loopbacks(text):
            if port is None or port in numbers:
                path = text.path
                yield Violation(
                    path,
                    f"`{placed.id}` listens on loopback, where nothing outside its container reaches it",
                    location=text.at(position),
                )
                break


def _loopbacks(text: WrittenText) -> Iterator[tuple[int, int | None]]:
    """Where a text says to listen on this host alone, and at which port."""
    if text.where == Where.CONFIG:
        for line in re.finditer(r"^.*$", text.shown, re.MULTILINE):
            found = _ALONE.match(line[0]) if not line[0].lstrip().startswith(("#", ";", "//")) else None
            key = found["key"].lower() if found else ""
            if found and key not in ("host", "addr", "address"):
                start = text.literal.find(line[0][:12].strip())
                yield max(start, 0), int(found["port"]) if found["port"] else None
    elif text.where == Where.COMMAND:
        told = _HOST.fullmatch(text.shown) if _OPTION_ALONE.fullmatch(text.before) else None
        if found := told or (_ALONE.search(text.shown) if text.shown.startswith("-") else None):
            yield 0, int(found["port"]) if found["port"] else None
