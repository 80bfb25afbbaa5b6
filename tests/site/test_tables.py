"""A long table leaves the rows with all the words in sight, and hands them out as they are."""

import csv
import io
import json
from pathlib import Path

import pytest

from plumbline.site.tables import LONG, with_long_tables
from tests.site.browser import Browser

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).parents[2] / "plumbline/site/tables.js"
NASTY = ['say "no", or', "=1+1", "<b>&amp;</b> é", "-", "a\u202eb"]
ROWS = [*NASTY, *(f"row {number} of many" for number in range(LONG))]
CATCH = """
const kept = []
URL.createObjectURL = blob => { kept.push(blob); return "#" }
HTMLAnchorElement.prototype.click = function () { kept.at(-1).file = this.download }
"""


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def page(rows: list[str]) -> str:
    """A page with a table."""
    body = "".join(f"<tr><td>{number}</td><td>{escaped(row)}</td></tr>" for number, row in enumerate(rows))
    heads = "<thead><tr><th>Number</th><th></th></tr></thead>"
    shown = with_long_tables(f"<table>{heads}<tbody>{body}</tbody></table>", "tables.js")
    return f'<meta charset="utf-8"><script>{CATCH}</script><article class="md-typeset">{shown}</article>'


@pytest.fixture
def table(tmp_path: Path, reader: Browser) -> Browser:
    """It, open."""
    (tmp_path / "tables.js").write_bytes(SCRIPT.read_bytes())
    (tmp_path / "long.html").write_text(page(ROWS), "utf-8")
    reader.open((tmp_path / "long.html").as_uri())
    return reader


def type_in(reader: Browser, words: str) -> list[str]:
    """Filter; the second cells of the rows in sight."""
    return list(
        reader.run(
            f"(() => {{ const field = document.querySelector('input'); field.value = {json.dumps(words)};"
            " field.dispatchEvent(new Event('input'));"
            " return [...document.querySelectorAll('tbody tr')].filter(row => row.offsetParent).map(row => row.cells[1].textContent) })()"
        )
    )


def saved(reader: Browser, label: str) -> tuple[str, str]:
    """Name and content of what a button saves."""
    reader.run(
        f"[...document.querySelectorAll('button')].find(each => each.textContent === {json.dumps(label)}).click()"
    )
    name, content = reader.run("(async () => [kept.at(-1).file, await kept.at(-1).text()])()")
    return name, content


def test_the_rows_with_all_the_words_stay(table: Browser) -> None:
    assert type_in(table, "MANY 7") == ["row 2 of many", "row 7 of many", "row 12 of many", "row 17 of many"]
    assert table.run("document.querySelector('[role=status]').textContent") == f"4 of {len(ROWS)} rows"
    assert type_in(table, "<b>") == ["<b>&amp;</b> é"]
    assert type_in(table, "nowhere") == []
    assert type_in(table, " ") == ROWS


def test_what_is_in_sight_is_saved_as_it_is(table: Browser) -> None:
    name, content = saved(table, "JSON")
    assert name == "long.json"
    assert [each["column 2"] for each in json.loads(content)] == ROWS
    type_in(table, "many 24")
    assert json.loads(saved(table, "JSON")[1]) == [{"Number": "24", "column 2": "row 19 of many"}]


def test_no_cell_becomes_a_formula_of_a_spreadsheet(table: Browser) -> None:
    name, content = saved(table, "CSV")
    assert name == "long.csv"
    heads, *rows = csv.reader(io.StringIO(content, newline=""))
    assert heads == ["Number", ""]
    assert [row[1] for row in rows] == [f"'{each}" if each[0] in "=-" else each for each in ROWS]


def test_a_short_table_is_left_as_it_is() -> None:
    assert "<script" not in page(ROWS[:LONG]).partition("<article")[2]
    assert "<script" in page(ROWS[: LONG + 1]).partition("<article")[2]


@pytest.mark.parametrize("width", [360, 1280])
def test_the_site_s_own_tables_have_it(site: Path, reader: Browser, width: int) -> None:
    reader.open((site / "operator/environment.html").as_uri(), width)
    reader.until("document.querySelector('.filter input')")
    assert reader.run("document.documentElement.scrollWidth <= innerWidth")
    assert reader.complaints() == []
