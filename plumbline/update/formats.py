"""Which version of an image reads the data that another has written. Pure."""

import re
from typing import Literal

ReadBy = Literal["same-major", "next-minor", "later"]


def version(tag: str) -> tuple[int, ...]:
    """The numbers of a tag, the most significant first."""
    return tuple(map(int, re.findall(r"\d+", tag)))


def unread(read_by: ReadBy, old: str, new: str) -> str:
    """Why data of one tag is not read by another; empty where it is, or where a tag names no version."""
    before, after = version(old), version(new)
    if not before or not after or before == after or (read_by == "same-major" and before[0] == after[0]):
        return ""
    if after < before:
        return "it is older"
    if read_by == "later":
        return ""
    if after[0] != before[0]:
        return "it has another major version"
    minors = (*after[1:2], 0)[0] - (*before[1:2], 0)[0]
    return "it skips a minor version" if read_by == "next-minor" and minors > 1 else ""
