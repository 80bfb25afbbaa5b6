"""The three gates before any embedding: personal data, classification, injection. Regular expressions suffice here. Pure."""

import re
from dataclasses import dataclass
from typing import Any

_PII = {
    "SSN": re.compile(r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}\b"),
    "EMAIL": re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"),
    "DOB": re.compile(r"(?i)\b(?:born|date of birth|dob)\W{1,4}(?:on )?\d{1,4}[-./]\d{1,2}[-./]\d{1,4}\b"),
}
_CARD = re.compile(r"\b(?:\d[ -]?){12,18}\d\b")
_CLASSES = {
    "restricted": ("salary", "diagnosis", "passport", "confidential"),
    "internal": ("minutes", "roadmap", "draft", "budget"),
    "public": ("press release", "brochure", "published", "website"),
}
_INJECTION = (
    (0.8, re.compile(r"(?i)\bignore (?:all |any )?(?:the )?(?:previous|prior|above) (?:instructions|prompts)\b")),
    (0.8, re.compile(r"(?i)\b(?:reveal|print|repeat) (?:your|the) system prompt\b")),
    (0.4, re.compile(r"(?i)\byou are now\b")),
    (0.4, re.compile(r"(?i)<\|?(?:system|im_start)\|?>")),
)


@dataclass(frozen=True)
class Verdict:
    """What the gates make of a text."""

    text: str
    """The text, with personal data blotted out."""
    personal: dict[str, int]
    """How often each kind of personal data was found."""
    classification: str
    confidence: float
    injection: float
    """From 0 to 1."""
    quarantined: bool
    flagged: bool
    review: bool
    """Whether a person has to look at the class."""


def judge(text: str, settings: dict[str, Any]) -> Verdict:
    """Pass a text through the gates. Card numbers are never kept, whatever the settings say."""
    found: dict[str, int] = {}
    for kind in settings["pii_types"]:
        if pattern := _PII.get(kind):
            text, count = pattern.subn(f"[{kind}]", text)
            found |= {kind: count} if count else {}
    text, cards = _without_cards(text)
    found |= {"CARD": cards} if cards else {}
    name, confidence = classified(text)
    score = min(1.0, sum(weight for weight, pattern in _INJECTION if pattern.search(text)))
    return Verdict(
        text, found, name, confidence, score,
        quarantined=score >= settings["injection_quarantine_threshold"],
        flagged=score >= settings["injection_flag_threshold"],
        review=confidence < settings["classification_threshold"],
    )  # fmt: skip


def classified(text: str) -> tuple[str, float]:
    """The class that most words speak for, and its share of all of them; a text with none of them is internal, with no confidence."""
    low = text.lower()
    hits = {name: sum(low.count(word) for word in words) for name, words in _CLASSES.items()}
    best = max(hits, key=lambda name: hits[name])
    return (best, hits[best] / sum(hits.values())) if hits[best] else ("internal", 0.0)


def _without_cards(text: str) -> tuple[str, int]:
    count = 0

    def blot(match: re.Match[str]) -> str:
        nonlocal count
        if not _luhn([int(each) for each in match[0] if each.isdigit()]):
            return match[0]
        count += 1
        return "[CARD]"

    return _CARD.sub(blot, text), count


def _luhn(digits: list[int]) -> bool:
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
