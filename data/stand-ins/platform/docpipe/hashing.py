"""Vectors by hashing words: no model, and it says so. Pure."""

import hashlib
import math
import re
from collections import Counter

HASHED = "reference: words hashed to {} numbers"


def hashed(text: str, dimensions: int) -> list[float]:
    """A vector of length 1, the same each time: words that two texts share make them near."""
    vector = [0.0] * dimensions
    for word, count in Counter(re.findall(r"\w+", text.lower())).items():
        digest = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        vector[digest % dimensions] += count if digest & 1 << 63 else -count
    length = math.sqrt(sum(number * number for number in vector)) or 1.0
    return [number / length for number in vector]
