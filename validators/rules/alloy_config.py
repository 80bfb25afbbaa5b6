"""PLB150, PLB159: names of components in Alloy's files, and what they make of Docker's logs."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from plumbline.spec.spec import Spec
from validators.rules.effective_services import once
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, without_comments, written_texts

_BLOCK = re.compile(r"^[ \t]*(?P<kind>[a-z_]+(?:\.[a-z_0-9]+)+)[ \t]+\"(?P<label>\w+)\"[ \t]*\{", re.MULTILINE)
_SAMPLE = """
config/a.alloy: |
  loki.source.file "logs" {{
    targets    = []
    forward_to = [loki.write.{0}.receiver]
  }}
  loki.write "store" {{}}
services/web.yaml: {{config: [{{source: config/a.alloy, target: /etc/a.alloy}}]}}
"""


@rule(
    "PLB150",
    title="Undefined component in Alloy's files",
    why="Alloy refuses the whole file and exits: no node ships its logs.",
    fix='Write kind and label as they are defined: `loki.write.LABEL.receiver` for `loki.write "LABEL"`.',
    failing=_SAMPLE.format("sotre"),
    passing=_SAMPLE.format("store"),
)
def unknown_component(spec: Spec) -> Iterator[Violation]:
    """References to components of a kind that the file defines, by labels that it does not."""
    yield from once(found for text in written_texts(spec) if text.where == Where.CONFIG for found in _unknown(text))


_DOCKERS_FILES = re.compile(r"/\*-json\.log\b|/var/lib/docker/containers\b")
_UNPACKED = """
config/a.alloy: |
  local.file_match "logs" {{ path_targets = [{{"__path__" = "/logs/*/*-json.log"}}] }}
  loki.process "docker" {{
    {0}
  }}
services/web.yaml: {{config: [{{source: config/a.alloy, target: /etc/a.alloy}}]}}
"""


@rule(
    "PLB159",
    title="Docker log files that Alloy does not parse",
    why=(
        "The engine writes each line as JSON. Without parsing, a line gets the time at which Alloy read "
        "it, its text stays escaped, and queries do not find its fields."
    ),
    fix="Pass what `loki.source.file` reads through a `loki.process` with `stage.docker {}`.",
    failing=_UNPACKED.format('stage.labels { values = {"stream" = ""} }'),
    passing=_UNPACKED.format("stage.docker {}"),
)
def packed_lines(spec: Spec) -> Iterator[Violation]:
    """Files of Alloy that name Docker's logs and no stage that unpacks them."""
    texts = (text for text in written_texts(spec) if text.where == Where.CONFIG and _is_alloy(text))
    yield from once(found for text in texts for found in _packed(text))


def _packed(text: WrittenText) -> Iterator[Violation]:
    shown = without_comments(text.shown)
    read = _DOCKERS_FILES.search(shown)
    if read and not re.search(r"^[ \t]*stage\.docker[ \t]*\{", shown, re.MULTILINE):
        at = text.at_word(read[0])
        yield Violation(text.path, f"`{read[0]}` is read, but no `stage.docker` parses its lines", location=at)


def _is_alloy(text: WrittenText) -> bool:
    return text.name.removesuffix(".j2").endswith((".alloy", ".river"))


def _unknown(text: WrittenText) -> Iterator[Violation]:
    if not _is_alloy(text):
        return
    shown = without_comments(text.shown)
    defined: dict[str, set[str]] = {}
    for block in _BLOCK.finditer(shown):
        defined.setdefault(block["kind"], set()).add(block["label"])
    for kind, labels in defined.items():
        for found in re.finditer(rf"(?<![\w.]){re.escape(kind)}\.(?P<label>\w+)\.", shown):
            label = found["label"]
            if label not in labels and f"{kind}.{label}" not in defined:
                close = get_close_matches(label, labels, n=1)
                hint = f"did you mean `{kind}.{close[0]}`?" if close else None
                at = text.at_word(found[0])
                yield Violation(
                    text.path, f"there is no `{kind}` with the label `{label}`", hint, observed=label, location=at
                )
