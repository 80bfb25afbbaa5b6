"""Python's regular expressions as the extended ones of POSIX, for `sed -E` and `grep -E` on a host without Python. Pure."""

import re

_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": "[:space:]"}
_PART = re.compile(
    r"""
    (?P<group> \(\?: | \((?!\?) | \) | \| )
    | (?P<repeat> [*+?] | \{[0-9]*,[0-9]*\} | \{[0-9]+\} )
    | \[ (?P<not>\^?) (?P<members> \]?(?:\\.|[^\]\\])* ) \]
    | \\ (?P<escape> . )
    | (?P<itself> [^\\(){}*+?|\[] )
    """,
    re.DOTALL | re.VERBOSE,
)


class Untranslatable(Exception):
    """Something that a shell without Python can't do the same way; the message says what."""


def posix_pattern(pattern: str) -> str:
    """The same pattern, for text that is read as bytes: `\\d`, `\\w` and `\\s` mean those of ASCII. Raises Untranslatable for what POSIX
    has no words for."""
    found, at, repeatable = [], 0, False
    while at < len(pattern):
        part = _PART.match(pattern, at)
        if not part:
            raise Untranslatable(f"`{pattern[at:]}` in {pattern}")
        text = _part(part, pattern)
        if part["repeat"] and not repeatable:
            raise Untranslatable(f"a repeat of nothing, or of a repeat, in {pattern}")
        # of a letter beyond ASCII only the last byte would be repeated
        repeatable = not part["repeat"] and text.isascii()
        found.append(text)
        at = part.end()
    return "".join(found)


def _part(part: re.Match[str], pattern: str) -> str:
    if part["group"]:
        return "(" if part["group"] == "(?:" else part["group"]
    if part["repeat"]:
        return part["repeat"].replace("{,", "{0,")
    if part["members"] is not None:
        return _members(part["members"], part["not"], pattern)
    if (letter := part["escape"]) is not None:
        if letter.lower() in _CLASSES:
            return f"[{'^' if letter.isupper() else ''}{_CLASSES[letter.lower()]}]"
        if letter.isalnum():
            raise Untranslatable(f"`\\{letter}` in {pattern}")
        return f"\\{letter}" if letter in r".[]\()*+?{}|^$" else letter
    return str(part["itself"])


def _members(members: str, negated: str, pattern: str) -> str:
    """A class: POSIX knows no escapes in it, and tells its own signs by where they stand."""
    if not members.isascii():
        raise Untranslatable(f"letters beyond ASCII in a class of {pattern}")
    plain = re.sub(r"\\([dws])", "", members)
    named = "".join(_CLASSES[each] for each in re.findall(r"\\([dws])", members))
    if re.search(r"\\[A-Za-z0-9\\]|(?<!\\)\[|\\\[|.-\\|\\.-.", plain):
        raise Untranslatable(f"`[{members}]` in {pattern}")
    plain = plain.replace("\\", "")
    ranges = "".join(re.findall(r"[^\]]-[^\]]", plain))
    rest = re.sub(r"[^\]]-[^\]]", "", plain)
    signs = [sign for sign in "]^-" if sign in rest]
    letters = "".join(letter for letter in rest if letter not in "]^-")
    first = "]" if "]" in signs else ""
    last = ("^" if "^" in signs else "") + ("-" if "-" in signs else "")
    inside = f"{first}{ranges}{letters}{named}"
    if not inside and not negated and last.startswith("^"):
        raise Untranslatable(f"`[{members}]` in {pattern}")
    return f"[{negated}{inside}{last}]"
