"""What makes a signature count, as rules over what gpg reports. The scripts of the host have the same table.

The lines are those of `--status-fd` (GnuPG's doc/DETAILS), without their prefix, and one per key that the signature hangs on:
`KEY FINGERPRINT LENGTH ALGORITHM CURVE`, from `--with-colons`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

OPTIONS = (
    "--no-options",
    "--batch",
    "--no-tty",
    "--no-auto-key-locate",
    "--no-auto-key-retrieve",
    "--disable-dirmngr",
    "--weak-digest=SHA1",
    "--weak-digest=RIPEMD160",
)
"""How gpg is asked. Weak digests do not count in what a key says of itself either."""
MOST_AHEAD = 3600
"""Seconds that a signer's clock may be ahead of this one."""


@dataclass(frozen=True)
class SignatureRule:
    """How many lines may be alike."""

    reason: str
    line: str
    """Expression of a whole line."""
    least: int
    most: int


RULES = (
    SignatureRule("signatures", "NEWSIG.*", 1, 1),
    SignatureRule("weak-digest", "ERRSIG [^ ]+ [^ ]+ ([0-7]|11) .*", 0, 0),
    SignatureRule("unknown-key", "(NO_PUBKEY|ERRSIG) .*", 0, 0),
    SignatureRule("bad-signature", "BADSIG .*", 0, 0),
    SignatureRule("revoked-key", "REVKEYSIG .*", 0, 0),
    SignatureRule("expired-key", "EXPKEYSIG .*", 0, 0),
    SignatureRule("expired-signature", "EXPSIG .*", 0, 0),
    SignatureRule("bad-signature", "GOODSIG .*", 1, 1),
    SignatureRule("bad-signature", "VALIDSIG ([^ ]+ ){9}[0-9A-F]{40}", 1, 1),
    SignatureRule("signature-kind", "VALIDSIG ([^ ]+ ){8}00 .*", 1, 1),
    SignatureRule("weak-digest", "VALIDSIG ([^ ]+ ){7}(8|9|10) .*", 1, 1),
)
"""In the order in which they are asked. Digests and kinds of keys by their numbers in RFC 9580, section 9."""
STRONG_KEY = (
    "KEY [0-9A-F]{40} ((307[2-9]|30[89][0-9]|3[1-9][0-9]{2}|[4-9][0-9]{3}|[1-9][0-9]{4}) 1 "
    "|[0-9]+ (19|22) (ed25519|ed448|nistp256|nistp384|nistp521|brainpoolP(256|384|512)r1))"
)
"""RSA from 3072 bits on, as BSI TR-02102-1 and NIST SP 800-57 want it beyond 2030; no DSA, no shorter curve."""


def first_broken_rule(lines: Sequence[str]) -> str | None:
    """The reason of the first rule that is not kept; None where all are."""
    for rule in RULES:
        if not rule.least <= sum(1 for line in lines if re.fullmatch(rule.line, line)) <= rule.most:
            return rule.reason
    return None


def key_lines(colons: str, used: Iterable[str]) -> list[str]:
    """The lines of the keys among `used`, from what `--with-colons` says."""
    found: list[str] = []
    last: list[str] = []
    for line in colons.splitlines():
        fields = line.split(":")
        if fields[0] in ("pub", "sub"):
            last = fields
        elif fields[0] == "fpr" and last and fields[9] in used:
            found.append(f"KEY {fields[9]} {last[2]} {last[3]} {last[16]}")
    return found


def all_strong(keys: Sequence[str]) -> bool:
    """Whether there are keys, and each is strong."""
    return bool(keys) and all(re.fullmatch(STRONG_KEY, key) for key in keys)
