"""Whether CAA records let an issuer issue for a name (RFC 8659). Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

_RECORD = re.compile(r'\s*(\d{1,3})\s+([A-Za-z0-9]+)\s+"?([^"]*)"?\s*')
_OTHER_NAMES = {"acme.zerossl.com": ("sectigo.com",)}
"""Names by which issuers call themselves in CAA records, where it is not a part of their directory's host."""
CRITICAL = 128


@dataclass(frozen=True)
class CaaVerdict:
    """What the records mean for an issuer: yes, no, or None where that cannot be told."""

    allowed: bool | None
    why: str = ""


def verdict(records: Sequence[str], directory: str, challenge: str) -> CaaVerdict:
    """What the set of records nearest to a name means for an issuer with this ACME directory and challenge."""
    parsed = [found.groups() if (found := _RECORD.fullmatch(each)) else None for each in records]
    if None in parsed:
        return CaaVerdict(None, "one of its records is invalid")
    given = [(int(flags), tag.lower(), value.strip()) for flags, tag, value in (each for each in parsed if each)]
    strange = [tag for flags, tag, _ in given if flags & CRITICAL and tag not in ("issue", "issuewild", "iodef")]
    if strange:
        return CaaVerdict(False, f"it requires {', '.join(sorted(strange))}, which an issuer may not know")
    issue = [value for _, tag, value in given if tag == "issue"]
    if not issue:
        return CaaVerdict(True)
    fitting = [value for value in issue if _is(value.partition(";")[0].strip(), directory)]
    if not fitting:
        return CaaVerdict(
            False,
            f"allowed issuers: {', '.join(sorted(value.partition(';')[0].strip() or 'none' for value in issue))}",
        )
    answers = [_parameters(value, challenge) for value in fitting]
    return next((each for wish in (True, None) for each in answers if each.allowed is wish), answers[0])


def _is(domain: str, directory: str) -> bool:
    """Whether a domain of a record stands for the issuer of a directory."""
    host = (urlsplit(directory).hostname or "").lower()
    domain = domain.lower().rstrip(".")
    return domain in _OTHER_NAMES.get(host, ()) or (bool(domain) and (host == domain or host.endswith(f".{domain}")))


def _parameters(value: str, challenge: str) -> CaaVerdict:
    """RFC 8657: a record may name the account, and the challenges."""
    pairs = (each.partition("=") for each in value.split(";")[1:])
    given = {key.strip().lower(): text.strip() for key, _, text in pairs if key.strip()}
    methods = given.get("validationmethods")
    if methods is not None and challenge not in [each.strip() for each in methods.split(",")]:
        return CaaVerdict(False, f"it allows the issuer to validate only by {methods}, but it uses {challenge}")
    if "accounturi" in given:
        return CaaVerdict(None, f"it is for the account {given['accounturi']} only")
    return CaaVerdict(True)
