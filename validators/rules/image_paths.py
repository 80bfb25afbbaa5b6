"""PLB433: paths of health checks, metrics and probes, held against those at which the image's server answers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.contract import HttpAnswer
from schema.probe import HttpProbe
from validators.rules.effective_services import Placed, once
from validators.rules.probes import all_probes
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services

_OWN_URL = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\]):(?P<port>\d+)(?P<path>/[A-Za-z0-9._~%/@+:,-]*|)")
_ALIKE = 0.8
"""How much alike two paths are where one was probably meant for the other."""
_CONTRACT = """
contracts/traefik.yaml:
  read: {tag: v3.7.13}
  answers: {/ping: {serves: health, port: 8080, source: "github.com/traefik/traefik pkg/ping/ping.go"}}
"""


@rule(
    "PLB433",
    title="Request for health or metrics that the image does not answer",
    why="The server answers 404, or nothing listens: the service never becomes healthy, or its metrics never arrive.",
    fix="Ask at a path and port of the image's contract. If the image answers there, add the path with its source.",
    failing=_CONTRACT + "services/web.yaml: {health: {http: {port: http, path: /pong}}}\n",
    passing=_CONTRACT,
)
def unanswered(spec: Spec) -> Iterator[Violation]:
    """Health checks and metrics at a path that the image's contract does not list, or at another port than answers it.

    A probe may ask for any path; of one that is almost a path of the contract, or that of the health check, a letter is wrong.
    """
    yield from once(
        found
        for placed, texts in of_services(spec)
        for asked in _requests(placed, texts)
        for found in _unanswered(placed, texts, asked)
    )
    for path, probe in all_probes(spec):
        if isinstance(probe.question, HttpProbe) and probe.question.service in spec.services:
            yield from _mistyped(spec, path_of(path, "http", "path"), probe.question)


def _mistyped(spec: Spec, at: PathText, question: HttpProbe) -> Iterator[Violation]:
    service = spec.services[question.service]
    known = {service.health.http.path} if service.health and service.health.http else set()
    known |= set(spec.contracts[service.image].answers) if service.image in spec.contracts else set()
    path = question.path.partition("?")[0]
    close = get_close_matches(path, known, n=1, cutoff=_ALIKE)
    if path not in known and close and not path.startswith(f"{close[0]}/"):
        message = f"the probe asks `{question.service}` for `{path}`, but its health check or contract has `{close[0]}`"
        yield Violation(at, message, f"did you mean `{close[0]}`?", expected=close[0], observed=path)


@dataclass(frozen=True, slots=True)
class _OwnRequest:
    """A request that a service's own server is to answer."""

    serves: str
    port: int
    path: str
    at_path: PathText
    at_port: PathText


def _requests(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[_OwnRequest]:
    service = placed.service
    if service.health and service.health.http and service.health.http.port in service.ports:
        http, at = service.health.http, path_of(placed.path("health"), "http")
        yield _OwnRequest("health", service.ports[http.port], http.path, path_of(at, "path"), path_of(at, "port"))
    if service.metrics and service.metrics.port in service.ports:
        at = placed.path("metrics")
        number, path = service.ports[service.metrics.port], service.metrics.path
        written = path_of(at, "path") if placed.spec.has(path_of(at, "path")) else at
        yield _OwnRequest("metrics", number, path, written, path_of(at, "port"))
    for text in texts:
        if text.where == Where.HEALTH:
            for url in _OWN_URL.finditer(text.shown):
                yield _OwnRequest("health", int(url["port"]), url["path"] or "/", text.path, text.path)


def _unanswered(placed: Placed, texts: tuple[WrittenText, ...], asked: _OwnRequest) -> Iterator[Violation]:
    contract = placed.spec.contracts.get(placed.service.image)
    known = {path: each for path, each in contract.answers.items() if each.serves == asked.serves} if contract else {}
    if not known:
        return
    what = f"the health check of {placed.id} asks" if asked.serves == "health" else f"the metrics of {placed.id} are at"
    path = asked.path.partition("?")[0]
    also = ((path_of("contracts", placed.service.image, "answers"), "what the image answers"),)
    answer = _answering(known, path, texts)
    if answer is None:
        close = get_close_matches(path, known, n=1)
        yield Violation(
            asked.at_path,
            f"{what} {path}, which {placed.service.image} does not answer",
            f"did you mean `{close[0]}`?" if close else None,
            expected=", ".join(known),
            observed=path,
            also=also,
        )
    elif asked.port != answer.port and answer.port in placed.service.ports.values():
        yield Violation(
            asked.at_port,
            f"{what} port {asked.port}, but {placed.service.image} answers {path} at {answer.port}",
            expected=str(answer.port),
            observed=str(asked.port),
            also=also,
            explains=tuple((placed.id, collector) for collector in placed.spec.monitoring.collectors),
        )


def _answering(known: Mapping[str, HttpAnswer], path: str, texts: tuple[WrittenText, ...]) -> HttpAnswer | None:
    """What answers a path; also behind a prefix, where one is configured."""
    for each, answer in known.items():
        if path == each or (answer.below and path.startswith(f"{each}/")):
            return answer
        if path.endswith(each) and _is_configured(path.removesuffix(each), texts):
            return answer
    return None


def _is_configured(prefix: str, texts: tuple[WrittenText, ...]) -> bool:
    """Whether a text of the service ends a path or a URL with it, as an option for a prefix does."""
    written = re.compile(rf"{re.escape(prefix)}/?(?![\w/.-])")
    return any(written.search(text.shown) for text in texts if text.where != Where.HEALTH)
