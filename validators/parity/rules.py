"""PLB93x: what can be wrong with the parity matrix when both modes run."""

from validators.documented import RealityRule

_RULES = (
    RealityRule(
        "PLB931",
        "mode answers a probe differently than the matrix declares",
        "Whoever reads the matrix expects the other answer.",
        "Mend the mode, or correct `answers` of the probe, and with it the feature's `parity`.",
    ),
    RealityRule(
        "PLB932",
        "feature with full parity behaves differently in two modes",
        "«Full» is what people rely on when they move from one mode to the other.",
        "Mend the mode that differs, or make the feature `divergent` and say what differs.",
    ),
    RealityRule(
        "PLB933",
        "declared divergence does not show",
        "A divergence that is not there is a workaround that nobody needs, and hides the next that is.",
        "Make the feature `full`, or give a probe that shows the difference.",
    ),
)

PARITY_RULES = {rule.id: rule for rule in _RULES}
"""Rules of `plumb verify parity` by id."""
