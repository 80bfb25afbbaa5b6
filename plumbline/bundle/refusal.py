"""Why a bundle is refused: one table, for `plumb verify bundle` and for the scripts of the host."""

from collections.abc import Mapping
from types import MappingProxyType

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "encrypted": "it is encrypted, which does not show who made it; decrypt it first",
        "head": "its head is malformed: it is not a bundle, it is damaged, or its format is older",
        "unsigned": "it is not signed",
        "armor": "its signature is not in the format that gpg writes",
        "signatures": "it does not have exactly one signature",
        "unknown-key": "no key that is trusted here made the signature",
        "bad-signature": "the signature does not match this manifest",
        "signature-kind": "the signature covers a text, not these bytes",
        "weak-digest": "the digest of its signature is weak: it must be SHA-256, SHA-384 or SHA-512",
        "weak-key": "the key is weak: it must be RSA with at least 3072 bits, Ed25519, Ed448, NIST P or Brainpool",
        "expired-key": "the key has expired",
        "revoked-key": "the key was revoked",
        "expired-signature": "the signature has expired",
        "future": "it was signed in the future by this clock",
        "format": "its manifest has another format than this version reads; build it again",
        "manifest": "its manifest is malformed",
        "names": "its manifest names a file twice, out of order, or below another file",
        "platform": "it is for another platform",
        "mode": "it is for another mode",
        "body": "what follows its head is not what was signed: it is damaged, truncated or extended",
        "archive": "its archive does not match its manifest",
        "file": "a file does not match the manifest",
        "next-key": "it lacks the one key that its manifest names as the next",
    }
)
"""By id, in the order in which they are looked for."""


class BundleRefused(Exception):
    """A bundle is not taken; says why, by a reason of the table and by what was seen."""

    def __init__(self, reason: str, seen: str = ""):
        super().__init__(f"{REASONS[reason]} ({reason})" + (f": {seen}" if seen else ""))
        self.reason = reason
