"""PLB96x: what can be wrong with a bundle, or with the call that makes one."""

from validators.documented import RealityRule

_RULES = (
    RealityRule(
        "PLB960",
        "bundle can't be made, or put together, from what was given",
        "A bundle with a hole is found out where nobody can fill it.",
        "Give what the message names: a folder of models, a part that is missing, the bundle that a delta is for.",
    ),
    RealityRule(
        "PLB961",
        "bundle is not what is written for its manifest",
        "Whatever is in an archive besides what the manifest vouches for was put there by somebody else, or by a bad medium.",
        "Copy it anew from where it was made, and compare again; do not install it.",
    ),
)

BUNDLE_RULES = {rule.id: rule for rule in _RULES}
"""Rules of bundles by id."""
