"""What an expression of Prometheus asks for: its metrics' names, and whether its brackets and quotes are closed. Pure.

It reads no more of the language than that; `promtool check rules` reads all of it.
"""

import re

SYNTHETIC = frozenset(
    ("up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling", "ALERTS")
)
"""Series that a collector makes itself."""
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`", re.DOTALL)
_MATCHERS = re.compile(r"\{[^{}]*\}|\[[^\[\]]*\]")
_LABELS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w.:$])[a-zA-Z_:][\w:]*(?![\w:])(?!\s*\()")
_WORDS = frozenset(("and", "or", "unless", "bool", "offset", "atan2", "inf", "nan", "by", "without", "on", "ignoring"))
_PAIRS = {")": "(", "]": "[", "}": "{"}


def metrics_in(expression: str) -> list[str]:
    """Names of the metrics that it asks for, each once, in order."""
    bare = _STRING.sub('""', re.sub(r"#[^\n]*", "", expression))
    bare = _LABELS.sub(" ", _MATCHERS.sub(" ", bare))
    return list(dict.fromkeys(name for name in _NAME.findall(bare) if name.lower() not in _WORDS))


def unclosed(expression: str) -> str | None:
    """The first bracket or quote that nothing closes or opens; None where there is none."""
    bare = _STRING.sub("", expression)
    if quote := next((char for char in bare if char in "\"'`"), None):
        return quote
    opened: list[str] = []
    for char in bare:
        if char in _PAIRS.values():
            opened.append(char)
        elif char in _PAIRS and (not opened or opened.pop() != _PAIRS[char]):
            return char
    return opened[-1] if opened else None
