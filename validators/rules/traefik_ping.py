"""PLB158: Traefik's own health check, and what has to answer it."""

import re
from collections.abc import Iterator

import yaml

from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once, raw
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services
from validators.rules.yaml_texts import document_of

_CHECKED = "services/web.yaml: {command: [%s], health: {command: [traefik, healthcheck, --ping]}}\n"


@rule(
    "PLB158",
    title="Health check that asks a ping which Traefik does not serve",
    why=(
        "`traefik healthcheck` requests /ping. If ping is off, the response is 404, Traefik is never healthy, and "
        "the services that wait for it never start."
    ),
    fix="Add `ping: {}` to Traefik's static file or `--ping` to its command, or use another health check.",
    failing=_CHECKED % '"--log.level=INFO"',
    passing=_CHECKED % '"--ping"',
)
def never_pinged(spec: Spec) -> Iterator[Violation]:
    """Services whose check is `traefik healthcheck`, and whose command and files turn no ping on."""
    return once(found for placed, texts in of_services(spec) for found in _unanswered(placed, texts))


def _unanswered(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[Violation]:
    command = " ".join(raw(word) for word in (placed.service.health and placed.service.health.command) or ())
    if not all(text.resolves for text in texts):
        return
    if re.search(r"\btraefik healthcheck\b", command) and not any(_turns_on(text) for text in texts):
        yield Violation(placed.path("health"), f"{placed.id} serves no ping for its health check", observed=command)


def _turns_on(text: WrittenText) -> bool:
    if text.where == Where.COMMAND:
        return re.search(r"(?i)(^|\s)--ping(=true|\.|\s|$)", text.shown) is not None
    if text.where == Where.VARIABLE:
        return text.name.upper().startswith("TRAEFIK_PING")
    if text.where != Where.CONFIG:
        return False
    try:
        document = document_of(text.shown)
    except yaml.YAMLError:
        # TOML, or a file that PLB140 says something about
        return re.search(r"(?m)^\s*\[ping\]", text.shown) is not None
    return isinstance(document, dict) and "ping" in document
