"""PLB609, PLB610, PLB611: which services have a secret, and by which variables."""

from collections.abc import Iterator, Mapping

from plumbline.effective.deployment import services_of
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.service import Service
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
    return word in text.named or word in text.shown or word in text.literal


def _own(services: Mapping[str, Service], name: str) -> set[str]:
    """Secrets by which a service lets others in: it has them, and it needs nobody who has them."""
    service = services[name]
    others = {secret for need in service.needs if need in services for secret in services[need].secrets}
    return set(service.secrets) - others


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
            peers = [each for name, each in services.items() if name != placed.id and each.needs.get(need) == port]
            for secret in sorted(_own(services, need) - placed.service.secrets.keys()):
                if peers and all(secret in each.secrets for each in peers):
                    path = placed.path("secrets") if spec.has(placed.path("secrets")) else placed.path("needs", need)
                    message = (
                        f"`{placed.id}` needs `{need}` but lacks `{secret}`, which all other services that need it have"
                    )
                    yield Violation(path, message, f"add `{secret}: {{}}` to `secrets` of {placed.id}")


@rule(
    "PLB610",
    title="Secret of a service that is not needed",
    why="Whoever breaks into this container gets the key of a store that it does not use.",
    fix="Remove the secret, or add the service that it opens to `needs`.",
    failing=_READER.format("{db_password: {}}", "{db_password: {}}", "null", _ASKS),
    passing=_READER.format("{db_password: {}}", "{}", "null", _ASKS),
)
def idle_secret(spec: Spec) -> Iterator[Violation]:
    """Secrets that open a service for those who need it, at one who does not, and whose own texts do not name it."""
    yield from once(_idle(spec))


def _idle(spec: Spec) -> Iterator[Violation]:
    for placed, texts in of_services(spec):
        services = services_of(spec, placed.mode)
        if any(need not in services for each in services.values() for need in each.needs):
            continue  # whose a secret is follows from the needs
        for secret, use in placed.service.secrets.items():
            openers = {
                name for name, each in services.items() if secret in each.secrets and secret in _own(services, name)
            }
            opened = {
                name
                for name in openers - {placed.id}
                if any(secret in each.secrets and name in each.needs for each in services.values())
            }
            # of one that is named and no need PLB116 says so
            words = (secret, *opened)
            told = use.variable or use.environment or any(_names(text, word) for text in texts for word in words)
            if opened and not opened & placed.service.needs.keys() and not told:
                message = f"`{secret}` opens `{sorted(opened)[0]}`, which `{placed.id}` does not need"
                yield Violation(placed.path("secrets", secret), message, at_key=True)


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
