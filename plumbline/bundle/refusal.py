"""Why a bundle is refused: one table, for `plumb verify bundle` and for the scripts of the host."""

from collections.abc import Mapping
from types import MappingProxyType

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "encrypted": "it is encrypted, which says nothing about who made it; decrypt it first",
        "head": "its head is not written the way heads are: it is no bundle, damaged, or of an older format",
        "unsigned": "it is not signed",
        "armor": "its signature is not written the way gpg writes one",
        "signatures": "it does not have exactly one signature",
        "unknown-key": "the signature is not one of a key that is trusted here",
        "bad-signature": "the signature is not one over this manifest",
        "signature-kind": "the signature is one over a text, not over these bytes",
        "weak-digest": "the digest of its signature is weak: SHA-256, SHA-384 and SHA-512 count",
        "weak-key": "the key is weak: RSA of 3072 bits or more counts, and Ed25519, Ed448, NIST P and Brainpool curves",
        "expired-key": "the key has expired",
        "revoked-key": "the key was revoked",
        "expired-signature": "the signature has expired",
        "future": "it was signed later than it is now by this clock",
        "format": "its manifest is of another format than the one that is read here; it has to be built anew",
        "manifest": "its manifest is not written the way manifests are",
        "names": "its manifest names a file twice, out of order, or below another file",
        "platform": "it is for another platform",
        "mode": "it is for another mode",
        "body": "what stands behind its head is not what was signed: it is damaged, cut off or added to",
        "archive": "its archive is not what is written for its manifest",
        "file": "a file is not what the manifest says",
        "next-key": "it does not bring the one key that its manifest names as the next",
    }
)
"""By id, in the order in which they are looked for."""


class BundleRefused(Exception):
    """A bundle is not taken; says why, by a reason of the table and by what was seen."""

    def __init__(self, reason: str, seen: str = ""):
        super().__init__(f"{REASONS[reason]} ({reason})" + (f": {seen}" if seen else ""))
        self.reason = reason
