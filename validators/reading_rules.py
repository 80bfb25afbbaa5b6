"""PLB001 to PLB009: what can be wrong with the files of a spec before its rules are asked."""

from plumbline.spec.finding import Severity
from validators.documented import RealityRule

_RULES = (
    RealityRule(
        "PLB001",
        "file that is not YAML",
        "Nothing that stands in it can be read.",
        "Look for a quote or bracket that is not closed, a missing colon, a tab, or a wrong indentation.",
    ),
    RealityRule(
        "PLB002",
        "key that is given twice",
        "YAML readers keep one of them, and not all the same one.",
        "Keep one, and delete the other.",
    ),
    RealityRule(
        "PLB003",
        "YAML that is no part of a spec",
        "Tags, merge keys, keys that are no text and unseen characters mean something else to other readers of the same file.",
        "Write plain maps, lists, texts and numbers; write out what a merge key or a tag would bring.",
    ),
    RealityRule(
        "PLB004",
        "file or folder that cannot be read",
        "What is not read is not checked, and a spec that is read in part is another one.",
        "Correct the path or the permissions; copy what a link leads to into the spec's folder.",
    ),
    RealityRule(
        "PLB005",
        "file that is missing, or empty",
        "The spec says nothing about a part that everything else needs.",
        "Write the file; `plumb init` makes a spec that has all of them.",
    ),
    RealityRule(
        "PLB006",
        "file that is no part of a spec, or whose name is no id",
        "It looks like a part, and nobody reads it.",
        "Correct its name or folder, or move it out of the spec.",
    ),
    RealityRule(
        "PLB007",
        "field that is unknown, missing, or of another kind",
        "A field that nobody knows changes nothing, and a value of another kind means nothing.",
        "Correct the name or the value; the data reference lists every field with its kind.",
    ),
    RealityRule(
        "PLB009",
        "rule that could not judge a spec with errors",
        "What it would have found is not known yet.",
        "Mend the errors, then check again.",
        severity=Severity.NOTE,
    ),
)

READING_RULES = {rule.id: rule for rule in _RULES}
"""Rules about a spec's files by id."""
