"""PLB96x: what can be wrong with a bundle, or with the call that makes one."""

from plumbline.spec.finding import Severity
from validators.documented import RealityRule

_RULES = (
    RealityRule(
        "PLB960",
        "Bundle that cannot be built or assembled",
        "A gap in a bundle would be noticed only on the air-gapped host, where nobody can fill it.",
        "Provide what the message names: a folder of models, a missing part, the bundle that a delta is based on.",
    ),
    RealityRule(
        "PLB961",
        "Bundle that does not match its manifest",
        "Anything in the archive that the manifest does not list was added by somebody else, or by a faulty medium.",
        "Copy it again from its origin and verify it again. Do not install it.",
    ),
    RealityRule(
        "PLB962",
        "Bundle without a trusted signature",
        "Anyone can write an archive with a matching manifest. Only the publisher can sign it.",
        "Sign it with `plumb bundle sign`, or pass the publisher's fingerprint with --fingerprint. Do not install it before.",
    ),
    RealityRule(
        "PLB963",
        "Bundle that does not match the spec",
        "A host installed from it differs from the spec, the pages and the runbooks.",
        "Build the bundle again from this spec, or verify it with the spec that it was built from.",
    ),
    RealityRule(
        "PLB964",
        "Bundle with a stand-in or substitute",
        "A stand-in keeps an image's contract but does none of its work. A customer must not get one.",
        "Build a release where the images and models are available, without --stand-ins and --substitutes.",
        severity=Severity.WARNING,
    ),
)

BUNDLE_RULES = {rule.id: rule for rule in _RULES}
"""Rules of bundles by id."""
