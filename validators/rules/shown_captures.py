"""PLB827: a value that a step captures stands in the output that its page shows."""

import re
from collections.abc import Iterator

from plumbline.runbook.captures import pattern_problem
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.registry import Violation, rule
from validators.rules.runbook_reading import steps

_SAMPLES = ("1", "a", "A", "/a")
"""What may stand where the output leaves something open."""
_SAMPLE = """\
runbooks/sample.yaml:
  title: Sample
  summary: Shows a rule.
  modes: [single]
  duration_min: 5
  on_failure: start again
  steps:
    - title: Make it
      where: host
      run: make it
      expect: its name
      output: 'made: /srv/…'
      capture: {{made: '{0} (.*)'}}
      undo: 'rm {{{{ captured.made }}}}'
"""


@rule(
    "PLB827",
    title="Captured value that the shown output lacks",
    why="The pattern matches no line of `output`, so one of the two is wrong: the step fails after its commands ran, or its page misleads.",
    fix="Correct the pattern, or show the line that it matches in `output`, with `…` for what changes.",
    failing=_SAMPLE.format("mode:"),
    passing=_SAMPLE.format("made:"),
)
def not_shown(spec: Spec) -> Iterator[Violation]:
    """Patterns that match no line of their step's output; where nothing but `…` is shown, none is judged."""
    for each in steps(spec):
        shown = [line.strip() for line in (each.step.output or "").split("\n") if line.strip() not in ("", "…")]
        for value, pattern in each.step.capture.items() if shown else ():
            if not pattern_problem(pattern) and not _matches(pattern, shown):
                also = ((path_of(each.path, "output"), "the output that is shown"),)
                where = f"mode{'s' * (len(each.runbook.modes) > 1)} {' and '.join(each.runbook.modes)}"
                message = f"no line of `output` starts with a match of `{pattern}` in {where}"
                yield Violation(path_of(each.path, "capture", value), message, also=also)


def _matches(pattern: str, shown: list[str]) -> bool:
    """Whether it matches a line whose open places are filled with one of the samples."""
    return any(re.match(pattern, line.replace("…", sample)) for line in shown for sample in _SAMPLES)
