"""PLB93x: what can be wrong with the parity matrix when both modes run."""

from validators.documented import RealityRule

_RULES = (
    RealityRule(
        "PLB931",
        "Mode that answers a probe differently than declared",
        "Readers of the matrix rely on the declared answer.",
        "Fix the mode, or correct `answers` of the probe and with it the feature's `parity`.",
    ),
    RealityRule(
        "PLB932",
        "Feature with full parity that behaves differently in two modes",
        "People rely on «full» when they move from one mode to the other.",
        "Fix the mode that differs, or make the feature `divergent` and describe the difference.",
    ),
    RealityRule(
        "PLB933",
        "Declared divergence that does not show",
        "Its workaround is not needed, and it would hide a real difference that appears later.",
        "Make the feature `full`, or add a probe that shows the difference.",
    ),
)

PARITY_RULES = {rule.id: rule for rule in _RULES}
"""Rules of `plumb verify parity` by id."""
