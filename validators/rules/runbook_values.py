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
    {
        "tenant",
        "octet",
        "tenant_host",
        "tenant_range",
        "tenant_subnet",
        "tenant_roles",
        "cloud_name",
        "server_name",
    }
)
_OWN_FIELD = {"choices": "choice", "pattern": "text", "states": "tenant", "created": "folder"}
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
    title="Unsafe capture pattern",
    why="The pattern runs on a program's output, which may be long or hostile. Nested or many repeats can take hours on "
    "one line.",
    fix="Write one group around the value, at most two repeats and no alternatives: `export: 'exported: (.*), [0-9]+ bytes'`.",
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
    title="Captured value used before its step or outside a script",
    why="It is empty there, or the shell sees the variable's name instead of its value. `rm` then removes the wrong "
    "thing, or nothing.",
    fix="Use `{{ captured.NAME }}` in that step's verify and undo, or in run, verify and undo of later steps. It brings "
    "its own double quotes.",
    failing=_example(second="''{{ captured.made }}''"),
    passing=_example(),
)
def captured_out_of_place(spec: Spec) -> Iterator[Violation]:
    for name, runbook in spec.runbooks.items():
        yield from (
            Violation(
                path_of("runbooks", name, inner),
                f"{CAPTURED}.{found} is not known here: only scripts of steps can use it",
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
                            path, f"{CAPTURED}.{found} is in single quotes, where the shell does not expand it"
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
    title="Captured value without exactly one origin",
    why="With two origins, nobody can tell which thing a later step or an undo removes. A step that is skipped captures "
    "nothing, and one that runs on many nodes captures several values.",
    fix="Give each value its own name, in a step that is never skipped and runs on one node.",
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
                    yield Violation(path, f"an earlier step already captures {CAPTURED}.{value}")
                if step.skip_when_verified:
                    yield Violation(path, "the step may be skipped, and then captures nothing")
                if _nodes(spec, runbook, step.where) > 1:
                    yield Violation(path, f"the step runs on several nodes of {step.where}")
                seen.add(value)


def _nodes(spec: Spec, runbook: Runbook, place: str) -> int:
    role = spec.platform.places[place].role if place in spec.platform.places else None
    topologies = (spec.topology[mode] for mode in runbook.modes if mode in spec.topology)
    return max((each.roles[role].count for each in topologies if role and role in each.roles), default=1)


@rule(
    "PLB823",
    title="Parameter whose fields do not fit its kind",
    why="A field of another kind checks nothing, and a choice without choices accepts nothing.",
    fix="Use `choices` with kind choice, `pattern` with kind text, `states` with kind tenant and `created` with kind folder. "
    "The first two are required there.",
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
                yield Violation(
                    path_of(path, field), f"{field} is for kind {kind}, but this is of kind {parameter.kind}"
                )
            elif not given and parameter.kind == kind and field not in ("states", "created"):
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
    title="Example that its parameter does not accept",
    why="Pages show commands with the examples. One that a run refuses misleads, and may break out of its command.",
    fix="Write an example that `plumb runbook run --set` accepts.",
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
    title="Runbook for a tenant that does not ask which",
    why="Names such as `tenant_host` and `server_name` belong to one tenant. Without a parameter, they always mean the "
    "first one.",
    fix="Add exactly one parameter of kind tenant. Use the name `tenant` for that kind only.",
    failing=_example(use="{{ tenant_host }}"),
    passing=_example(use="{{ tenant_host }}", parameters="tenant: {description: Whose, kind: tenant, example: acme}"),
)
def tenant_not_asked(spec: Spec) -> Iterator[Violation]:
    for name, runbook in spec.runbooks.items():
        kinds = {key: parameter.kind for key, parameter in runbook.parameters.items()}
        if kinds.get("tenant", "tenant") != "tenant":
            yield Violation(
                path_of("runbooks", name, "parameters", "tenant", "kind"),
                "a parameter named tenant must be of kind tenant",
            )
        if list(kinds.values()).count("tenant") > 1:
            yield Violation(
                path_of("runbooks", name, "parameters"), "it asks for two tenants but acts on the first only"
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
