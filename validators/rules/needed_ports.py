"""PLB151: the port of a needed service that texts name, held against the port of the need."""

from collections.abc import Iterator

from plumbline.effective.deployment import roles_of, services_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services

_ASKS = """
services/db.yaml: {{ports: {{sql: 5432, admin: 5433}}}}
services/web.yaml: {{environment: {{ADMIN: {{template: "{{{{ address('db', '{0}') }}}}"}}}}}}
"""


@rule(
    "PLB151",
    title="Port that differs from the need's",
    why=(
        "Only the port in `needs` is published to other nodes and allowed by their firewalls. On another "
        "port, the service may also meet another protocol."
    ),
    fix="Name the port of the need in the expression, or correct the need.",
    failing=_ASKS.format("admin"),
    passing=_ASKS.format("sql"),
)
def another_port(spec: Spec) -> Iterator[Violation]:
    """Expressions with another port than the need's, where none names that one, or where the service is on another node."""
    yield from once(found for placed, texts in of_services(spec) for found in _another(placed, texts))


def _another(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[Violation]:
    services = services_of(placed.spec, placed.mode)
    texts = tuple(text for text in texts if text.where in (Where.COMMAND, Where.VARIABLE, Where.CONFIG))
    named = {pair for text in texts for pair in text.ports}
    here = set(roles_of(placed.spec, placed.mode, placed.id))
    for text in texts:
        for need, port in text.ports:
            wanted = placed.service.needs.get(need)
            if wanted is None or port == wanted or need not in services or wanted not in services[need].ports:
                continue
            elsewhere = bool(here - set(roles_of(placed.spec, placed.mode, need)))
            if elsewhere or (need, wanted) not in named:
                message = f"it connects to port `{port}` of `{need}`, but the need names `{wanted}`"
                also = ((placed.path("needs", need), "the need"),)
                yield Violation(text.path, message, expected=wanted, observed=port, location=text.at(0), also=also)
