"""PLB820…: the values that runbooks ask for and take out of outputs fit where they stand, and mean one tenant."""

import re
from collections.abc import Iterator

from plumbline.expressions import linear_patterns
from plumbline.expressions.rendering import names_in
from plumbline.expressions.values import form_problem, normal, problem, unsafe
from plumbline.runbook.captures import pattern_problem
from plumbline.runbook.rendering import CAPTURED, place_texts, runbook_texts, tenant_parameter
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.runbook import Parameter, Runbook
from validators.rules.registry import Violation, rule

_SCRIPTS = ("run", "verify", "undo")
"""Fields in which a captured value can stand, in the order in which they are run."""
_CAPTURED_NAME = re.compile(rf"\b{CAPTURED}\.([a-z][a-z0-9_]*)|\b{CAPTURED}\[['\"]([a-z][a-z0-9_]*)['\"]\]")
_SHELL = re.compile(
    r"""
    (?:^|(?<=[\s;(]))\#[^\n]*
    | \\.
    | "(?:\\.|[^"\\])*"
    | (?P<literal> '[^']*' | <<-?\s*(?P<quote>['"])(?P<end>\w+)(?P=quote).*?^\s*(?P=end)$ )
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
"""Parts of a script in which a single quote means something: comments, escapes, and quotes of each sort."""
_OF_A_TENANT = frozenset(
    {"tenant", "octet", "tenant_host", "tenant_range", "tenant_subnet", "cloud_name", "server_name"}
)
_OWN_FIELD = {"choices": "choice", "pattern": "text", "states": "tenant"}
"""Fields of a parameter that one kind alone has."""

_RUNBOOK = """\
runbooks/sample.yaml:
  title: Sample
  summary: Shows a rule.
  modes: [single]
  duration_min: 5
  parameters: {{{parameters}}}
  on_failure: start again
  steps:
    - title: Make it
      where: host
      run: make {use}
      expect: its name
      capture: {{{capture}}}
      {first}
    - {{title: Take it away, where: host, run: 'rm {second}', expect: nothing, undo: 'nothing: it is gone'}}
"""


def _example(
    *,
    capture: str = "made: 'made: (.*)'",
    first: str = "undo: 'rm {{ captured.made }}'",
    second: str = "{{ captured.made }}",
    parameters: str = "",
    use: str = "it",
) -> str:
    return _RUNBOOK.format(capture=capture, first=first, second=second, parameters=parameters, use=use)


@rule(
    "PLB820",
    title="A value is taken out of an output by a pattern that can't run away",
    why="The output is a program's, and may be long or hostile; a pattern with nested or many repeats can take hours on a line of it.",
    fix="one group around the value, at most two repeats, no alternatives: `export: 'exported: (.*), [0-9]+ bytes'`",
    failing=_example(capture="made: '(.*)+ made'"),
    passing=_example(),
)
def pattern_that_runs_away(spec: Spec) -> Iterator[Violation]:
    for name, runbook in spec.runbooks.items():
        for index, step in enumerate(runbook.steps):
            for value, pattern in step.capture.items():
                if found := pattern_problem(pattern):
                    yield Violation(path_of("runbooks", name, "steps", index, "capture", value), f"{value}: {found}")


@rule(
    "PLB821",
    title="A captured value stands after the step that captures it, in a script, outside single quotes",
    why="Elsewhere it is empty, or the name of a variable and not its value: `rm` of the wrong thing, or of nothing.",
    fix="use `{{ captured.NAME }}` in that step's verify and undo, or in later steps' run, verify and undo; it brings its own double quotes",
    failing=_example(second="''{{ captured.made }}''"),
    passing=_example(),
)
def captured_out_of_place(spec: Spec) -> Iterator[Violation]:
    for name, runbook in spec.runbooks.items():
        yield from (
            Violation(
                path_of("runbooks", name, inner), f"{CAPTURED}.{found} is not known here: it is for scripts of steps"
            )
            for inner, text in runbook_texts(runbook)
            if inner.parts[-1] not in _SCRIPTS
            for found in _captured_in(text)
        )
        known: set[str] = set()
        for index, step in enumerate(runbook.steps):
            for field in _SCRIPTS:
                text = getattr(step, field) or ""
                for found in _captured_in(text):
                    path = path_of("runbooks", name, "steps", index, field)
                    if found not in known:
                        yield Violation(path, f"{CAPTURED}.{found} is used before a step captures it")
                    elif _in_single_quotes(text):
                        yield Violation(
                            path, f"{CAPTURED}.{found} stands in single quotes, where a shell puts in no value"
                        )
                known |= set(step.capture) if field == "run" else set()


def _captured_in(text: str) -> list[str]:
    return list(dict.fromkeys(one or other for one, other in _CAPTURED_NAME.findall(text)))


def _in_single_quotes(script: str) -> bool:
    """Whether a captured value stands where a shell takes every character as it is: in single quotes, or in a quoted here-document."""
    literal = (part["literal"] for part in _SHELL.finditer(script) if part["literal"])
    return any(_CAPTURED_NAME.search(text) for text in literal)


@rule(
    "PLB822",
    title="A captured value has one origin",
    why="With two, nobody can tell which of two things a later step or an undo takes away; a step that is skipped, or done on many nodes, has none or several.",
    fix="give each value a name of its own, in a step that is never skipped and is done on one node",
    failing=_example(first="verify: test -e made\n      skip_when_verified: true"),
    passing=_example(),
)
def captured_twice(spec: Spec) -> Iterator[Violation]:
    for name, runbook in spec.runbooks.items():
        seen: set[str] = set()
        for index, step in enumerate(runbook.steps):
            for value in step.capture:
                path = path_of("runbooks", name, "steps", index, "capture", value)
                if value in seen:
                    yield Violation(path, f"{CAPTURED}.{value} is captured by an earlier step already")
                if step.skip_when_verified:
                    yield Violation(path, "the step may be skipped, and then captures nothing")
                if _nodes(spec, runbook, step.where) > 1:
                    yield Violation(path, f"the step is done on each of several nodes of {step.where}")
                seen.add(value)


def _nodes(spec: Spec, runbook: Runbook, place: str) -> int:
    role = spec.platform.places[place].role if place in spec.platform.places else None
    topologies = (spec.topology[mode] for mode in runbook.modes if mode in spec.topology)
    return max((each.roles[role].count for each in topologies if role and role in each.roles), default=1)


@rule(
    "PLB823",
    title="A parameter has the fields of its kind",
    why="A field that its kind does not know checks nothing, and a choice without choices takes none.",
    fix="`choices` go with kind choice, `pattern` with kind text, `states` with kind tenant; the first two are needed there",
    failing=_example(use="{{ how }}", parameters="how: {description: How, kind: text, example: fast}"),
    passing=_example(
        use="{{ how }}", parameters="how: {description: How, kind: choice, choices: [fast, slow], example: fast}"
    ),
)
def parameter_of_another_kind(spec: Spec) -> Iterator[Violation]:
    for path, parameter in _parameters(spec):
        for field, kind in _OWN_FIELD.items():
            given = bool(getattr(parameter, field))
            if given and parameter.kind != kind:
                yield Violation(path_of(path, field), f"{field} is for kind {kind}, and this is a {parameter.kind}")
            elif not given and parameter.kind == kind and field != "states":
                yield Violation(path_of(path, "kind"), f"kind {kind} needs {field}")
        if parameter.pattern and (found := _wrong_pattern(parameter.pattern)):
            yield Violation(path_of(path, "pattern"), found)
        for choice in parameter.choices:
            if found := unsafe(choice):
                yield Violation(path_of(path, "choices"), f"{choice!r} can't be used: {found}")


def _wrong_pattern(pattern: str) -> str | None:
    if len(pattern) > _LONGEST_PATTERN:
        return f"this has more than {_LONGEST_PATTERN} characters"
    return linear_patterns.problem(pattern)


_LONGEST_PATTERN = 500


@rule(
    "PLB824",
    title="An example is of its parameter's kind",
    why="Pages show commands with the examples; one that a run would refuse misleads, and may break out of its command.",
    fix="give an example that `plumb runbook run --set` would take",
    failing=_example(use="{{ where }}", parameters="where: {description: Where, kind: folder, example: media}"),
    passing=_example(use="{{ where }}", parameters="where: {description: Where, kind: folder, example: /media}"),
)
def example_of_another_kind(spec: Spec) -> Iterator[Violation]:
    for path, parameter in _parameters(spec):
        if parameter.pattern and _wrong_pattern(parameter.pattern):
            continue
        example = normal(parameter, parameter.example)
        # a spec without tenants can show no real one, and its runbooks wait for the first
        known = parameter.kind != "tenant" or bool(spec.tenants.tenants)
        anywhere = parameter.model_copy(update={"states": ()})
        if found := problem(spec, anywhere, example) if known else form_problem(parameter, example):
            yield Violation(path_of(path, "example"), f"{parameter.example!r}: {found}", observed=parameter.example)


def _parameters(spec: Spec) -> Iterator[tuple[PathText, Parameter]]:
    for name, runbook in spec.runbooks.items():
        for key, parameter in runbook.parameters.items():
            yield path_of("runbooks", name, "parameters", key), parameter


@rule(
    "PLB825",
    title="A runbook that acts on a tenant asks for which",
    why="Names such as `tenant_host` and `server_name` are those of some tenant: without a parameter they are the first one's, whoever was meant.",
    fix="add a parameter of kind tenant, one alone; `tenant` as a name is for that kind",
    failing=_example(use="{{ tenant_host }}"),
    passing=_example(use="{{ tenant_host }}", parameters="tenant: {description: Whose, kind: tenant, example: acme}"),
)
def tenant_not_asked(spec: Spec) -> Iterator[Violation]:
    for name, runbook in spec.runbooks.items():
        kinds = {key: parameter.kind for key, parameter in runbook.parameters.items()}
        if kinds.get("tenant", "tenant") != "tenant":
            yield Violation(
                path_of("runbooks", name, "parameters", "tenant", "kind"), "a parameter named tenant is of kind tenant"
            )
        if list(kinds.values()).count("tenant") > 1:
            yield Violation(
                path_of("runbooks", name, "parameters"), "it asks for two tenants, and acts on the first alone"
            )
        if tenant_parameter(runbook):
            continue
        texts = [
            *((path_of("runbooks", name, inner), text) for inner, text in runbook_texts(runbook)),
            *place_texts(spec, runbook),
        ]
        for path, text in texts:
            if found := sorted(names_in(text) & (_OF_A_TENANT - set(kinds))):
                yield Violation(path, f"{', '.join(found)}: runbook {name} does not ask for a tenant")
                break
