"""PLB725…: flows of requests name what an earlier step gave."""

import re
from collections.abc import Iterable, Iterator

from plumbline.effective.deployment import services_of
from plumbline.effective.probe_answers import NO_ANSWER, NO_WAY, NOT_DEPLOYED, NOT_PUBLISHED
from plumbline.spec.finding import Severity
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.flow import FlowStep
from schema.probe import FlowProbe
from validators.rules.parity_examples import example
from validators.rules.probes import all_probes
from validators.rules.registry import Violation, rule

NAMED = re.compile(r"\$\{([a-z][a-z0-9_.]*)\}")
"""What stands for something in a step; `plumbline/stack/probe/flow.py` fills it in."""
_BROKEN = re.compile(r"\$\{(?![a-z][a-z0-9_.]*\})[^\s\"'}]*\}?")
"""What is meant as such and is none, so that it is sent as it stands."""
_EVERY_ANSWER = ("status", "body")


def _example(answer: str, secrets: str = "[]", answers: str = "{single: ok, second: ok}") -> str:
    probe = f"{{shows: s, answers: {answers}, flow: {{service: web, port: http, flow: ask, answer: '{answer}'}}}}"
    step = "{request: GET /token, keep: {token: /token}}"
    return example(probe=probe) + f"  flows: {{ask: {{title: Asks, secrets: {secrets}, steps: [{step}]}}}}\n"


def _walked(spec: Spec) -> Iterator[tuple[PathText, FlowProbe]]:
    for path, probe in all_probes(spec):
        if probe.flow is not None:
            yield path_of(path, "flow"), probe.flow


@rule(
    "PLB725",
    title="Flow that uses an undefined name",
    why="No text, secret or earlier step defines the name. The flow stops there, and the probe fails in every mode.",
    fix="Correct the name, or define it with `keep` in an earlier step.",
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
    for broken in dict.fromkeys(broken for text in texts for broken in _BROKEN.findall(text)):
        yield Violation(path, f"`{broken}` is not a name: write `${{name}}` in lower case", observed=broken)
    for name in dict.fromkeys(name for text in texts for name in NAMED.findall(text)):
        if name not in known:
            yield Violation(path, f"nothing gives `{name}` here; known are {', '.join(sorted(known)) or 'no names'}")


@rule(
    "PLB726",
    title="Flow with a secret that its service lacks",
    why="The flow reads the value in the service's container. Without it, the probe cannot run.",
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


@rule(
    "PLB727",
    title="Unused part of a flow",
    severity=Severity.WARNING,
    why="Somebody meant to send or compare it. Without it, the probe shows less than its title says.",
    fix="Name it in a later step, in `expect` or in the answer, or remove it.",
    failing=_example("asked"),
    passing=_example("${token}"),
)
def unused_part(spec: Spec) -> Iterator[Violation]:
    """Flows that no probe begins with; secrets, texts and what is kept that no step, answer or comparison names."""
    probes = list(_walked(spec))
    for name, flow in spec.parity.flows.items():
        of_flow = path_of("parity", "flows", name)
        walking = [probe for _, probe in probes if probe.flow == name]
        if not walking:
            yield Violation(of_flow, f"no probe begins with flow `{name}`", at_key=True)
            continue
        used = _used(flow.steps).union(*map(_used_by, walking))
        for index, secret in enumerate(flow.secrets):
            if secret not in used:
                yield Violation(path_of(of_flow, "secrets", index), f"no step of flow `{name}` sends `{secret}`")
        yield from _idle(path_of(of_flow, "steps"), flow.steps, used)
    for path, probe in probes:
        if known := spec.parity.flows.get(probe.flow):
            used = _used(known.steps) | _used_by(probe)
            for text in probe.texts.keys() - used:
                yield Violation(path_of(path, "texts", text), f"no step sends text `{text}`", at_key=True)
            yield from _idle(path_of(path, "then"), probe.then, used)


def _used(steps: Iterable[FlowStep]) -> set[str]:
    """What steps name; a part of a text, such as its checksum, is the text."""
    texts = [text for step in steps for text in (*_sent(step), *step.expect.values(), *step.lack.values())]
    return {name.partition(".")[0] for text in texts for name in NAMED.findall(text)} | {
        name for step in steps for name in (*step.expect, *step.lack)
    }


def _used_by(probe: FlowProbe) -> set[str]:
    named = [name for text in (probe.answer, *probe.texts.values()) for name in NAMED.findall(text)]
    return _used(probe.then) | {name.partition(".")[0] for name in named}


def _idle(path: PathText, steps: Iterable[FlowStep], used: set[str]) -> Iterator[Violation]:
    for index, step in enumerate(steps):
        for name in step.keep:
            if name not in used:
                yield Violation(
                    path_of(path, index, "keep", name), f"nothing uses what is kept as `{name}`", at_key=True
                )


_ANSWER = "${token} at last"
_OTHERWISE = ("step ", NOT_DEPLOYED, NOT_PUBLISHED, NO_ANSWER, NO_WAY)
"""What an answer begins with that the flow did not put together; PLB721 judges it."""


@rule(
    "PLB728",
    title="Probe answer that its flow cannot give",
    why=(
        "The flow builds its answer from this text. No stack can answer anything else, so the probe fails in every "
        "mode."
    ),
    fix="Write the same words in `answer` of the flow and in `answers` of the probe.",
    failing=_example(_ANSWER, answers="{single: ok, second: ok}"),
    passing=_example(_ANSWER, answers="{single: ok at last, second: ok at last}"),
)
def impossible_answer(spec: Spec) -> Iterator[Violation]:
    """Declared answers without the words of the flow's own; a flow that ends early answers with its step."""
    for path, probe in all_probes(spec):
        if probe.flow is None:
            continue
        words = NAMED.split(probe.flow.answer)[::2]
        wrong = [
            mode
            for mode, answer in probe.answers.items()
            if mode in spec.topology
            and probe.flow.service in services_of(spec, mode)
            and not _holds(answer, words)
            and not answer.startswith(_OTHERWISE)
        ]
        if wrong:
            answer, also = probe.answers[wrong[0]], ((path_of(path, "flow", "answer"), "how it is put together"),)
            message = f"mode {' and '.join(wrong)} cannot answer `{answer}`: the flow answers `{probe.flow.answer}`"
            yield Violation(path_of(path, "answers", wrong[0]), message, observed=answer, also=also)


def _holds(answer: str, words: list[str]) -> bool:
    """Whether an answer is these words with anything between them; by search, for a pattern of many gaps takes for ever."""
    first, *others = words
    if not others:
        return answer == first
    if not answer.startswith(first):
        return False
    position = len(first)
    for word in others[:-1]:
        if (found := answer.find(word, position)) < 0:
            return False
        position = found + len(word)
    return answer.endswith(others[-1]) and len(answer) - len(others[-1]) >= position


_WAITED = (
    "{shows: s, proves: behaviour, answers: {single: open, second: open}, caller: web, tcp: {service: db, port: sql}}"
)


@rule(
    "PLB729",
    title="Proven feature that is marked as unproven",
    why="A probe proves it by behaviour, so `unproven` is out of date and misleads readers.",
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
