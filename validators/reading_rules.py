"""PLB001 to PLB009: errors in the files of a spec, found before the other rules run."""

from plumbline.spec.finding import Severity
from validators.documented import RealityRule

_RULES = (
    RealityRule(
        "PLB001",
        "File that is not YAML",
        "Nothing in it can be read.",
        "Look for an unclosed quote or bracket, a missing colon, a tab or wrong indentation.",
    ),
    RealityRule(
        "PLB002",
        "Duplicate key",
        "YAML parsers keep one of the two values, and not all keep the same one.",
        "Keep one of them and delete the other.",
    ),
    RealityRule(
        "PLB003",
        "YAML that a spec does not allow",
        "Other parsers read tags, merge keys, keys that are not text and invisible characters differently.",
        "Write plain maps, lists, text and numbers. Write out what a merge key or a tag would add.",
    ),
    RealityRule(
        "PLB004",
        "Unreadable file or folder",
        "What cannot be read is not checked, and the spec is incomplete without it.",
        "Correct the path or the permissions. Copy the target of a link into the spec's folder.",
    ),
    RealityRule(
        "PLB005",
        "Missing or empty file",
        "Everything else in the spec needs what this file describes.",
        "Write the file. `plumb init` creates a spec that has all of them.",
    ),
    RealityRule(
        "PLB006",
        "File that does not belong to a spec, or has an invalid name",
        "It looks like a part of the spec, but nothing reads it.",
        "Correct its name or folder, or move it out of the spec.",
    ),
    RealityRule(
        "PLB007",
        "Unknown or missing field, or value of the wrong type",
        "An unknown field has no effect, and a value of the wrong type cannot be used.",
        "Correct the name or the value. The data reference lists every field with its type.",
    ),
    RealityRule(
        "PLB009",
        "Rule that could not run because the spec has errors",
        "What it would find is not known yet.",
        "Fix the errors, then check again.",
        severity=Severity.NOTE,
    ),
)

READING_RULES = {rule.id: rule for rule in _RULES}
"""Rules about a spec's files by id."""
