"""PLB158: Traefik's own health check, and what has to answer it."""

import re
from collections.abc import Iterator

import yaml

from plumbline.spec.spec import Spec
from schema.service import HttpHealth
from validators.rules.effective_services import Placed, once, raw
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services
from validators.rules.yaml_texts import document_of

_CHECKED = "services/web.yaml: {command: [%s], health: {command: [traefik, healthcheck, --ping]}}\n"


@rule(
    "PLB158",
    title="Health check of Traefik without an enabled ping",
    why=(
        "`traefik healthcheck` requests /ping. If ping is off, the response is 404, Traefik is never healthy, and "
        "the services that wait for it never start."
    ),
    fix="Add `ping: {}` to Traefik's static file or `--ping` to its command, or use another health check.",
    failing=_CHECKED % '"--log.level=INFO"',
    passing=_CHECKED % '"--ping"',
)
def never_pinged(spec: Spec) -> Iterator[Violation]:
    """Services whose check is `traefik healthcheck` or asks /ping, and whose command and files serve none there."""
    return once(found for placed, texts in of_services(spec) for found in _unanswered(placed, texts))


def _unanswered(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[Violation]:
    if not all(text.resolves for text in texts):
        return  # PLB107 says so
    health = placed.service.health
    command = " ".join(raw(word) for word in (health and health.command) or ())
    is_on = any(_turns_on(text) for text in texts)
    if re.search(r"\btraefik healthcheck\b", command) and not is_on:
        yield Violation(
            placed.path("health"), f"the health check of {placed.id} needs ping, which is off", observed=command
        )
    if (
        health
        and health.http
        and not health.command
        and _is_traefik(placed)
        and not any(text.where == Where.CONFIG for text in texts)
    ):
        yield from _by_options(placed, texts, health.http, is_on)


def _is_traefik(placed: Placed) -> bool:
    image = placed.spec.images.images.get(placed.service.image)
    return image is not None and image.repository.rpartition("/")[2] == "traefik"


def _by_options(placed: Placed, texts: tuple[WrittenText, ...], asked: HttpHealth, is_on: bool) -> Iterator[Violation]:
    """Checks of /ping by HTTP, of a Traefik whose options say everything: ping is on, at an entry point on that port."""
    if asked.path != "/ping" or asked.port not in placed.service.ports:
        return
    options = _options(texts)
    points = {found[1].lower(): value for name, value in options.items() if (found := _ENTRY_POINT.fullmatch(name))}
    name = options.get("ping.entrypoint", "traefik")
    port = str(placed.service.ports[asked.port])
    if not is_on and "ping.entrypoint" not in options:
        yield Violation(
            placed.path("health"),
            f"the health check of {placed.id} needs ping, which is off",
            "add `--ping=true`",
            also=((placed.path("command"), "its options"),),
        )
    elif name.lower() not in points:
        known = ", ".join(points) or "none"
        message = f"ping is at entry point `{name}`, which {placed.id} does not define"
        yield Violation(placed.path("command"), message, expected=known, observed=name)
    elif (listens := points[name.lower()]).partition("/")[0].rpartition(":")[2] != port:
        message = f"ping listens on {listens}, but the health check uses port {port}"
        yield Violation(placed.path("command"), message, expected=f":{port}", observed=listens)


_ENTRY_POINT = re.compile(r"entrypoints\.([\w-]+)\.address")


def _options(texts: tuple[WrittenText, ...]) -> dict[str, str]:
    """Options of the command with a value, by their names in small letters, as Traefik reads them."""
    words = [text.shown for text in texts if text.where == Where.COMMAND and text.shown.startswith("--")]
    return {name[2:].lower(): value for name, _, value in (word.partition("=") for word in words)}


def _turns_on(text: WrittenText) -> bool:
    if text.where == Where.COMMAND:
        return re.search(r"(?i)(^|\s)--ping(=true|\.|\s|$)", text.shown) is not None
    if text.where == Where.VARIABLE:
        return text.name.upper().startswith("TRAEFIK_PING")
    if text.where != Where.CONFIG or "ping" not in text.shown:
        return False
    try:
        document = document_of(text.shown)
    except yaml.YAMLError:
        # TOML, or a file that PLB140 says something about
        return re.search(r"(?m)^\s*\[ping\]", text.shown) is not None
    return isinstance(document, dict) and "ping" in document
