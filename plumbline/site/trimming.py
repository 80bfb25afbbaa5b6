"""A built site without what no reader's browser loads or shows; it travels in every bundle."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

_EXACT = re.compile(r"(<(pre|script|style|textarea)\b.*?</\2>)", re.DOTALL)
"""Where an empty line counts."""
_PICTURE = re.compile(r"""([^/"'()\s]+\.svg)\b""")
_LINE_ENDS = re.compile(r"\s*\n\s*")
_NO_WORDS = re.compile(r'<span class="(?:w|o|p|p p-Indicator)">([^<]*)</span>|<span class="[a-z0-9]+">([ \n]+)</span>')
"""Blanks, operators and punctuation in code: colours are for words."""
_SCALAR = '<span class="l l-Scalar l-Scalar-Plain">'
"""A word of YAML, by three classes of which one has a colour."""
_ALIKE = re.compile(r'<span class="([a-z0-9]+)">([^<]*)</span>((?:[ ]*<span class="\1">[^<]*</span>)+)')
"""Words of one colour behind each other, with nothing but blanks between."""
_MARK = re.compile(r"</?span[^>]*>")
_ENTRY = re.compile(
    r'(<a href="[^"]*" class="md-nav__link[^"]*">)\s*<span class="md-ellipsis">\s*([^<]+?)\s*</span>\s*</a>'
)
"""An entry of a page's navigation: the theme's mark for what is too long is for titles in one line, and here they wrap."""
_BETWEEN_ENTRIES = re.compile(r'\n(?=<li class="md-nav__item|</li>)|(?<=<li class="md-nav__item">)\n|(?<=</li>)\n')
"""Line ends that the navigation of each page has by the thousand."""
_UNINDEXED = " data-search-exclude"
"""What only the program that makes the index reads."""
_TOLD = frozenset({"deployed", "readable"})
"""Of a fact, what its outcome says too."""
_ONLY_FROM_A_FOLDER = re.compile(r'location\.protocol==="file:"\?(?=[\w$]+\(`\$\{new URL\("search/search_index\.js")')
"""Where the theme asks for the index as a script, which works from a server too."""


def trim(site: Path) -> None:
    """Remove source maps, the stemmers of languages that nothing is searched in, and of pages and data what nobody sees.

    Drawings stand in the pages themselves: a file of one that no page loads goes too.
    """
    for path in site.rglob("*.map"):
        path.unlink()
    index = site / "search/search_index.json"
    if index.is_file() and json.loads(index.read_text("utf-8")).get("config", {}).get("lang") == ["en"]:
        shutil.rmtree(site / "assets/javascripts/lunr", ignore_errors=True)
    _keep_one_index(site)
    shown: set[str] = set()
    for path in site.rglob("*.html"):
        page = _NO_WORDS.sub(r"\1\2", _without_empty_lines(path.read_text("utf-8")))
        page = page.replace(_SCALAR, '<span class="l">').replace("<pre><span></span>", "<pre>")
        page = _BETWEEN_ENTRIES.sub("", _ENTRY.sub(r"\1\2</a>", page)).replace(_UNINDEXED, "")
        page = _ALIKE.sub(lambda found: f'<span class="{found[1]}">{found[2]}{_MARK.sub("", found[3])}</span>', page)
        path.write_text(page, "utf-8")
        shown.update(_PICTURE.findall(page))
    for path in site.glob("auditor/**/*.json"):
        data = json.loads(path.read_text("utf-8"), object_hook=_short)
        path.write_text(json.dumps(data, separators=(",", ":"), ensure_ascii=False), "utf-8")
    for path in site.glob("diagrams/*.svg"):
        if path.name not in shown:
            path.unlink()


def _keep_one_index(site: Path) -> None:
    """The index is there as a script and as data, each the size of a tenth of the site: the script serves every reader.

    Both stay where the theme's program is not the one that this knows.
    """
    index = site / "search/search_index.json"
    programs = [(path, path.read_text("utf-8")) for path in site.glob("assets/javascripts/bundle.*.js")]
    if len(programs) != 1 or not index.with_suffix(".js").is_file():
        return
    ((path, program),) = programs
    changed, count = _ONLY_FROM_A_FOLDER.subn("true?", program)
    if count == 1:
        path.write_text(changed, "utf-8")
        index.unlink()


def _short(each: dict[str, Any]) -> dict[str, Any]:
    """What was not measured says so by not being there, thousands of times; an outcome says whether there was something to read."""
    told = _TOLD if "outcome" in each else frozenset()
    return {name: value for name, value in each.items() if value is not None and name not in told}


def _without_empty_lines(page: str) -> str:
    # split at two groups: text, element, its name, text, …
    parts = _EXACT.split(page)
    return "".join(
        part if number % 3 else _LINE_ENDS.sub("\n", part) for number, part in enumerate(parts) if number % 3 != 2
    )
