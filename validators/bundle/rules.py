"""PLB96x: what can be wrong with a bundle, or with the call that makes one."""

from plumbline.spec.finding import Severity
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
    RealityRule(
        "PLB962",
        "bundle is not signed by a key that is trusted",
        "Anybody can write an archive and a manifest that fits it; only the publisher can sign it.",
        "Sign it by `plumb bundle sign`, or give the publisher's fingerprint by --fingerprint; do not install it before.",
    ),
    RealityRule(
        "PLB963",
        "bundle holds something else than the spec says",
        "A host that is installed from it is not what the spec, the pages and the runbooks say.",
        "Make the bundle anew from this spec, or look at it with the spec that it was made from.",
    ),
    RealityRule(
        "PLB964",
        "bundle holds something that is not the real thing",
        "A stand-in keeps an image's contract and does none of its work; a customer must not get one.",
        "For a release, build it where the images and the models are, without --stand-ins and --substitutes.",
        severity=Severity.WARNING,
    ),
)

BUNDLE_RULES = {rule.id: rule for rule in _RULES}
"""Rules of bundles by id."""
