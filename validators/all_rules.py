"""Every rule that there is, of every kind, for those who explain them."""

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

FAMILIES: tuple[Mapping[str, ExplainedRule], ...] = (
    READING_RULES,
    RULES,
    DRIFT_RULES,
    STACK_RULES,
    PARITY_RULES,
    BUNDLE_RULES,
    CLOUD_RULES,
    PIN_RULES,
)

ALL_RULES: dict[str, ExplainedRule] = {id: rule for family in FAMILIES for id, rule in family.items()}
"""Rules by id."""
