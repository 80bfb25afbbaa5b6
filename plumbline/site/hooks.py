"""What MkDocs calls while it builds or serves a site. The work is done by the modules beside this one."""

import logging
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink

from plumbline.site.accessible import labelled, with_row_headers, within_reach
from plumbline.site.evidence import FOLDER, seen_words, with_days, with_last_runs, with_standing
from plumbline.site.navigation import arrange
from plumbline.site.origins import address_of, with_origins
from plumbline.site.pictures import with_pictures
from plumbline.site.printed import with_footer
from plumbline.site.proven import BUNDLES, steps_followed, with_proven
from plumbline.site.tables import with_long_tables
from plumbline.site.values import with_values, without_marks

_HERE = Path(__file__).parent
_STYLE = "assets/plumbline.css"
_VALUES = "assets/runbook-values.js"
_TABLES = "assets/tables.js"
_RULES = "architect/rules"
_RUNBOOKS = "operator/runbooks"
_LISTS = ("auditor/images.md", "architect/rules/index.md")
"""Pages whose tables are not searched: what was read of each image is found by its name, and a rule on its own page."""
_LINE = re.compile(r'<span id="l-\d+-\d+">')
"""A line of code, as defaults.yaml has them named; nobody leads there."""
_CODE = re.compile(r'(<div class="[^"]*\bhighlight\b[^"]*")>')
_ASSETS = {
    _STYLE: "site.css",
    "assets/iframe-worker.js": "iframe-worker.js",
    _VALUES: "runbook-values.js",
    _TABLES: "tables.js",
}
"""By address in the site. Only what a project has no file of its own for."""
# MkDocs counts what is logged below its own name: a warning ends a strict build
_log = logging.getLogger("mkdocs.plumbline")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The style sheet goes before the project's own, which may overrule it."""
    config.extra_css.insert(0, _STYLE)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Style sheet and script travel with the program, not with each project."""
    for address, name in _ASSETS.items():
        if files.get_file_from_path(address) is None:
            files.append(File.generated(config, address, content=(_HERE / name).read_bytes()))
    return files


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    """Navigation in the order of use."""
    if not config.nav:  # whoever writes one has an order in mind
        arrange(nav, config.extra.get("order", ()), config.extra.get("by_index", ()))
    return nav


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Evidence says whether it still holds; what helps in need is found before what explains."""
    folder, name = posixpath.split(page.file.src_uri)
    if boost := _boost(page.file.src_uri, config):
        page.meta.setdefault("search", {}).setdefault("boost", boost)
    if folder == FOLDER:
        known = config.extra.get("standings", {}).get(name.removesuffix(".md"), ())
        return with_standing(markdown, config.extra.get("revision", ""), known)
    form = _form_of(page, config)
    return str(form["markdown"]) if form else markdown


def _boost(path: str, config: MkDocsConfig) -> float | None:
    """How much sooner a page is found: by the longest of the paths that it is at or below."""
    found = {
        each: boost
        for each, boost in config.extra.get("boost", {}).items()
        if path == each or path.startswith(f"{each}/")
    }
    return found[max(found, key=len)] if found else None


def _form_of(page: Page, config: MkDocsConfig) -> Mapping[str, Any] | None:
    """What a runbook's page lets its reader type."""
    found: Mapping[str, Any] | None = config.extra.get("forms", {}).get(page.file.src_uri)
    return found


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Pictures stand in the page itself, so that their boxes lead somewhere."""
    folder = posixpath.dirname(page.file.src_uri)

    def picture(address: str) -> str | None:
        # the address is the built page's; where pages are built as files, it is that of the source too
        file = files.get_file_from_path(posixpath.normpath(posixpath.join(folder, address)))
        return file.content_string if file else None

    def target(address: str, of: str) -> str:
        source = posixpath.normpath(posixpath.join(folder, posixpath.dirname(of), address))
        file = files.get_file_from_path(source)
        if file is None:
            _log.warning("%s: a picture leads to '%s', which does not exist", page.file.src_uri, source)
            return "#"
        return file.url_relative_to(page.file)

    def seen(source: str) -> str | None:
        file = files.get_file_from_path(source)
        return file.url_relative_to(page.file) if file else None

    def told(name: str) -> str:
        file = files.get_file_from_path(f"{FOLDER}/{name}.md")
        known = config.extra.get("standings", {}).get(name, ())
        return seen_words(file.content_string, config.extra.get("revision", ""), known) if file else ""

    html = with_last_runs(
        with_pictures(_LINE.sub("<span>", html), picture, target), config.extra.get("proofs", {}), seen
    )
    if folder != FOLDER:
        html = with_days(html, told)
    evidence = files.get_file_from_path(BUNDLES)
    if folder == _RUNBOOKS and evidence and not page.is_index:
        followed = steps_followed(evidence.content_string, posixpath.basename(page.file.src_uri).removesuffix(".md"))
        html = with_proven(html, followed, evidence.url_relative_to(page.file), told("bundle-proof"))
    if form := _form_of(page, config):
        html = with_values(html, form["data"], seen(_VALUES) or "")
        for heading in _headings(page.toc):
            heading.title = without_marks(heading.title, form["data"])
    html = with_origins(html, config.extra.get("origins", {}).get(page.file.src_uri, ()), address_of(config))
    html = with_long_tables(within_reach(with_row_headers(html)), seen(_TABLES) or "")
    if page.file.src_uri in _LISTS:
        html = html.replace("<table>", "<table data-search-exclude>")
    return _CODE.sub(r"\1 data-search-exclude>", html) if folder == _RULES else html


def _headings(toc: Iterable[AnchorLink]) -> Iterator[AnchorLink]:
    for each in toc:
        yield each
        yield from _headings(each.children)


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:
    """The theme's page for what is not found has addresses from a server's root; ours needs nothing else to be shown."""
    if template_name != "404.html":
        return output_content
    page = Template((_HERE / "missing.html").read_text("utf-8"))
    return page.substitute(site=escape(config.site_name), style=_STYLE)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """What the theme's own parts lack."""
    return with_footer(labelled(output), config.extra.get("printed", ""))
