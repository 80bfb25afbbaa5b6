"""Long tables: a script lets their readers filter them, and save the rows as a file. Pure."""

import re
from html import escape

LONG = 20
"""Rows up to which a table is taken in at a glance; the script has the same."""
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)


def with_long_tables(page: str, script: str) -> str:
    """A page's HTML with the script where one of its tables is long. `script` is the address of what serves them."""
    # the row of headers besides
    if script and any(table.count("<tr") > LONG + 1 for table in _TABLE.findall(page)):
        return f'{page}<script src="{escape(script)}" defer></script>'
    return page
