"""PLB711…: probes of features ask what can be asked, and their answers fit what the matrix says."""

import re
from collections.abc import Iterator

from plumbline.effective.deployment import services_of
from plumbline.effective.expression_names import SECRET_FOLDER
from plumbline.effective.probe_answers import decide_answer
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.probe import (
    KINDS,
    AddressProbe,
    CommandProbe,
    HttpProbe,
    LinkQuestion,
    MetricProbe,
    PortQuestion,
    Probe,
    SqlProbe,
    VariableProbe,
)
from schema.service import Service
from validators.rules.connecting import MADE, names_made
from validators.rules.parity_examples import example
from validators.rules.program_ports import SERVERS
from validators.rules.registry import Violation, rule


def all_probes(spec: Spec) -> Iterator[tuple[PathText, Probe]]:
    """Every probe with its path."""
    for name, feature in spec.parity.features.items():
        for index, probe in enumerate(feature.probes):
            yield path_of("parity", "features", name, "probes", index), probe


@rule(
    "PLB711",
    title="Probe without exactly one answerable question",
    why="A probe without a question proves nothing. One that cannot be asked fails in every mode.",
    fix=f"Ask exactly one of {', '.join(KINDS)}. Name a port, secret or variable that the service has.",
    failing=example(probe="{shows: s, answers: {single: open, second: open}, tcp: {service: db, port: sqll}}"),
    passing=example(
        probe="{shows: s, answers: {single: open, second: open}, caller: web, tcp: {service: db, port: sql}}"
    ),
)
def askable_probe(spec: Spec) -> Iterator[Violation]:
    """Probes with no kind or several, and those whose port, publication, secret or variable isn't there."""
    for path, probe in all_probes(spec):
        given = [kind for kind in KINDS if getattr(probe, kind) is not None]
        if len(given) != 1:
            yield Violation(
                path, f"the probe has {' and '.join(given) if given else 'no question'}, but needs exactly one"
            )
            continue
        yield from (Violation(path_of(path, given[0]), message) for message in _unaskable(spec, probe))


def _unaskable(spec: Spec, probe: Probe) -> Iterator[str]:
    question = probe.question
    for mode in spec.modes:
        service = services_of(spec, mode).get(question.service) if question else None
        if service is None:
            continue
        match question:
            case PortQuestion() if question.port not in service.ports:
                yield f"`{question.service}` has no port `{question.port}`; it has {', '.join(service.ports) or 'none'}"
                return
            case LinkQuestion() if probe.caller is None and question.port not in service.publish:
                yield f"mode {mode} does not publish `{question.port}` of `{question.service}`; add a `caller`"
            case HttpProbe() if (
                question.tenant_host and not spec.tenants.tenants and "{tenant}" in spec.platform.domain
            ):
                yield "it asks with a tenant's host name, but the spec has no tenants"
                return
            case SqlProbe() if question.password not in service.secrets:
                yield f"`{question.service}` has no secret `{question.password}` in mode {mode}"
            case SqlProbe() if problem := _not_made(spec, service, question):
                yield problem
                return
            case MetricProbe() if (program := _program(spec, service)) in SERVERS and program not in _METRICS:
                yield f"`{question.service}` runs {program}, which answers no queries of metrics"
                return
            case CommandProbe() if lost := sorted(_secrets_in(question) - service.secrets.keys()):
                yield f"the command reads secret `{lost[0]}`, which `{question.service}` is not given"
                return
            case VariableProbe() if question.name in {use.environment for use in service.secrets.values()}:
                yield f"`{question.name}` holds a secret in mode {mode}, and its answer would show it"


def _asked_at(spec: Spec, path: PathText, probe: Probe) -> tuple[tuple[PathText, str], ...]:
    """Where a probe says whom it asks from where, and where the one that is asked says what is published."""
    caller = ((path_of(path, "caller"), "from where it is asked"),) if probe.caller else ()
    if not isinstance(probe.question, AddressProbe):
        return caller
    asked = spec.services.get(probe.question.service)
    modes = [mode for mode, override in asked.modes.items() if override.publish] if asked else []
    at = path_of("services", probe.question.service)
    published = [path_of(at, "modes", mode, "publish") for mode in modes]
    published += [path_of(at, "publish")] if asked and asked.publish else []
    return (*caller, *((each, "what is published") for each in published))


_METRICS = frozenset({"prometheus", "victoria-metrics"})
"""Programs of `SERVERS` that answer queries of metrics."""
_SECRET = re.compile(rf"{SECRET_FOLDER}/([\w-]+)")


def _program(spec: Spec, service: Service) -> str:
    image = spec.images.images.get(service.image)
    return image.repository.rpartition("/")[2] if image else ""


def _not_made(spec: Spec, service: Service, question: SqlProbe) -> str | None:
    """What is wrong with a question in SQL: its role or database is none that the store makes."""
    roles, databases = names_made(spec, service)
    made = {name for text in spec.templates.values() for name in MADE.findall(text)}
    for kind, name, known in (("role", question.user, roles), ("database", question.database, databases)):
        if known and name not in known | made:
            return f"`{question.service}` does not create the {kind} `{name}`; it creates {', '.join(sorted(known))}"
    return None


def _secrets_in(question: CommandProbe) -> set[str]:
    return {name for word in question.run for name in _SECRET.findall(word)}


@rule(
    "PLB712",
    title="Probe without an answer for every mode",
    why="A mode without an answer is not compared.",
    fix="Add an answer for each mode; if a mode does not run the service, write `not deployed`.",
    failing=example(probe="{shows: s, answers: {single: open}, caller: web, tcp: {service: db, port: sql}}"),
    passing=example(
        probe="{shows: s, answers: {single: open, second: open}, caller: web, tcp: {service: db, port: sql}}"
    ),
)
def unanswered_probe(spec: Spec) -> Iterator[Violation]:
    """Probes that leave out a mode."""
    for path, probe in all_probes(spec):
        if missing := [mode for mode in spec.modes if mode not in probe.answers]:
            yield Violation(path_of(path, "answers"), f"there is no answer for mode {' and '.join(missing)}")


@rule(
    "PLB713",
    title="Probe answers that contradict the declared parity",
    why="«Full» with different answers is wrong, and so is a divergence that no answer shows.",
    fix="Correct the answers, or the feature's `parity`.",
    failing=example(
        probe="{shows: s, answers: {single: open, second: closed}, caller: web, tcp: {service: db, port: sql}}"
    ),
    passing=example(
        probe="{shows: s, answers: {single: open, second: open}, caller: web, tcp: {service: db, port: sql}}"
    ),
)
def fitting_answers(spec: Spec) -> Iterator[Violation]:
    """Full features whose probes answer differently, divergent ones whose probes all answer the same."""
    for name, feature in spec.parity.features.items():
        differing = [index for index, probe in enumerate(feature.probes) if len(set(probe.answers.values())) > 1]
        path = path_of("parity", "features", name)
        if feature.parity == "full":
            for index in differing:
                yield Violation(
                    path_of(path, "probes", index, "answers"),
                    f"feature {name} is `full`, but its modes answer differently",
                )
        elif feature.parity == "divergent" and feature.probes and not differing:
            yield Violation(path_of(path, "probes"), f"feature {name} is `divergent`, but no probe answers differently")


@rule(
    "PLB721",
    title="Probe answer that the spec contradicts",
    why="The matrix declares that two services are kept apart, or where one listens. The spec says otherwise.",
    fix="Correct the answer, or the service in the spec. Use a `command` to ask for what only the image knows.",
    failing=example(
        probe="{shows: s, answers: {single: closed, second: closed}, caller: web, tcp: {service: db, port: sql}}"
    ),
    passing=example(
        probe="{shows: s, answers: {single: open, second: open}, caller: web, tcp: {service: db, port: sql}}"
    ),
)
def contradicted_answer(spec: Spec) -> Iterator[Violation]:
    """Declared answers that cannot come: by placement, segments, needs, publications, variables, and what is mounted."""
    for path, probe in all_probes(spec):
        for mode, answer in probe.answers.items():
            known = decide_answer(spec, mode, probe) if mode in spec.topology else None
            if known is None or known.allows(answer):
                continue
            wanted = " or ".join(f"`{each}`" for each in known.answers) or f"not `{answer}`"
            yield Violation(
                path_of(path, "answers", mode),
                f"mode {mode} answers {wanted}, but `{answer}` is declared: {known.why}",
                expected=" or ".join(known.answers) or None,
                observed=answer,
                also=_asked_at(spec, path, probe),
            )
