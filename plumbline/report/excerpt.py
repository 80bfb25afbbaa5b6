"""What two versions of a text differ in, with as much around it as a reader needs. Pure."""

from difflib import SequenceMatcher

_SHORT = 14
"""Lines that are shown whole."""
_AROUND = 2


def excerpts(first: str, second: str) -> tuple[str, str]:
    """Both YAML texts, with `# …` for runs of lines that are the same in both and far from each difference."""
    left, right = first.strip().split("\n"), second.strip().split("\n")
    left_kept: set[int] = set()
    right_kept: set[int] = set()
    for tag, left_from, left_to, right_from, right_to in SequenceMatcher(
        None, left, right, autojunk=False
    ).get_opcodes():
        if tag != "equal":
            left_kept |= _near(left, left_from, left_to)
            right_kept |= _near(right, right_from, right_to)
    return _shown(left, left_kept), _shown(right, right_kept)


def _near(lines: list[str], start: int, end: int) -> set[int]:
    """The lines of a difference, some around it, and those that they stand below."""
    kept = set(range(max(0, start - _AROUND), min(len(lines), end + _AROUND)))
    for number in sorted(kept):
        depth = _depth(lines[number])
        for above in range(number - 1, -1, -1):
            if _depth(lines[above]) < depth:
                depth = _depth(lines[above])
                kept.add(above)
    return kept


def _shown(lines: list[str], kept: set[int]) -> str:
    if len(lines) <= _SHORT or not kept:
        return "\n".join(lines)
    shown: list[str] = []
    for number, line in enumerate(lines):
        if number in kept:
            shown.append(line)
        elif number == 0 or number - 1 in kept:
            shown.append(" " * _depth(line) + "# …")
    return "\n".join(shown)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
