"""PLB830…: a script of a runbook fails when one of its commands does, and a verification does not say yes by mistake."""

import re
from collections.abc import Iterator

from plumbline.runbook.shell_inside import calls_of
from plumbline.runbook.shell_syntax import Call, Node, Script, UnreadableScript
from plumbline.spec.finding import Severity
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.registry import Violation, rule
from validators.rules.runbook_reading import scripts, steps
from validators.shell_flow import Way, holds

_SHOWN = 90

RUNBOOK = """\
runbooks/sample.yaml:
  title: Sample
  summary: Shows a rule.
  modes: [single]
  duration_min: 5
  parameters: {{target: {{description: A folder, kind: folder, example: /srv/target}}}}
  on_failure: start again
  steps:
    - title: Do it
      where: host
      run: {run}
      {rest}
"""
_FILLED = "parameters: {{target: {{description: A folder, kind: folder, example: /srv/target}}}}"


def example(run: str = "'true'", rest: str = "{expect: nothing, undo: nothing}") -> str:
    """A runbook of one step; `rest` is a map of its other fields, in YAML, on one line."""
    text = RUNBOOK.format(run=run, rest=rest.strip("{}").replace(";; ", "\n      "))
    return text if "{{ target }}" in run + rest else text.replace("  " + _FILLED.format() + "\n", "")


PLAIN = "expect: nothing;; undo: nothing"


def _verified(verify: str, run: str = "'true'") -> str:
    return example(run, f"{PLAIN};; verify: {verify}")


@rule(
    "PLB830",
    title="Script that succeeds when its program is missing",
    why='`! TOOL`, `test -z "$(TOOL)"` and `if TOOL; then exit 1; fi` succeed when TOOL is missing or lacks permission. '
    "They report «nothing is left» while a customer's data is still there.",
    fix="Get the answer first, in a command of its own that may fail, e.g. `left=$(TOOL)`. Then test for what must be there.",
    failing=_verified("'! docker ps | grep -q web'"),
    passing=_verified('\'docker inspect --format "{{ "{{.State.Status}}" }}" web | grep -qx exited\''),
)
def fails_open(spec: Spec) -> Iterator[Violation]:
    return _lost(spec, "open")


@rule(
    "PLB831",
    title="Pipe that hides a failure on its left",
    why="`sh` takes the exit code of the last command. A dump that broke off half-way, or an empty key, passes as complete.",
    fix="Write to a file or a variable and continue from there, so that a failure ends the step; or test the result.",
    failing=example("'age-keygen | tee /root/key'", PLAIN),
    passing=example("'age-keygen -o /root/key'", PLAIN),
)
def pipe_without_its_left(spec: Spec) -> Iterator[Violation]:
    return _lost(spec, "pipe")


@rule(
    "PLB832",
    title="Step that continues after a failed command",
    why="`sh -e` does not stop at a failure left of `&&`, before `|| true`, in the background or in a subshell. A check "
    "of two scripts passes when the first is forged.",
    fix="End the command with `|| exit 1`, or put the commands on separate lines. Give `sh -c` the option -e.",
    failing=example("'for file in a b; do cmp $file /srv/$file && echo same; done'", PLAIN),
    passing=example("'for file in a b; do cmp $file /srv/$file || exit 1; done'", PLAIN),
)
def goes_on(spec: Spec) -> Iterator[Violation]:
    return _lost(spec, "swallowed")


@rule(
    "PLB833",
    title="Failure hidden inside `$( )`",
    why='The outer command runs anyway, with nothing in that place: `rm "$(dirname FILE)/old"` removes `/old`.',
    fix="Assign the value first, on its own line: `folder=$(dirname FILE)`.",
    failing=example("'rm \"$(dirname /srv/new)/old\"'", "expect: nothing;; destroys: the old one;; undo: nothing"),
    passing=example(
        "'folder=$(dirname /srv/new); rm \"$folder/old\"'", "expect: nothing;; destroys: the old one;; undo: nothing"
    ),
)
def lost_inside(spec: Spec) -> Iterator[Violation]:
    return _lost(spec, "substituted")


def _lost(spec: Spec, way: Way) -> Iterator[Violation]:
    for read in scripts(spec):
        if isinstance(read.script, Script):
            for each in read.lost:
                if each.way == way:
                    yield Violation(read.where, f"`{short(read.script.source(each.node))}`: {each.problem}")


def short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@rule(
    "PLB834",
    title="Verification that cannot fail",
    why="It succeeds on a system where nothing was done.",
    fix="Ask the system for what the step changed. A file that the step wrote as its input proves nothing.",
    failing=_verified(
        "test -s /tmp/document", '"printf x > /tmp/document\\ncurl -f -F file=@/tmp/document http://localhost/"'
    ),
    passing=_verified("'curl -f http://localhost/documents | grep -q document'"),
)
def cannot_fail(spec: Spec) -> Iterator[Violation]:
    for each in steps(spec):
        verify, run = each.scripts.get("verify"), each.scripts.get("run")
        if verify is None:
            continue
        asks = [call for call in verify.calls if not _always_ends_well(call)]
        if not asks:
            yield Violation(path_of(each.path, "verify"), "none of its commands can fail")
        elif run and _own_input(asks, run):
            yield Violation(
                path_of(each.path, "verify"), "it checks only a file that `run` wrote as input for another command"
            )


_CONTENT = {"echo", "printf", "true", ":", "cd", "set", "umask", "date", "hostname", "uname", "id", "whoami", "pwd"}
_CONTENT |= {"sleep", "wait", "env", "trap", "uptime"}
_UNARY = re.compile(r"-[a-zA-Z]").fullmatch


def _always_ends_well(call: Call) -> bool:
    """Whether a command says the same on every system: it prints, it looks for a program, or it compares what is written there."""
    words = [word for word in call.words if word != "]"]
    if call.program in {"test", "["}:
        return not any("$" in word for word in words) and not any(map(_UNARY, words))
    if call.program == "exit":
        return words[:1] in ([], ["0"])
    if call.program == "find":
        return not {"-exec", "-quit"} & set(words)
    if call.program in {"command", "eval"}:
        return words[:1] == ["-v"] or " ".join(words) in _CONTENT
    return call.program in _CONTENT


_AROUND = _CONTENT | {"mkdir", "chmod", "chown", "mv", "cp", "rm", "ln", "test", "[", "cat", "tee", "touch", "mktemp"}
_LOOKS = {"test", "[", "ls", "stat", "cat", "file", "wc"}


def _own_input(asks: list[Call], run: Script) -> bool:
    """Whether a verification looks at nothing but files that a run redirected into, though it called more than that."""
    written = {name for statement in run.statements for name in holds(statement) if not name.startswith("$")}
    others = [call for call in run.calls if call.program not in _AROUND]
    return bool(others) and all(
        call.program in _LOOKS and any(word in written for word in call.words if not word.startswith("-"))
        for call in asks
    )


@rule(
    "PLB835",
    title="Verification that an older file satisfies",
    why="`ls *` and the newest file also match files of last year. They verify a step that failed today.",
    fix="Take the file's name from the output of `run` with `capture`, and check that file.",
    failing=_verified("'ls /srv/export-*.tar'"),
    passing=example(
        "echo exported /srv/export-1.tar",
        "expect: a file;; undo: nothing;; capture: {file: 'exported (.*)'};; verify: 'test -s {{ captured.file }}'",
    ),
)
def verified_by_older(spec: Spec) -> Iterator[Violation]:
    for each in steps(spec):
        if script := each.scripts.get("verify"):
            for call in script.calls:
                if problem := any_or_newest(call):
                    yield Violation(path_of(each.path, "verify"), f"`{short(script.source(call.node))}`: {problem}")
            for node in script.nodes:
                if node.get("Type") == "WordIter" and any(map(has_pattern, node.get("Items", ()))):
                    yield Violation(path_of(each.path, "verify"), f"`{short(script.source(node))}`: {_ANY}")


_ANY = "any matching file satisfies it, not only this run's"


def any_or_newest(call: Call) -> str | None:
    if any(map(has_pattern, call.arguments)) and call.program not in {"case", "find", "echo", "printf"}:
        return _ANY
    if call.program == "ls" and any(word.startswith("-") and "t" in word for word in call.words):
        return "the newest file may be another run's"
    return None


def has_pattern(word: Node) -> bool:
    """Whether the shell replaces a word by the names of files: `*`, `?` or `[…]` outside of quotes."""
    return any(
        part.get("Type") == "Lit" and re.search(r"(?<!\\)[*?]|(?<!\\)\[[^]]+\]", part.get("Value", ""))
        for part in word.get("Parts", ())
    )


@rule(
    "PLB836",
    title="Verification that ignores the step's values",
    why="It succeeds for another tenant, release or file than the step's.",
    fix="Check a value that `run` uses, or one that it captured.",
    failing=example("\"mkdir '{{ target }}'\"", f"{PLAIN};; verify: test -d /srv"),
    passing=example("\"mkdir '{{ target }}'\"", f"{PLAIN};; verify: \"test -d '{{{{ target }}}}'\""),
)
def verifies_another(spec: Spec) -> Iterator[Violation]:
    for each in steps(spec):
        if "verify" not in each.scripts or "captured_" in (each.step.verify or ""):
            continue
        asked = each.depends("verify") | each.depends("place")
        wanted = each.depends("run") | each.depends("place")
        tenants = {name for name in wanted if each.runbook.parameters[name].kind == "tenant"}
        if missing := tenants - asked:
            yield Violation(
                path_of(each.path, "verify"), f"`run` is for one {missing.pop()}, but this is the same for all"
            )
        elif wanted and not asked:
            yield Violation(
                path_of(each.path, "verify"),
                f"`run` uses {', '.join(sorted(wanted))}, but this is the same for every value",
            )


@rule(
    "PLB844",
    title="psql call that continues after a failed statement",
    why="With a file, a here-document or several -c, psql continues and exits with 0. Half a change passes as a whole one.",
    fix="Add `-v ON_ERROR_STOP=1`.",
    failing=example("psql -f /srv/change.sql", PLAIN),
    passing=example("psql -v ON_ERROR_STOP=1 -f /srv/change.sql", PLAIN),
)
def psql_goes_on(spec: Spec) -> Iterator[Violation]:
    for read in scripts(spec):
        if isinstance(read.script, Script):
            for call in calls_of(read.script):
                if call.program == "psql" and not any("ON_ERROR_STOP" in word for word in call.words):
                    one = sum(_ONE_STATEMENT(word) is not None for word in call.words)
                    if one != 1 and "--list" not in call.words and "--version" not in call.words:
                        yield Violation(
                            read.where, f"`{short(read.script.source(call.node))}` exits with 0 when a statement fails"
                        )


_ONE_STATEMENT = re.compile(r"-[a-zA-Z]*c|--command(=.*)?", re.DOTALL).fullmatch


@rule(
    "PLB840",
    title="Unquoted value",
    severity=Severity.NOTE,
    why="Its kind excludes spaces and `*` today. With quotes, the command stays intact whatever the kind accepts later.",
    fix="Put the value into single quotes: `'{{ name }}'`.",
    failing=example("'mkdir {{ target }}'", PLAIN),
    passing=example("\"mkdir '{{ target }}'\"", PLAIN),
)
def unquoted_value(spec: Spec) -> Iterator[Violation]:
    for each in steps(spec):
        examples = {
            name: parameter.example
            for name, parameter in each.runbook.parameters.items()
            if len(parameter.example) > 2 and parameter.kind != "choice"
        }
        for part, script in each.scripts.items():
            bare = {
                piece["Value"]
                for node in script.nodes
                if node.get("Type") == "CallExpr"
                for word in node.get("Args", [])
                for piece in word.get("Parts", ())
                if piece.get("Type") == "Lit"
            }
            for name in sorted(each.depends(part) & set(examples)):
                if any(examples[name] in text for text in bare):
                    yield Violation(path_of(each.path, part.removesuffix("_commands")), f"{name} is not quoted here")


@rule(
    "PLB841",
    title="curl call that ignores HTTP errors",
    why="Without --fail, curl exits with 0 on «500 Internal Server Error». The step continues, and the verification succeeds.",
    fix="Add --fail (-f), or check the status code: `-w '%{http_code}'`.",
    failing=example("curl -sS http://localhost/health", PLAIN),
    passing=example("curl -fsS http://localhost/health", PLAIN),
)
def curl_without_fail(spec: Spec) -> Iterator[Violation]:
    for read in scripts(spec):
        if isinstance(read.script, Script):
            for call in calls_of(read.script):
                if call.program == "curl" and not _fails(call):
                    yield Violation(
                        read.where,
                        f"`{short(read.script.source(call.node))}` exits with 0 when the server reports an error",
                    )


def _fails(call: Call) -> bool:
    return any(
        word.startswith("--fail") or "http_code" in word or "response_code" in word
        or re.fullmatch(r"-[a-zA-Z0-9]*f[a-zA-Z0-9]*", word) is not None
        for word in call.words
    )  # fmt: skip


@rule(
    "PLB842",
    title="Script that is not valid shell",
    why="The operator finds out at the step itself, half-way through the procedure.",
    fix="Fix the script. Scripts are for the POSIX shell `sh`, without bash extensions.",
    failing=example("'if true; then echo yes'", PLAIN),
    passing=example("'if true; then echo yes; fi'", PLAIN),
)
def not_shell(spec: Spec) -> Iterator[Violation]:
    for read in scripts(spec):
        if isinstance(read.script, UnreadableScript):
            line = spec.line_of(read.where, read.script.line)
            yield Violation(read.where, f"the script can't be read: {read.script.reason}", location=line)
