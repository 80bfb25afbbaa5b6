"""PLB147, PLB148: where Traefik listens and whom it asks, held against the ports of the spec."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from plumbline.effective.deployment import services_of
from plumbline.spec.spec import Spec
from schema.service import Service
from validators.rules.cloud_entry import proxied_example
from validators.rules.effective_services import Placed, once
from validators.rules.proxy_config import Read, dig, files_of_program, mapping
from validators.rules.registry import Violation, rule
from validators.rules.written import WrittenText

_URL = re.compile(r"(?:(?P<scheme>https?|h2c)://)?(?P<host>[\w.-]+)(?::(?P<port>\d+))?(?:/.*)?")
_USUAL = {"http": 80, "https": 443}
_ASKED_AT = {"http": 80, "tls": 443}
"""The port at which an issuer asks, by the kind of the challenge."""
_KINDS = {"http-01": "http", "tls-alpn-01": "tls"}

_ROUTES = """
config/routes.yml.j2: |
  http:
    services: {{web: {{loadBalancer: {{servers: [{{url: "http://{{{{ server_name('node', 1) }}}}:{0}"}}]}}}}}}
tenants.yaml: {{tenants: {{acme: {{title: Acme, octet: 1, state: ACTIVE}}}}}}
"""
_MOUNTED = "  image: traefik\n  config: [{source: config/routes.yml.j2, target: '/etc/traefik/{tenant}.yml'}]\n"


def _example(port: int) -> str:
    """The proxy's mode, in which Traefik asks its backend at a port."""
    return proxied_example().replace("  image: traefik\n", _MOUNTED) + _ROUTES.format(port)


@rule(
    "PLB147",
    title="Server URL that its backend does not answer",
    why="Traefik gets no response, or one that it cannot read, and answers each request with 502 or 503.",
    fix="Take host, port and path from the spec: `{{ entry.backend_port }}`, `{{ port('SERVICE', 'PORT') }}`.",
    failing=_example(8001),
    passing=_example(8000),
)
def asks_in_vain(spec: Spec) -> Iterator[Violation]:
    """Ports of Traefik's servers that nothing publishes there, TLS to a plain port, and paths of checks that are not there."""
    yield from once(
        found
        for placed, files in files_of_program(spec, "traefik")
        for text, file in files
        for kind in ("http", "tcp")
        for each in mapping(file, kind, "services").values()
        for found in _servers(placed, text, mapping(each, "loadBalancer"))
    )


def _servers(placed: Placed, text: WrittenText, balancer: Mapping[str, object]) -> Iterator[Violation]:
    servers, entry = balancer.get("servers"), placed.spec.topology[placed.mode].entry
    to_backend = placed.id == entry.service
    for server in servers if isinstance(servers, list) else ():
        asked = dig(server, "url") or dig(server, "address")
        url = _URL.fullmatch(asked) if isinstance(asked, str) else None
        known = _ports_at(placed, url["host"]) if url else None
        if url is None or known is None:
            continue
        number = int(url["port"] or _USUAL.get(url["scheme"] or "", 0))
        if number not in known:
            if to_backend and number == entry.backend_port:
                continue  # PLB213 says so
            there = ", ".join(map(str, sorted(known))) or "none"
            message = f"`{asked}` leads to port {number}, but the ports there are {there}"
            yield _at_line(text, r"(?:url|address)[\"']?:", message, str(number))
            continue
        service, port = known[number]
        check = service.health.http if service.health else None
        if check and check.port == port and url["scheme"] == "https":
            yield _at_line(text, r"url[\"']?:", f"`{asked}` speaks TLS, but port `{port}` answers plain HTTP", asked)
        path = dig(balancer, "healthCheck", "path")
        if check and check.port == port and isinstance(path, str) and path != check.path:
            if to_backend and path == entry.health_path:
                continue  # PLB225 says so
            message = f"the check asks {path}, but the health check of the backend is at {check.path}"
            yield _at_line(text, r"healthCheck[\"']?:", message, path)


def _ports_at(placed: Placed, host: str) -> dict[int, tuple[Service, str]] | None:
    """The ports that answer at a host, with the service and the port's name; None where nobody knows the host."""
    services, topology = services_of(placed.spec, placed.mode), placed.spec.topology[placed.mode]
    if host in services:
        return {number: (services[host], name) for name, number in services[host].ports.items()}
    for name, role in topology.roles.items():
        if topology.cloud and host in _servers_of(placed.spec, topology.cloud.names.server, name, role.max_count):
            there = role.services or topology.roles[role.variant_of or name].services
            return {
                each.port: (services[id], port)
                for id in there
                if id in services
                for port, each in services[id].publish.items()
                if not ip_address(each.address).is_loopback
            }
    return None


def _servers_of(spec: Spec, pattern: str, role: str, count: int) -> set[str]:
    return {
        pattern.replace("{tenant}", tenant).replace("{role}", role).replace("{index}", str(index))
        for tenant in spec.tenants.tenants
        for index in range(1, max(count, 1) + 1)
    }


def _at_line(text: WrittenText, pattern: str, message: str, observed: str) -> Violation:
    found = re.search(pattern, text.literal)
    return Violation(text.path, message, observed=observed, location=text.at(found.start() if found else 0))


@dataclass(frozen=True)
class _Listening:
    """What a Traefik is told of its entry points and challenges, by files and by options."""

    points: Mapping[str, int]
    challenges: Mapping[str, str]
    """The entry point that answers a kind of challenge; empty for all with TLS."""
    with_tls: frozenset[str]
    """Entry points of routers with TLS; empty where no router says so."""


_ENTRY = """
config/traefik.yml: |
  entryPoints: {{http: {{address: ":8000"}}, https: {{address: ":8443"}}}}
  certificatesResolvers: {{own: {{acme: {{storage: /certificates/acme.json, httpChallenge: {{entryPoint: {0}}}}}}}}}
services/web.yaml:
  command: [--configFile=/etc/traefik.yml]
  ports: {{http: 8000, https: 8443}}
  publish: {{http: {{address: 0.0.0.0, port: 80}}, https: {{address: 0.0.0.0, port: 443}}}}
  volumes: {{certificates: /certificates}}
  config: [{{source: config/traefik.yml, target: /etc/traefik.yml}}]
"""


@rule(
    "PLB148",
    title="Traefik entry point at the wrong port",
    why=(
        "Traefik listens where nobody connects, or does not start because a port is taken. Issuers connect only to "
        "port 80 (http-01) or 443 (tls-alpn-01), so no certificate is issued."
    ),
    fix="Give each entry point a port of the service, and publish the challenge's entry point at 80 or 443.",
    failing=_ENTRY.format("https"),
    passing=_ENTRY.format("http"),
)
def wrong_entry_point(spec: Spec) -> Iterator[Violation]:
    """Entry points at ports that the service lacks or that another has, and challenges at ports that no issuer asks."""
    yield from once(found for placed, files in files_of_program(spec, "traefik") for found in _points(placed, files))


def _points(placed: Placed, files: list[Read]) -> Iterator[Violation]:
    told, text = _listening(placed, files), _static(files)
    if text is None:
        return
    by_number: dict[int, str] = {}
    for name, number in told.points.items():
        line = rf"(?m)^[ \t]*[\"']?{re.escape(name)}[\"']?:"
        if number in by_number:
            message = f"entry points `{by_number[number]}` and `{name}` both listen on {number}"
            yield _at_line(text, line, message, str(number))
        elif number not in placed.service.ports.values() and not re.search(
            rf":{number}\b", text.literal
        ):  # else PLB111
            yield _at_line(text, line, f"entry point `{name}` listens on {number}, no port of the service", str(number))
        by_number.setdefault(number, name)
    for kind, point in told.challenges.items():
        yield from _challenge(placed, text, told, kind, point)


def _challenge(placed: Placed, text: WrittenText, told: _Listening, kind: str, point: str) -> Iterator[Violation]:
    service, entry = placed.service, placed.spec.topology[placed.mode].entry
    issuer = entry.tls.issuer if entry.tls and entry.service == placed.id else None
    line = rf"{kind}Challenge[\"']?:"
    if issuer and _KINDS.get(issuer.challenge) != kind:
        yield _at_line(
            text, line, f"the file sets the {kind} challenge, but `entry.tls.issuer` says {issuer.challenge}", kind
        )
        return
    answering = [point] if point in told.points else sorted(told.with_tls & set(told.points)) or list(told.points)
    if issuer and _ASKED_AT[kind] not in {each.port for each in service.publish.values()}:
        return  # PLB556 says so
    numbers = {told.points[each] for each in answering}
    published = {each.port for name, each in service.publish.items() if service.ports.get(name) in numbers}
    if answering and service.publish and _ASKED_AT[kind] not in published and point in ("", *told.points):
        where = ", ".join(map(str, sorted(published))) or "nowhere"
        message = (
            f"issuers ask port {_ASKED_AT[kind]}, but entry point {' or '.join(answering)} is published at {where}"
        )
        also = ((placed.path("publish"), "what is published"),)
        found = re.search(line, text.literal)
        yield Violation(text.path, message, location=text.at(found.start() if found else 0), also=also)


def _static(files: list[Read]) -> WrittenText | None:
    """The file with the entry points."""
    return next((text for text, file in files if "entryPoints" in file), None)


def _listening(placed: Placed, files: list[Read]) -> _Listening:
    points: dict[str, int] = {}
    challenges: dict[str, str] = {}
    for _, file in files:
        for name, each in mapping(file, "entryPoints").items():
            if found := re.fullmatch(r".*:(\d+)(?:/tcp)?", str(dig(each, "address"))):
                points[str(name)] = int(found[1])
        for each in mapping(file, "certificatesResolvers").values():
            for kind in _ASKED_AT:
                if kind + "Challenge" in mapping(each, "acme"):
                    challenges[kind] = str(dig(each, "acme", f"{kind}Challenge", "entryPoint") or "")
    routers = [
        each for _, file in files for kind in ("http", "tcp") for each in mapping(file, kind, "routers").values()
    ]
    secured = {str(name) for each in routers if "tls" in mapping(each) for name in dig(each, "entryPoints") or ()}
    return _Listening(points, challenges, frozenset(secured))
