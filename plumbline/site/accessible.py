"""Pages for readers who see no screen, or use no mouse. Pure."""

import re

_BLANK_HEAD = re.compile(r"<table>\s*<thead>\s*<tr>\s*(?:<th[^>]*></th>\s*)+</tr>\s*</thead>(.*?)</table>", re.DOTALL)
_FIRST_CELL = re.compile(r"<tr>\s*<td([^>]*)>(.*?)</td>", re.DOTALL)
_CODE_BLOCK = re.compile(r"(<pre[^>]*>(?:<span></span>)?<code)>")
_SEARCH = '<div class="md-search" data-md-component="search" role="dialog">'
_TASK = '<input type="checkbox"'


def with_row_headers(page: str) -> str:
    """A table without words at the head of its columns is one of names and values: each row has its header."""
    return _BLANK_HEAD.sub(lambda found: f"<table>{_FIRST_CELL.sub(_header, found[1])}</table>", page)


def _header(found: re.Match[str]) -> str:
    return f'<tr>\n<th scope="row"{found[1]}>{found[2]}</th>'


def within_reach(page: str) -> str:
    """Blocks of code can be scrolled by keyboard, and boxes to tick have a name."""
    return _CODE_BLOCK.sub(r'\1 tabindex="0">', page).replace(_TASK, f'{_TASK} aria-label="Done"')


def labelled(page: str) -> str:
    """The theme's search is a dialogue without a name."""
    return page.replace(_SEARCH, _SEARCH.replace(">", ' aria-label="Search">'))
