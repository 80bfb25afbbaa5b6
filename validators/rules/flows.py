"""PLB725…: flows of requests name what an earlier step gave."""

import re
from collections.abc import Iterator

from plumbline.effective.deployment import services_of
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.probe import FlowProbe, FlowStep
from validators.rules.parity_examples import example
from validators.rules.registry import Violation, rule

NAMED = re.compile(r"\$\{([a-z][a-z0-9_.]*)\}")
"""What stands for something in a step; `plumbline/stack/probe/flow.py` fills it in."""
_EVERY_ANSWER = ("status", "body")


def _example(answer: str, secrets: str = "[]") -> str:
    probe = f"{{shows: s, answers: {{single: ok, second: ok}}, flow: {{service: web, port: http, flow: ask, answer: '{answer}'}}}}"
    step = "{request: GET /token, keep: {token: /token}}"
    return example(probe=probe) + f"  flows: {{ask: {{title: Asks, secrets: {secrets}, steps: [{step}]}}}}\n"


def _walked(spec: Spec) -> Iterator[tuple[PathText, FlowProbe]]:
    for name, feature in spec.parity.features.items():
        for index, probe in enumerate(feature.probes):
            if probe.flow is not None:
                yield path_of("parity", "features", name, "probes", index, "flow"), probe.flow


@rule(
    "PLB725",
    title="Flow that sends what nothing gave",
    why="A name that no text, secret or earlier step gives ends the flow, and the probe fails in every mode.",
    fix="Correct the name, or keep the value in an earlier step.",
    failing=_example("${tokn}"),
    passing=_example("${token}"),
)
def unknown_name(spec: Spec) -> Iterator[Violation]:
    """Names in texts, steps and answers of a flow that are not known there."""
    for path, probe in _walked(spec):
        flow = spec.parity.flows.get(probe.flow)
        if flow is None:
            continue  # reported as a lost reference
        known = {*flow.secrets, "once"}
        for name, text in probe.texts.items():
            yield from _lost(path_of(path, "texts", name), (text,), known)
            known |= {name, f"{name}.bytes", f"{name}.sha256"}
        of_flow = path_of("parity", "flows", probe.flow, "steps")
        steps = [(path_of(of_flow, index), step) for index, step in enumerate(flow.steps)]
        steps += [(path_of(path, "then", index), step) for index, step in enumerate(probe.then)]
        for at, step in steps:
            yield from _lost(at, _sent(step), known)
            known |= {*_EVERY_ANSWER, *step.keep}
            yield from _lost(
                path_of(at, "expect"), (*(f"${{{name}}}" for name in step.expect), *step.expect.values()), known
            )
            yield from _lost(path_of(at, "lack"), (*(f"${{{name}}}" for name in step.lack), *step.lack.values()), known)
        yield from _lost(path_of(path, "answer"), (probe.answer,), known)


def _sent(step: FlowStep) -> tuple[str, ...]:
    return (step.request, *step.headers.values(), step.body or "")


def _lost(path: PathText, texts: tuple[str, ...], known: set[str]) -> Iterator[Violation]:
    for name in dict.fromkeys(name for text in texts for name in NAMED.findall(text)):
        if name not in known:
            yield Violation(path, f"nothing gives `{name}` here; known are {', '.join(sorted(known)) or 'no names'}")


@rule(
    "PLB726",
    title="Flow with a secret that its service lacks",
    why="The value is read in the service's container. Without it the probe cannot be asked.",
    fix="Give the secret to the service, or remove it from the flow.",
    failing=_example("${token}", "[db_password]"),
    passing=_example("${token}"),
)
def lost_secret(spec: Spec) -> Iterator[Violation]:
    """Secrets of a flow that the asked service is not given as a file."""
    for path, probe in _walked(spec):
        flow = spec.parity.flows.get(probe.flow)
        for mode in spec.modes if flow else ():
            service = services_of(spec, mode).get(probe.service)
            for secret in flow.secrets if flow and service else ():
                use = service.secrets.get(secret) if service else None
                if use is None or use.environment:
                    yield Violation(
                        path_of(path, "flow"), f"`{probe.service}` has no file of secret `{secret}` in mode {mode}"
                    )


_WAITED = (
    "{shows: s, proves: behaviour, answers: {single: open, second: open}, caller: web, tcp: {service: db, port: sql}}"
)


@rule(
    "PLB727",
    title="Feature that is said to be unproven, and is not",
    why="A probe proves it by behaviour. The reason why nothing does is out of date, and readers are told it.",
    fix="Remove `unproven`.",
    failing=example(probe=_WAITED, more=", unproven: nothing can ask it"),
    passing=example(probe=_WAITED.replace("behaviour", "readiness"), more=", unproven: nothing can ask it"),
)
def proven_after_all(spec: Spec) -> Iterator[Violation]:
    """Features with both."""
    for name, feature in spec.parity.features.items():
        if feature.unproven and any(probe.proof == "behaviour" for probe in feature.probes):
            yield Violation(
                path_of("parity", "features", name, "unproven"), f"a probe proves feature {name} by behaviour"
            )
