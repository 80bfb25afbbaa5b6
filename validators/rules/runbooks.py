"""PLB801…: runbooks are true, each step can be checked and taken back, and requirements are proven."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from plumbline.expressions.rendering import OTHERS_BRACES, ExpressionError, names_in, render
from plumbline.runbook.rendering import place_texts, runbook_names, runbook_texts
from plumbline.spec.finding import Severity
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from plumbline.spec.suggestions import closest
from schema.runbook import Runbook
from validators.rules.causes import missing_ids
from validators.rules.registry import RULES, Violation, rule

STANDS_FOR = {
    "tenant": frozenset({"cloud_name", "server_name", "tenant"}),
    "octet": frozenset({"tenant_range", "tenant_subnet", "octet"}),
}
"""Names that a parameter gives rise to beside its own."""

_CALLS = re.compile(r"[|;&(]")
_OPTION = re.compile(r"-{1,2}[a-z]", re.I)
SIGNED_THING = re.compile(r"manifest|\.sig\b|signature|\bbundle\b|release[^\s/]{0,100}\.(?:pub|key)", re.I)

_RUNBOOK = """\
runbooks/sample.yaml:
  title: Sample
  summary: Shows a rule.
  modes: [single]
  duration_min: 5
  parameters: {{{parameters}}}
  on_failure: start again
  steps:
    - {{title: Do it, where: host, run: {run}, {rest}}}
"""


def _example(run: str = "'true'", rest: str = "expect: nothing, undo: nothing", parameters: str = "") -> str:
    return _RUNBOOK.format(run=run, rest=rest, parameters=parameters)


@rule(
    "PLB801",
    title="Runbook expression that does not resolve",
    why="The port or service was renamed, and the command would fail in the operator's hands.",
    fix="Correct the name, or add a parameter with that name.",
    failing=_example(run='\'curl {{ url("wbe", "http") }}\''),
    passing=_example(run="'echo {{ mode }}'"),
)
def unresolved_expression(spec: Spec) -> Iterator[Violation]:
    for name, runbook in spec.runbooks.items():
        for inner, text in runbook_texts(runbook):
            path = path_of("runbooks", name, inner)
            if error := _first_error(spec, runbook, text):
                place, lost = spec.line_of(path, error.line), missing_ids(error.message)
                renamed = closest(lost[0][0], _unused(runbook)) if lost else None
                explains = (*lost, (renamed,)) if renamed else lost
                yield Violation(path, error.message, error.hint, location=place, explains=explains)


@rule(
    "PLB809",
    title="Place with an expression that does not resolve",
    why="Nobody can reach the place, so nobody can do the steps there.",
    fix="Correct the expression. A runbook for several modes needs places that exist in each of them.",
    failing="platform.yaml: {places: {host: {shell: 'ssh {{ nobody }} sh'}}}",
    passing="platform.yaml: {places: {host: {shell: 'ssh {{ mode }}.example.com sh'}}}",
)
def unresolved_place(spec: Spec) -> Iterator[Violation]:
    for path, error in {
        path: error
        for runbook in spec.runbooks.values()
        for path, text in place_texts(spec, runbook)
        if (error := _first_error(spec, runbook, text))
    }.items():
        place, explains = spec.line_of(path, error.line), missing_ids(error.message)
        yield Violation(path, error.message, error.hint, location=place, explains=explains)


class _Error(NamedTuple):
    message: str
    line: int | None
    hint: str | None


@rule(
    "PLB810",
    title="Skippable step without `verify`",
    why="`skip_when_verified` without `verify` skips nothing.",
    fix="Add `verify`, or remove `skip_when_verified`.",
    failing=_example(rest="expect: nothing, undo: nothing, skip_when_verified: true"),
    passing=_example(rest="expect: nothing, undo: nothing, verify: test -e /done, skip_when_verified: true"),
)
def skipped_unseen(spec: Spec) -> Iterator[Violation]:
    for name, runbook in spec.runbooks.items():
        for index, step in enumerate(runbook.steps):
            if step.skip_when_verified and step.verify is None:
                yield Violation(
                    path_of("runbooks", name, "steps", index, "skip_when_verified"),
                    "`verify` is missing, so the step is never skipped",
                )


def _first_error(spec: Spec, runbook: Runbook, text: str) -> _Error | None:
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return None
    for mode in runbook.modes:
        if mode not in spec.topology:
            continue
        try:
            render(text, runbook_names(spec, runbook, mode) | {"index": 1})
        except ExpressionError as error:
            modes = [each for each in runbook.modes if each in spec.topology]
            hint = OTHERS_BRACES if error.is_unreadable else None
            return _Error(f"{error} (mode {mode})" if len(modes) > 1 else str(error), error.line, hint)
    return None


@rule(
    "PLB802",
    title="Step without an expectation",
    why="The operator cannot tell whether the step worked or failed silently.",
    fix="Add `expect`: what the operator sees when the step succeeds.",
    failing=_example(rest="undo: nothing"),
    passing=_example(),
)
def step_without_expectation(spec: Spec) -> Iterator[Violation]:
    return _steps_without(spec, "expect", "does not say what to expect")


@rule(
    "PLB803",
    title="Step without an undo",
    why="A procedure that fails half-way leaves the system in a state that somebody has to undo at once.",
    fix="Add `undo`: commands, or the word `nothing` and why nothing has to be undone.",
    failing=_example(rest="expect: nothing"),
    passing=_example(),
)
def step_without_undo(spec: Spec) -> Iterator[Violation]:
    return _steps_without(spec, "undo", "does not say how to undo it")


def _steps_without(spec: Spec, field: str, problem: str) -> Iterator[Violation]:
    for name, runbook in spec.runbooks.items():
        for index, step in enumerate(runbook.steps):
            if getattr(step, field) is None:
                yield Violation(
                    path_of("runbooks", name, "steps", index), f"step {index + 1} («{step.title}») {problem}"
                )


@rule(
    "PLB804",
    title="Unused parameter",
    why="The operator is asked for a value that changes nothing, or a step no longer uses it.",
    fix="Use it as `{{ name }}`, or remove it.",
    failing=_example(parameters="host: {description: Host, kind: text, pattern: '[a-z]+', example: a}"),
    passing=_example(
        run="'ping {{ host }}'", parameters="host: {description: Host, kind: text, pattern: '[a-z]+', example: a}"
    ),
)
def unused_parameter(spec: Spec) -> Iterator[Violation]:
    for name, runbook in spec.runbooks.items():
        for parameter in _unused(runbook):
            yield Violation(
                path_of("runbooks", name, "parameters", parameter),
                f"no step uses parameter {parameter}",
                at_key=True,
            )


def _unused(runbook: Runbook) -> list[str]:
    used = {found for _, text in runbook_texts(runbook) for found in names_in(text)}
    return [name for name in runbook.parameters if not used & STANDS_FOR.get(name, frozenset({name}))]


REQUIREMENT = "requirements.yaml:\n  requirements:\n    DEPLOY-01: {{title: It runs, {rest}}}\n"


@rule(
    "PLB805",
    title="Requirement without a proof",
    why="Nothing shows that the requirement is met.",
    fix="Add `proofs`, or `related: true` where another document covers it.",
    failing=REQUIREMENT.format(rest="proofs: []"),
    passing=REQUIREMENT.format(rest="proofs: [{kind: rule, ref: PLB801}]"),
)
def requirement_without_proof(spec: Spec) -> Iterator[Violation]:
    for name, requirement in spec.requirements.requirements.items():
        if not requirement.proofs and not requirement.related:
            yield Violation(path_of("requirements", name), f"requirement {name} has no proof", at_key=True)


@rule(
    "PLB806",
    title="Proof whose rule or runbook does not exist",
    why="The rule or runbook is gone, so nothing proves the requirement.",
    fix="Correct `ref`: the id of a rule (`plumb explain`) or of a runbook (`plumb runbook list`).",
    failing=REQUIREMENT.format(rest="proofs: [{kind: runbook, ref: missing}]"),
    passing=REQUIREMENT.format(rest="proofs: [{kind: rule, ref: PLB801}]"),
)
def proof_without_target(spec: Spec) -> Iterator[Violation]:
    known = {"rule": set(RULES), "runbook": set(spec.runbooks)}
    for name, requirement in spec.requirements.requirements.items():
        for index, proof in enumerate(requirement.proofs):
            if proof.kind in known and proof.ref not in known[proof.kind]:
                yield Violation(
                    path_of("requirements", name, "proofs", index, "ref"),
                    f"there is no {proof.kind} `{proof.ref}`",
                    observed=proof.ref,
                )


@rule(
    "PLB807",
    title="Bundle encrypted instead of signed",
    why="`age` encrypts: anyone can create such a file, and reading it needs the private key.",
    fix="Sign with a detached GPG signature and verify it with the public key. Keep age for secrets.",
    failing=_example(run="'age -e -R release.pub -o MANIFEST.json.age MANIFEST.json'"),
    passing=_example(run="'gpg --detach-sign --armor MANIFEST.json'"),
)
def signed_by_encryption(spec: Spec) -> Iterator[Violation]:
    for name, runbook in spec.runbooks.items():
        for inner, text in runbook_texts(runbook):
            if any(_encrypts(line) and SIGNED_THING.search(line) for line in _commands(text)):
                yield Violation(path_of("runbooks", name, inner), "this uses age instead of a signature")


def _encrypts(line: str) -> bool:
    """Whether a line calls `age` with an option."""
    for call in _CALLS.split(line):
        words = call.lower().split()
        starts = [
            at for at, word in enumerate(words) if word in ("age", "rage") and (at == 0 or words[at - 1] == "sudo")
        ]
        if starts and any(_OPTION.match(word) for word in words[starts[0] + 1 :]):
            return True
    return False


def _commands(text: str) -> list[str]:
    """Lines of a shell text, continued ones joined."""
    return text.replace("\\\n", " ").splitlines()


_SPARE_MODE = """\
topology/spare.yaml:
  title: Spare
  summary: A second host.
  tenancy: one
  egress: false
  entry: {service: web}
  roles:
    host:
      title: Host
      size: {vcpus: 4, memory_mib: 8192, disk_gb: 40, reserve_mib: 512}
      services: [db, web]
"""


@rule(
    "PLB808",
    title="Mode without a runbook",
    severity=Severity.NOTE,
    why="Operators of the mode have nothing to follow.",
    fix="Write a runbook in runbooks/ whose `modes` names it.",
    failing=_SPARE_MODE,
    passing=_SPARE_MODE + _example().replace("[single]", "[single, spare]"),
)
def mode_without_runbook(spec: Spec) -> Iterator[Violation]:
    served = {mode for runbook in spec.runbooks.values() for mode in runbook.modes}
    for mode in spec.modes:
        if mode not in served:
            yield Violation(path_of("topology", mode), f"mode {mode} has no runbook")
