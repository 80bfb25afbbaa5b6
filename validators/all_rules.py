"""Every rule of every kind, by number, for `plumb explain` and the site."""

from collections.abc import Mapping

from plumbline.report.explained import ExplainedRule
from validators.bundle.rules import BUNDLE_RULES
from validators.cloud.rules import CLOUD_RULES
from validators.drift import DRIFT_RULES
from validators.parity.rules import PARITY_RULES
from validators.pins import PIN_RULES
from validators.reading_rules import READING_RULES
from validators.rules import RULES
from validators.stack.rules import STACK_RULES
from validators.update_rules import UPDATE_RULES

FAMILIES: Mapping[str, Mapping[str, ExplainedRule]] = {
    "validators/reading_rules.py": READING_RULES,
    "validators/rules": RULES,
    "validators/drift.py": DRIFT_RULES,
    "validators/stack/rules.py": STACK_RULES,
    "validators/parity/rules.py": PARITY_RULES,
    "validators/bundle/rules.py": BUNDLE_RULES,
    "validators/cloud/rules.py": CLOUD_RULES,
    "validators/pins.py": PIN_RULES,
    "validators/update_rules.py": UPDATE_RULES,
}
"""By where they stand."""

ALL_RULES: dict[str, ExplainedRule] = {id: rule for family in FAMILIES.values() for id, rule in family.items()}
"""Rules by id."""


def source_of(id: str) -> str:
    """The file that a rule stands in."""
    if id in RULES:
        return f"{RULES[id].check.__module__.replace('.', '/')}.py"
    return next(file for file, family in FAMILIES.items() if id in family)
