"""PLB113: ports that a program has by itself, where nothing tells it another."""

import re
from collections.abc import Iterator, Mapping

from plumbline.spec.finding import Severity
from plumbline.spec.paths import SpecPath
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services

SERVERS: Mapping[str, frozenset[int]] = {
    "alloy": frozenset({12345}),
    "alertmanager": frozenset({9093}),
    "caddy": frozenset({80, 443, 2019}),
    "clamav": frozenset({3310, 7357}),
    "etcd": frozenset({2379, 2380}),
    "grafana": frozenset({3000}),
    "influxdb": frozenset({8086}),
    "loki": frozenset({3100, 9095, 7946}),
    "mariadb": frozenset({3306}),
    "memcached": frozenset({11211}),
    "minio": frozenset({9000}),
    "mongo": frozenset({27017}),
    "mysql": frozenset({3306, 33060}),
    "nats": frozenset({4222, 6222, 8222}),
    "nginx": frozenset({80}),
    "postgres": frozenset({5432}),
    "prometheus": frozenset({9090}),
    "qdrant": frozenset({6333, 6334}),
    "rabbitmq": frozenset({4369, 5671, 5672, 15671, 15672, 15691, 15692, 25672}),
    "redis": frozenset({6379}),
    "valkey": frozenset({6379}),
}
"""Ports that the public image of a name listens on when nothing says otherwise, and none that only a cluster has."""
NO_HTTP = frozenset({"clamav", "mariadb", "memcached", "mongo", "mysql", "postgres", "redis", "valkey"})
"""Of these, the servers that answer no HTTP at any port."""
BY_CALL = frozenset({"alertmanager", "alloy", "minio", "prometheus"})
"""Of these, the servers whose configuration file says not where they listen."""

CLIENTS: Mapping[str, int] = {
    **dict.fromkeys(("psql", "pg_isready", "pg_dump", "pg_dumpall"), 5432),
    **dict.fromkeys(("redis-cli", "valkey-cli"), 6379),
    **dict.fromkeys(("mysql", "mysqladmin", "mysqldump", "mariadb", "mariadb-admin"), 3306),
    **dict.fromkeys(("mongosh", "mongodump"), 27017),
}
"""Port that a client asks at when its call names none."""
_CALL = r"(?<![\w./-])(?:/[\w./-]*/)?{program}(?![\w-])(?P<rest>[^|;&\n]*)"
_NAMES_A_PORT = re.compile(r"(?<![\w-])(-[a-zA-Z]*[pP]|--port)[= \d]|://|\bport=")


@rule(
    "PLB113",
    title="Port that the program is not configured with",
    severity=Severity.WARNING,
    why=(
        "The image listens on its default port, or the client asks there: the service never becomes healthy, or "
        "nobody reaches it."
    ),
    fix="Set the port by an option, a variable or a configuration file with `{{ port('SERVICE', 'PORT') }}`.",
    failing="services/db.yaml: {ports: {sql: 5433}}",
    passing="""
services/db.yaml:
  ports: {sql: 5433}
  environment: {PGPORT: {template: "{{ port('db', 'sql') }}"}}
""",
)
def untold_port(spec: Spec) -> Iterator[Violation]:
    """Ports that differ from an image's, and calls of clients without a port, where the service's is another."""
    yield from once(_untold(spec))


def _untold(spec: Spec) -> Iterator[Violation]:
    for placed, texts in of_services(spec):
        image = spec.images.images.get(placed.service.image)
        program = image.repository.rpartition("/")[2] if image else ""
        known = SERVERS.get(program)
        tells = (Where.COMMAND, Where.VARIABLE) + (() if program in BY_CALL else (Where.CONFIG,))
        told = "\n".join(text.shown for text in texts if text.where in tells)
        untold = [
            (name, number)
            for name, number in placed.service.ports.items()
            if known and number not in known and not re.search(rf"(?<!\d){number}(?!\d)", told)
        ]
        if known and untold:
            name, number = untold[0]
            own = ", ".join(map(str, sorted(known)))
            message = f"image {placed.service.image} listens on {own} by default, and nothing sets it to {number}"
            yield Violation(placed.path("ports", name), message, expected=own, observed=str(number))
        else:
            yield from _clients(placed, texts)


def _clients(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[Violation]:
    """Clients that ask their own service at a port that it does not have."""
    by_field: dict[SpecPath, list[str]] = {}
    for text in texts:
        if text.where in (Where.HEALTH, Where.SCRIPT):
            by_field.setdefault(text.path.parts[:-1], []).append(text.shown)
    variables = " ".join(placed.service.environment)
    for path, words in by_field.items():
        said = " ".join(words)
        for program, number in CLIENTS.items():
            if program not in said:
                continue
            for call in re.finditer(_CALL.format(program=re.escape(program)), said):
                own = placed.service.ports
                if own and number not in own.values() and "PORT" not in variables and not _elsewhere(call["rest"]):
                    # services, id, field; in a mode's own fields the mode stands before the field
                    field = path[4 if path[2] == "modes" else 2]
                    message = (
                        f"`{program}` in `{field}` asks at {number}, but the port here is {next(iter(own.values()))}"
                    )
                    yield Violation(placed.path("ports"), message, observed=str(number), at_key=True)
                    return


def _elsewhere(arguments: str) -> bool:
    """Whether a call names a port, or a host that is not its own."""
    host = re.search(r"(?<![\w-])(?:-h|--host)[= ]\s*([^\s\"']+)", arguments)
    return bool(_NAMES_A_PORT.search(arguments)) or bool(host and host[1] not in ("127.0.0.1", "localhost", "::1"))
