"""«Did you mean …?», and lists of names that stay short."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

_LONGEST = 80
"""Characters of a word beyond which nothing is near it by accident."""
_MOST_COMPARED = 5_000
"""Names beyond which a comparison with all of them takes too long."""
_MOST_LISTED = 20


def closest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name that a word was probably meant to be."""
    names = tuple(known)
    if len(word) > _LONGEST or len(names) > _MOST_COMPARED:
        return None
    return _closest(word, names, cutoff)


@lru_cache(maxsize=1024)
def _closest(word: str, known: tuple[str, ...], cutoff: float) -> str | None:
    by_case = next((name for name in known if name.lower() == word.lower()), None)
    return by_case or next(iter(get_close_matches(word, known, n=1, cutoff=cutoff)), None)


def closest_name(text: str, pattern: str) -> str | None:
    """A text with its accents taken off and its other signs replaced, so that a pattern of ids or names takes it."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = [word for word in re.split(r"[^A-Za-z0-9]+", plain) if word]
    tried = (way(sign.join(words)) for sign in "-_" for way in (str, str.lower))
    return next((name for name in tried if len(text) <= _LONGEST and re.fullmatch(pattern, name)), None)


def join_names(known: Iterable[str], none: str = "none") -> str:
    """Names with commas between; the first of many."""
    names = list(known)
    more = len(names) - _MOST_LISTED
    return (", ".join(names[:_MOST_LISTED]) + (f" and {more:,} more" if more > 0 else "")) or none


def suggestion(word: str, known: Iterable[str], others: str = "there is", none: str = "none") -> str:
    """«did you mean `x`?», or what there is."""
    names = list(known)
    close = closest(word, names)
    return f"did you mean `{close}`?" if close else f"{others}: {join_names(names, none)}"


def shorten(text: str, most: int = 80) -> str:
    """A text as it is, or its beginning and how long it is."""
    return text if len(text) <= most else f"{text[: most - 20]}… ({len(text):,} characters)"
