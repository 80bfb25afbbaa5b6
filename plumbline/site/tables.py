"""Tables as readers of every kind take them in. Pure."""

import re

_BLANK_HEAD = re.compile(r"<table>\s*<thead>\s*<tr>\s*(?:<th[^>]*></th>\s*)+</tr>\s*</thead>(.*?)</table>", re.DOTALL)
_FIRST_CELL = re.compile(r"<tr>\s*<td([^>]*)>(.*?)</td>", re.DOTALL)


def with_row_headers(page: str) -> str:
    """A table without words at the head of its columns is one of names and values: each row has its header."""
    return _BLANK_HEAD.sub(lambda found: f"<table>{_FIRST_CELL.sub(_header, found[1])}</table>", page)


def _header(found: re.Match[str]) -> str:
    return f'<tr>\n<th scope="row"{found[1]}>{found[2]}</th>'
