"""`plumb site`: the site by MkDocs, run as a program so that other commands need not load it."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from plumbline.finding import EnvironmentMissing


@click.group()
def site() -> None:
    """Build or serve the site."""


@site.command()
@click.option("--site-dir", default="site", show_default=True, type=click.Path(path_type=Path))
@click.pass_context
def build(context: click.Context, site_dir: Path) -> None:
    """Build the site, strictly; it can be read from a folder without a network.

    What `plumb verify` found last, in reports/, becomes part of it, in place of what the last release was published with.
    """
    project = Path(context.obj["folder"]).resolve().parent
    call = ("build", "--strict", "--quiet", "--site-dir", str(site_dir.resolve()))
    evidence = sorted((project / "reports").glob("*.md"))
    if not evidence:
        _mkdocs(context, *call)
    else:
        with tempfile.TemporaryDirectory(prefix="plumb-site-") as folder:
            _mkdocs(context, *call, "--config-file", str(_with_evidence(project, evidence, Path(folder))))
    click.echo(f"site: {site_dir}/index.html")


def build_plain(context: click.Context, target: Path) -> None:
    """Build the site from the pages alone, without evidence and with no day in it: the same pages, the same bytes."""
    config = Path(context.obj["folder"]).resolve().parent / "mkdocs.yml"
    if not config.is_file():
        raise EnvironmentMissing(f"there is no {config}", "run this in the project, or give --spec PROJECT/data")
    _mkdocs(context, "build", "--strict", "--quiet", "--site-dir", str(target), SOURCE_DATE_EPOCH="0")


def _with_evidence(project: Path, evidence: list[Path], folder: Path) -> Path:
    """A configuration whose pages are those of the project and the evidence."""
    shutil.copytree(project / "docs", folder / "docs")
    target = folder / "docs" / "auditor" / "evidence"
    target.mkdir(parents=True, exist_ok=True)
    for file in (*evidence, *(project / "reports").glob("*.cdx.json")):
        shutil.copy(file, target)
    config = folder / "mkdocs.yml"
    config.write_text(f"INHERIT: {project / 'mkdocs.yml'}\ndocs_dir: docs\n")
    return config


@site.command()
@click.option("--address", default="127.0.0.1:8000", show_default=True)
@click.pass_context
def serve(context: click.Context, address: str) -> None:
    """Serve the site on loopback while you write."""
    _mkdocs(context, "serve", "--dev-addr", address)


def _mkdocs(context: click.Context, *arguments: str, **environment: str) -> None:
    project = Path(context.obj["folder"]).resolve().parent
    if not (project / "mkdocs.yml").is_file():
        raise EnvironmentMissing(f"{project} has no mkdocs.yml", "run this in the project, or give --spec PROJECT/data")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", *arguments],
        cwd=project,
        check=False,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true", **environment},
    )
    if done.returncode:
        sys.exit(1)
