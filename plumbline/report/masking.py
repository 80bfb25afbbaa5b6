"""Masks secrets in text, and finds them in a spec by what they look like. Expressions are removed first."""

import math
import re
from collections import Counter

from plumbline.expressions.rendering import without_expressions

SECRET_NAME = re.compile(
    r"(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET_?KEY)(_?[0-9]+)?$",
    re.I,
)
"""Environment variables that would hold a secret's value; those that end in `_FILE` hold a path."""

URL_CREDENTIALS = re.compile(r"\b([a-z][a-z0-9+.-]{0,30})://[^/\s:@'\"]*:[^/\s@'\"$]+@", re.I)

MASK = "…"
"""What stands where a secret was."""

_KNOWN = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "an age private key": re.compile(r"\bAGE-SECRET-KEY-1[0-9A-Z]{10,}"),
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,}"),
    "an API key": re.compile(r"\bsk-[A-Za-z0-9_-]{20,}"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a signed token": re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}"),
}

_ASSIGNED = re.compile(
    r"\b(?:password|passwd|passphrase|secret|token|api_?key|requirepass|masterauth)['\"]?"
    r"(?:\s*=|:|\s+:(?!['\"]))\s*['\"]?"  # a colon before a quote, after a blank, is a variable of psql: PASSWORD :'name'
    r"(?P<value>[^\s'\"{}]{4,})",
    re.I,
)
_DIRECTIVE = re.compile(
    r"^[^\S\n]*(?:requirepass|masterauth|user\s.*\s>)[^\S\n]*(?P<value>[^\s'\"{}]{4,})", re.I | re.M
)
_COMMENT = re.compile(r"^[^\S\n]*(?:#|//|;|--\s).*$", re.M)
_HARMLESS = re.compile(r"(true|false|null|none|required|optional)$|[/$<@.]|%s|[A-Za-z_.]+\(", re.I)

_WORD = re.compile(r"(?<![A-Za-z0-9+/=_:.-])[A-Za-z0-9+/_-]{32,}={0,2}")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_BITS_PER_CHARACTER = 4.2
"""Entropy above which a word of 32 or more characters is random rather than a name or a path."""


def secret_in(text: str, *, copied: bool = False) -> str | None:
    """What kind of secret a text seems to hold, None where it holds none. What is copied has no expression of the spec."""
    plain = text if copied else without_expressions(text)
    for kind, pattern in _KNOWN.items():
        if pattern.search(plain):
            return kind
    settings = _COMMENT.sub("", plain)
    found = [*_ASSIGNED.finditer(settings), *_DIRECTIVE.finditer(settings)]
    if any(not _HARMLESS.match(match["value"]) for match in found):
        return "a password that is written out"
    return "a random key" if any(_is_random(word.group()) for word in _WORD.finditer(plain)) else None


def mask_secrets(text: str) -> str:
    """A text with whatever looks like a secret taken out."""
    for pattern in _KNOWN.values():
        text = pattern.sub(MASK, text)
    text = URL_CREDENTIALS.sub(rf"\1://{MASK}@", text)
    for pattern in (_ASSIGNED, _DIRECTIVE):
        text = pattern.sub(lambda found: found[0].replace(found["value"], MASK), text)
    return _WORD.sub(lambda found: MASK if _is_random(found[0]) else found[0], text)


def url_credentials_in(text: str) -> str | None:
    """Scheme of the first URL that carries a literal password."""
    found = URL_CREDENTIALS.search(without_expressions(text))
    return found.group(1) if found else None


def is_literal(text: str) -> bool:
    """Whether a variable's value is written out: no path, no switch, and nothing that is computed."""
    if without_expressions(text) != text or "/run/secrets/" in text or text.startswith("/"):
        return False
    return text.strip().lower() not in ("", "true", "false", "yes", "no", "0", "1")


def _is_random(word: str) -> bool:
    if _HEX.fullmatch(word):
        return any(letter.isdigit() for letter in word) and any(letter.isalpha() for letter in word)
    if word.startswith("/") or word.count("/") > 3:
        return False
    kinds = (any(map(test, word)) for test in (str.isupper, str.islower, str.isdigit))
    return all(kinds) and _entropy(word) > _BITS_PER_CHARACTER


def _entropy(word: str) -> float:
    return -sum(count / len(word) * math.log2(count / len(word)) for count in Counter(word).values())
