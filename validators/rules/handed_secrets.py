"""PLB609, PLB610, PLB611: which services have a secret, and by which variables."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from plumbline.effective.deployment import services_of
from plumbline.effective.per_spec import per_spec
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once, placed_services
from validators.rules.registry import Violation, rule
from validators.rules.written import WrittenText, of_services

_READER = """\
services/reader.yaml:
  {{title: Reader, summary: Reads., image: traefik, ports: {{http: 80}}, needs: {{db: sql}}, segments: [back], secrets: {0},
   environment: {3}}}
topology/single.yaml: {{roles: {{host: {{services: [web, db, reader]}}}}}}
services/web.yaml: {{secrets: {1}, needs: {2}}}
"""
_DB = "{db: sql}"
_ASKS = "{DB: {template: \"{{ host('db') }}\"}}"


def _names(text: WrittenText, word: str) -> bool:
    """Whether a text has it as a word: a metric's name that begins with a service's is none."""
    if word in text.named:
        return True
    whole = re.compile(rf"(?<![A-Za-z0-9_-]){re.escape(word)}(?![A-Za-z0-9_-])")
    return any(word in each and whole.search(each) for each in (text.shown, text.literal))


@per_spec
def _own(spec: Spec, mode: str) -> Mapping[str, frozenset[str]]:
    """Secrets by which each service lets others in: it has them, and it needs nobody who has them."""
    services = services_of(spec, mode)
    return {
        name: frozenset(service.secrets).difference(
            *(services[need].secrets for need in service.needs if need in services)
        )
        for name, service in services.items()
    }


@per_spec
def _users(spec: Spec, mode: str) -> Mapping[tuple[str, str], tuple[int, Counter[str]]]:
    """How many services need another at a port, and how many of them have each secret."""
    found: dict[tuple[str, str], tuple[int, Counter[str]]] = {}
    for name, service in services_of(spec, mode).items():
        for need in service.needs.items():
            if _collects(spec, mode, name, *need):
                continue
            number, having = found.get(need, (0, Counter()))
            having.update(service.secrets.keys())
            found[need] = number + 1, having
    return found


def _collects(spec: Spec, mode: str, name: str, need: str, port: str) -> bool:
    """Whether all that one asks the other for is its metrics, which `metrics.secret` opens where anything has to."""
    asked = services_of(spec, mode).get(need)
    return (
        name in spec.monitoring.collectors
        and asked is not None
        and asked.metrics is not None
        and asked.metrics.port == port
    )


@per_spec
def _opened(spec: Spec, mode: str) -> Mapping[str, frozenset[str]]:
    """The services that each secret opens for others who need them."""
    services, own = services_of(spec, mode), _own(spec, mode)
    found: dict[str, set[str]] = {}
    for service in services.values():
        for secret in service.secrets:
            opened = (need for need in service.needs if need in services and secret in own[need])
            found.setdefault(secret, set()).update(opened)
    return {secret: frozenset(names) for secret, names in found.items()}


@rule(
    "PLB609",
    title="Service without the secret of what it needs",
    why="It reaches the port and is refused. It never becomes healthy, or fails at its first request.",
    fix="Add the secret to `secrets` of the service.",
    failing=_READER.format("{}", "{db_password: {}}", _DB, _ASKS),
    passing=_READER.format("{db_password: {}}", "{db_password: {}}", _DB, _ASKS),
)
def lacks_secret(spec: Spec) -> Iterator[Violation]:
    """Services that need another and lack the secret that all others have who need it at that port."""
    yield from once(_lacking(spec))


def _lacking(spec: Spec) -> Iterator[Violation]:
    for placed, texts in of_services(spec):
        services = services_of(spec, placed.mode)
        for need, port in placed.service.needs.items():
            # a need that no text names may be there for the order of starting alone
            if need not in services or not any(_names(text, need) for text in texts):
                continue
            if _collects(spec, placed.mode, placed.id, need, port):
                continue
            number, having = _users(spec, placed.mode)[need, port]
            theirs = _own(spec, placed.mode)[need]
            if any(having[secret] == 1 for secret in theirs & placed.service.secrets.keys()):
                continue  # a role of its own
            for secret in sorted(theirs - placed.service.secrets.keys()):
                if having[secret] == number - 1 > 0:  # all but this one
                    path = placed.path("secrets") if spec.has(placed.path("secrets")) else placed.path("needs", need)
                    message = (
                        f"`{placed.id}` needs `{need}` but lacks `{secret}`, which all other services that need it have"
                    )
                    yield Violation(path, message, f"add `{secret}: {{}}` to `secrets` of {placed.id}")


@rule(
    "PLB610",
    title="Secret of a service that is not needed",
    why="An attacker in this container gets the key of a store that the service does not use.",
    fix="Remove the secret, or add the service that it opens to `needs`.",
    failing=_READER.format("{db_password: {}}", "{db_password: {}}", "null", _ASKS),
    passing=_READER.format("{db_password: {}}", "{}", "null", _ASKS),
)
def idle_secret(spec: Spec) -> Iterator[Violation]:
    """Secrets that open a service for those who need it, at one who does not, and whose own texts do not name it."""
    yield from once(_idle(spec))


def _idle(spec: Spec) -> Iterator[Violation]:
    whole = {mode: _is_whole(spec, mode) for mode in spec.modes}
    for placed, texts in of_services(spec):
        if not whole[placed.mode]:
            continue  # whose a secret is follows from the needs
        for secret, use in placed.service.secrets.items():
            opened = _opened(spec, placed.mode)[secret] - {placed.id}
            # of one that is named and no need PLB116 says so
            words = (secret, *opened)
            told = use.variable or use.environment or any(_names(text, word) for text in texts for word in words)
            if opened and not opened & placed.service.needs.keys() and not told:
                message = f"`{secret}` opens `{sorted(opened)[0]}`, which `{placed.id}` does not need"
                yield Violation(placed.path("secrets", secret), message, at_key=True)


def _is_whole(spec: Spec, mode: str) -> bool:
    """Whether the mode runs all that its services need."""
    services = services_of(spec, mode)
    return all(need in services for each in services.values() for need in each.needs)


@rule(
    "PLB611",
    title="Variable set twice",
    why="The process gets only one of the two values, and the file does not say which.",
    fix="Give each secret its own variable, and remove that variable from `environment`.",
    failing="services/db.yaml: {environment: {POSTGRES_PASSWORD_FILE: /tmp/password}}",
    passing="services/db.yaml: {environment: {LANG: C}}",
)
def set_twice(spec: Spec) -> Iterator[Violation]:
    """Variables of two secrets, or of a secret and the environment."""
    yield from once(found for placed in placed_services(spec) for found in _twice(placed))


def _twice(placed: Placed) -> Iterator[Violation]:
    taken = {name: placed.path("environment", name) for name in placed.service.environment}
    for secret, use in placed.service.secrets.items():
        for field in ("variable", "environment"):
            name = getattr(use, field)
            path = path_of(placed.path("secrets", secret), field)
            if name and name in taken:
                yield Violation(path, f"`{name}` is already set", observed=name, also=((taken[name], "the other"),))
            elif name:
                taken[name] = path
