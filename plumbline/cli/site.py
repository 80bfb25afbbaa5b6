"""`plumb site`: the site by MkDocs, run as a program so that other commands need not load it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from generators.registry import generate
from generators.site.runbook_form import runbook_forms
from plumbline.cli.common import load
from plumbline.project.proofs import pages_by_command, standings
from plumbline.project.section_origins import origins_of
from plumbline.site.trimming import trim
from plumbline.spec.finding import EnvironmentMissing
from validators.all_rules import ALL_RULES

_SITE = Path(str(files("plumbline.site")))
_DEFAULTS = _SITE / "defaults.yaml"
"""The configuration of a project that has none of its own."""
_HOOKS = _SITE / "hooks.py"


@click.group()
def site() -> None:
    """Build or serve the documentation site."""


@site.command()
@click.option(
    "--site-dir",
    default="site",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder to write the site into.",
)
@click.pass_context
def build(context: click.Context, site_dir: Path) -> None:
    """Build the site; any broken link fails the build. The site opens from a folder, without a network.

    The latest `plumb verify` reports in reports/ become part of it and replace those of the last release.
    A mkdocs.yml in the project is optional and configures the site.
    """
    with _configured(context, evidence=True, origins=True) as config:
        _mkdocs(config, "build", "--strict", "--quiet", "--site-dir", str(site_dir.resolve()))
    trim(site_dir)
    click.echo(f"site: {site_dir}/index.html")


def build_plain(context: click.Context, target: Path) -> None:
    """Build the site from the pages alone, without evidence and with no day in it: the same pages, the same bytes."""
    with _configured(context) as config:
        _mkdocs(config, "build", "--strict", "--quiet", "--site-dir", str(target), SOURCE_DATE_EPOCH="0")
    trim(target)


@site.command()
@click.option("--address", default="127.0.0.1:8000", show_default=True, help="Address and port to listen on.")
@click.pass_context
def serve(context: click.Context, address: str) -> None:
    """Serve the site on loopback. When a file of the spec changes, build again and reload the page."""
    # it brings threads along that no other command has a use for
    from plumbline.cli.site_watch import rebuild_on_change

    with _configured(context) as config, rebuild_on_change(Path(context.obj["folder"])):
        _mkdocs(config, "serve", "--dev-addr", address)


@contextmanager
def _configured(context: click.Context, *, evidence: bool = False, origins: bool = False) -> Iterator[Path]:
    """The configuration of the project's site, in a folder of its own: that of the project, or else the defaults, and our hooks.

    With `origins`, sections say where in the spec they come from. Not where nobody has the spec, as beside a bundle, and not while
    it is edited, for then the lines move.

    Raises EnvironmentMissing where there are no pages.
    """
    project = Path(context.obj["folder"]).resolve().parent
    own = project / "mkdocs.yml"
    plain = {"INHERIT": str(_DEFAULTS), "docs_dir": str(project / "docs"), "hooks": [str(_HOOKS)]}
    settings: dict[str, Any] = _inherited(own) if own.is_file() else plain
    docs = Path(str(settings["docs_dir"]))
    if not (docs / "index.md").is_file():
        raise EnvironmentMissing(f"there are no pages in {docs}", "run `plumb build`, or give --spec PROJECT/data")
    loaded = load(context)
    spec = loaded.spec
    said = f"{spec.platform.title} {spec.platform.version}, spec {spec.revision}"
    settings = {"site_name": spec.platform.title, "copyright": escape(said)} | settings
    settings["extra"] = {"revision": spec.revision, "printed": said, "proofs": pages_by_command(spec)}
    if evidence:
        found = standings(spec, loaded.folder)
        settings["extra"]["standings"] = {
            proof.page: [how.state, how.why] for proof, how in found if how.state != "never"
        }
    settings["extra"]["forms"] = {
        page: {"markdown": form.markdown, "data": form.data} for page, form in runbook_forms(spec).items()
    }
    if origins:
        settings["extra"]["origins"] = origins_of(generate(spec, tuple(ALL_RULES.values())), spec)
    pages = [*sorted((project / "reports").glob("*.md"))] if evidence else []
    with tempfile.TemporaryDirectory(prefix="plumb-site-") as folder:
        if pages:
            settings["docs_dir"] = str(_with_evidence(docs, pages, Path(folder)))
        config = Path(folder) / "mkdocs.yml"
        config.write_text(json.dumps(settings), "utf-8")  # JSON is YAML
        yield config


def _inherited(own: Path) -> dict[str, Any]:
    """What makes a configuration elsewhere the same as a project's own, and has our hooks: lists replace its own, paths are from it.

    A value of a wrong type stays as it is: MkDocs says what is wrong with it. Raises ClickException for what is no mapping.
    """
    said = _read(own)
    settings: dict[str, Any] = {"INHERIT": str(own), "docs_dir": _beside(own, said.get("docs_dir") or "docs")}
    settings |= {each: said[each] for each in ("site_name", "copyright") if each in said}
    if isinstance(hooks := said.get("hooks") or [], list):
        settings["hooks"] = [*(_beside(own, each) for each in hooks), str(_HOOKS)]
    theme = said.get("theme")
    if isinstance(theme, dict) and (templates := theme.get("custom_dir")):
        settings["theme"] = {"custom_dir": _beside(own, templates)}
    return settings


def _beside(own: Path, said: Any) -> Any:
    return str(own.parent / said) if isinstance(said, str) else said


def _read(own: Path) -> dict[str, Any]:
    from mkdocs.exceptions import ConfigurationError
    from mkdocs.utils.yaml import get_yaml_loader, yaml_load
    from yaml import YAMLError

    try:
        with own.open(encoding="utf-8") as file:
            said = yaml_load(file, get_yaml_loader())
    except (YAMLError, ConfigurationError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{own}: {error}\n  = fix it, or remove it: it is optional") from error
    if not isinstance(said, dict):
        raise click.ClickException(f"{own} is not a mapping of settings\n  = fix it, or remove it: it is optional")
    return said


def _with_evidence(pages: Path, evidence: list[Path], folder: Path) -> Path:
    """A folder with the pages of the project and the evidence."""
    docs = folder / "docs"
    shutil.copytree(pages, docs)
    target = docs / "auditor" / "evidence"
    target.mkdir(parents=True, exist_ok=True)
    data = (file.with_suffix(".json") for file in evidence)
    linked = (each for each in data if f"]({each.name})" in each.with_suffix(".md").read_text("utf-8"))
    for file in (*evidence, *linked, *evidence[0].parent.glob("*.cdx.json")):
        shutil.copy(file, target)
    return docs


def _mkdocs(config: Path, *arguments: str, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", *arguments, "--config-file", str(config)],
        check=False,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true", **environment},
    )
    if done.returncode:
        sys.exit(1)
