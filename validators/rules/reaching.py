"""PLB136, PLB156, PLB229, PLB230, PLB423, PLB724: what is not there, or not reached, where and when a service asks for it."""

import re
from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from ipaddress import IPv4Network, ip_network

from plumbline.effective.deployment import deployments, services_of
from plumbline.effective.expression_names import tenant_names
from plumbline.expressions.rendering import ExpressionError, value_text
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from validators.rules.cloud_reach import URL_OUTSIDE, is_outside
from validators.rules.effective_services import Placed, once, placed_services
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services, without_comments, written_texts

_PROFILED = "services/db.yaml: {profile: stores}\n"


@rule(
    "PLB136",
    title="Need for a service in another profile",
    why="A start without that profile starts the service but not what it needs, so it never becomes healthy.",
    fix="Remove `profile` from the need, give both the same profile, or list the need in `tolerates`.",
    failing=_PROFILED,
    passing=_PROFILED + "services/web.yaml: {tolerates: [db]}\n",
)
def left_out(spec: Spec) -> Iterator[Violation]:
    """Needs that another profile leaves out, and that the user does not do without."""
    yield from once(_left_out(spec))


def _left_out(spec: Spec) -> Iterator[Violation]:
    for placed in placed_services(spec):
        services = services_of(spec, placed.mode)
        for need in placed.service.needs:
            other = services.get(need)
            if other and other.profile not in (None, placed.service.profile) and need not in placed.service.tolerates:
                path = placed.path("needs", need)
                where = next(each for each in placed_services(spec) if (each.mode, each.id) == (placed.mode, need))
                yield Violation(
                    where.path("profile"),
                    f"`{placed.id}` needs `{need}`, but starts without profile {other.profile}",
                    also=((path, "the need"),),
                )


_EXTRA = "networks.yaml: {{networks: {{back: {{modes: {{single: {{subnet: {0}, internal: true}}}}}}}}}}\n"


@rule(
    "PLB229",
    title="Segment with too few addresses",
    why="Network, gateway and broadcast take three addresses. The last containers get none and do not start.",
    fix="Give the segment a larger range, for example a /24.",
    failing=_EXTRA.format("172.29.1.0/29")
    + "".join(
        f"services/s{n}.yaml: {{title: S, summary: S., image: traefik, segments: [back], ports: {{http: 80}}}}\n"
        for n in range(5)
    )
    + "topology/single.yaml: {roles: {host: {services: [web, db, s0, s1, s2, s3, s4]}}}\n",
    passing=_EXTRA.format("172.29.1.0/29"),
)
def too_small(spec: Spec) -> Iterator[Violation]:
    """Segments with more containers on a node than addresses."""
    for deployment in deployments(spec):
        joined = Counter(name for each in deployment.services.values() for name in set(each.segments))
        for name, containers in joined.items():
            network = spec.networks.networks.get(name)
            if network is None or deployment.mode not in network.modes:
                continue
            subnet = network.modes[deployment.mode].subnet
            room = ip_network(subnet, strict=False).num_addresses - 3
            if containers > room:
                message = (
                    f"{containers} services of role {deployment.role} join this segment, which has room for {room}"
                )
                yield Violation(path_of("networks", name, "modes", deployment.mode, "subnet"), message, observed=subnet)


_DOCKERS_OWN = ip_network("172.17.0.0/16")


@rule(
    "PLB230",
    title="Segment whose range is already in use",
    why=(
        "Docker refuses the range of its own bridge, and hosts that really are in the range become unreachable "
        "from the node."
    ),
    fix="Choose an unused private range, for example from 172.28.0.0/14.",
    failing=_EXTRA.format("172.17.1.0/24"),
    passing=_EXTRA.format("172.28.1.0/24"),
)
def others_range(spec: Spec) -> Iterator[Violation]:
    """Segments in the range of Docker's own bridge, in public ranges, or in those that the cloud's firewall names."""
    for name, network in spec.networks.networks.items():
        for mode, each in network.modes.items():
            subnet = _range(each.subnet)
            if subnet is None:
                continue
            path = path_of("networks", name, "modes", mode, "subnet")
            if subnet.overlaps(_DOCKERS_OWN):
                yield Violation(path, f"{_DOCKERS_OWN} is the range of Docker's own bridge", observed=each.subnet)
            elif subnet.is_global:
                yield Violation(
                    path, f"{each.subnet} is a public range: its real hosts become unreachable", observed=each.subnet
                )
            elif mode in spec.topology and (owner := next(_named(spec, mode, subnet), None)):
                yield Violation(path, f"{owner} is in this range", observed=each.subnet)


def _named(spec: Spec, mode: str, subnet: IPv4Network) -> Iterator[str]:
    """Addresses and peers of a mode's cloud that lie in a range."""
    cloud = spec.topology[mode].cloud
    if cloud is None:
        return
    for name, address in cloud.addresses.items():
        if (found := _range(address)) and found.overlaps(subnet):
            yield f"`{name}` ({address})"
    names = tenant_names(spec, mode, "example", 1)
    for each in (*cloud.firewall.inbound, *cloud.firewall.outbound):
        for peer in each.peers:
            try:
                text = value_text(peer, names)
            except ExpressionError:
                continue  # PLB212 says so
            if (found := _range(text)) and found.prefixlen > 8 and found.overlaps(subnet):
                yield f"{text} of «{each.title}»"


def _range(text: str) -> IPv4Network | None:
    try:
        found = ip_network(text)
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None


_HEALTH_HOST = re.compile(r"(?:(?<=\s)(?:-h|--host|--hostname)[ =]|://(?:[^/@\s]*@)?)(?P<host>[A-Za-z0-9][\w.-]*)")
_ITSELF = re.compile(r"localhost|127(\.\d+){3}|0\.0\.0\.0")


@rule(
    "PLB423",
    title="Health check that asks only another service",
    why=(
        "It reports the other service's state: this one counts as healthy while it is dead, and restarts when the "
        "other is down."
    ),
    fix="Ask the service itself, at 127.0.0.1. The health checks of its needs ask those.",
    failing="services/web.yaml: {health: {http: null, command: [pg_isready, -h, db, -U, sample]}}",
    passing="services/web.yaml: {health: {http: null, command: [wget, -q, 'http://127.0.0.1/']}}",
)
def asks_another(spec: Spec) -> Iterator[Violation]:
    """Checks whose hosts are all other services."""
    yield from once(_asking_others(spec))


def _asking_others(spec: Spec) -> Iterator[Violation]:
    for placed, texts in of_services(spec):
        words = [text for text in texts if text.where == Where.HEALTH]
        hosts = _HEALTH_HOST.findall(" ".join(text.shown for text in words))
        others = [host for host in hosts if host in spec.services and host != placed.id]
        itself = [host for host in hosts if _ITSELF.fullmatch(host) or host == placed.id]
        if others and not itself:
            text = next((each for each in words if others[0] in each.shown), words[0])
            yield Violation(text.path, f"the health check of `{placed.id}` asks `{others[0]}`", observed=others[0])


_OF_ITS_OWN = re.compile(
    r"(?:^|_)(?:ROOT|PUBLIC|EXTERNAL|BASE|SITE|ORIGINS?|ISSUER|DOMAIN|REDIRECT|NAMESPACE|SCHEMA|LINK|DOCS?)(?:_|$)"
)
_CALLED = "services/web.yaml: {environment: {API_URL: https://api.example.org/v1}}\n"


@rule(
    "PLB724",
    title="External endpoint of a service without egress",
    why="The first request hangs until it times out, and whatever needs it fails.",
    fix="Name a service of the mode, or leave the URL out there: a variable with `null`, a file's or command's part with `if`. If the "
    "service may reach the internet, set `egress: true` in the mode, and let it join a segment that is not internal.",
    failing=_CALLED + "topology/single.yaml: {egress: false}\n",
    passing=_CALLED + "topology/single.yaml: {egress: true}\n",
)
def nowhere_to_go(spec: Spec) -> Iterator[Violation]:
    """URLs of hosts outside that sealed modes, and services in internal networks alone, are to connect to; not the platform's own."""
    yield from once(_nowhere(spec))


def _nowhere(spec: Spec) -> Iterator[Violation]:
    own = spec.platform.domain.rpartition("{tenant}")[2].lstrip(".-")
    for text in written_texts(spec):
        shut, also = _shut(text.placed)
        for url in _called(text) if shut else ():
            if is_outside(url["host"]) and not (own and url["host"].endswith(own)):
                message = f"{shut}, but this connects to {url['host']}"
                at = text.at_word(url[0])
                yield Violation(text.path, message, observed=url["host"], also=also, location=at)


_CALLING = re.compile(
    r"^\s*(?:-\s+)?[\"']?(?:\w+[._-])?(?:url|uri|endpoint|server|host|target|address|upstream|push|remote)s?[\"']?\s*[:=]\s*\[?\s*[\"']?$",
    re.IGNORECASE,
)
"""What stands before a URL in a configuration file that a program connects to; elsewhere it may be a link or a name."""


def _called(text: WrittenText) -> Iterator[re.Match[str]]:
    """URLs that a text has a program connect to."""
    if (text.where == Where.VARIABLE and not _OF_ITS_OWN.search(text.name)) or (
        text.where == Where.COMMAND and not _OF_ITS_OWN.search(_option_of(text).upper())
    ):
        yield from URL_OUTSIDE.finditer(text.shown)
    elif text.where == Where.CONFIG:
        shown = without_comments(text.shown)
        for url in URL_OUTSIDE.finditer(shown):
            before = shown[shown.rfind("\n", 0, url.start()) + 1 : url.start()]
            if _CALLING.match(before) and not _OF_ITS_OWN.search(before.strip(" \t-:=\"'").upper()):
                yield url


def _option_of(text: WrittenText) -> str:
    """The option that a word of a command is the value of."""
    name = text.shown.partition("=")[0] if text.shown.startswith("-") else text.before
    return re.sub(r"[.-]", "_", name.lstrip("-"))


def _shut(placed: Placed) -> tuple[str, tuple[tuple[PathText, str], ...]]:
    """Why a service gets nowhere outside, and where that is said; empty where it does."""
    if not placed.spec.topology[placed.mode].egress:
        return f"mode {placed.mode} has no egress", ()
    networks = [placed.spec.networks.networks.get(each) for each in placed.service.segments]
    inside = [network.modes[placed.mode].internal for network in networks if network and placed.mode in network.modes]
    if inside and all(inside):
        also = ((placed.path("segments"), "the networks that it joins"),)
        return f"all networks of {placed.id} are internal in mode {placed.mode}", also
    return "", ()


_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9]{0,15})(?P<colon>:?)//(?=[\w\[])")
_SCHEMES = frozenset({
    "amqp", "amqps", "file", "ftp", "ftps", "git", "grpc", "grpcs", "http", "https", "ldap",
    "ldaps", "mongodb", "mysql", "nats", "postgres", "postgresql", "redis", "rediss", "s3", "sftp", "smtp",
    "smtps", "socks5", "ssh", "tcp", "tls", "udp", "unix", "ws", "wss",
})  # fmt: skip


@rule(
    "PLB156",
    title="URL with a misspelled scheme",
    why="No client knows the scheme. The error often appears only at the first request.",
    fix="Write the intended scheme, followed by `://`.",
    failing="services/web.yaml: {environment: {API_URL: htps://api.example.org/v1}}\n",
    passing="services/web.yaml: {environment: {API_URL: https://api.example.org/v1}}\n",
)
def misspelled_scheme(spec: Spec) -> Iterator[Violation]:
    """Variables that begin with nearly a scheme, or with one that lacks its colon; a scheme that is like none is somebody's own."""
    yield from once(
        found for text in written_texts(spec) if text.where == Where.VARIABLE for found in _misspelled(text)
    )


def _misspelled(text: WrittenText) -> Iterator[Violation]:
    found = _SCHEME.match(text.shown)
    if found is None:
        return
    scheme = found["scheme"]
    meant = [scheme] if scheme in _SCHEMES else get_close_matches(scheme, _SCHEMES, n=1, cutoff=0.8)
    if meant and not (scheme in _SCHEMES and found["colon"]):
        hint = f"did you mean `{meant[0]}://`?"
        yield Violation(text.path, f"`{found[0]}` is not a URL scheme", hint, observed=found[0])
