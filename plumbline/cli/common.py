"""What commands share: loading and reporting."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from plumbline.cli.exit_codes import EXIT_FINDINGS
from plumbline.effective.published import page_address
from plumbline.project.workspace import Workspace
from plumbline.report.explained import Rules
from plumbline.spec.finding import Finding, InputError, Severity
from plumbline.spec.foreign import presentable
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files

Command = TypeVar("Command", bound=Callable[..., Any])
format_option = click.option(
    "--format",
    type=click.Choice(["text", "json", "junit", "sarif", "github"]),
    default="text",
    show_default=True,
    help="Output format of findings.",
)
"""In which form findings are written."""


def report_option(stem: str, endings: str) -> Callable[[Command], Command]:
    """The folder of a report, as parameter `reports`."""
    return click.option(
        "--report",
        "reports",
        default="reports",
        show_default=True,
        metavar="DIR",
        type=click.Path(path_type=Path, file_okay=False),
        help=f"Folder for {stem}{endings}.",
    )


@dataclass(frozen=True)
class SpecProject:
    """A loaded spec, its folder, and the project around it."""

    spec: Spec
    folder: Path
    workspace: Workspace
    sources: dict[str, str]
    """Text of the spec's files by the name that findings use."""


def load(context: click.Context) -> SpecProject:
    """The project that the call is about; raises InputError with everything that is wrong in its structure."""
    folder = Path(context.obj["folder"])
    label = f"{os.path.relpath(folder)}/".replace(os.sep, "/")
    files = read_spec_files(folder)
    spec, findings = load_spec(files, label)
    sources = {label + name: text for name, text in files.items()}
    context.obj["sources"] = sources
    if spec is None:
        raise InputError(findings)
    place = folder.resolve()
    return SpecProject(spec, folder, Workspace(place.parent, place.name), sources)


def report(
    context: click.Context, findings: Sequence[Finding], format: str = "text", tried: Rules | None = None
) -> None:
    """Write findings to stdout in a format; `tried` are the rules that were tried, of which machines are told too."""
    from plumbline.report import REPORTERS

    findings, sources = presentable(findings, context.obj.get("sources", {}))
    colour = bool(context.obj["colour"]) and _wants_colour()
    more = _more(Path(context.obj["folder"]), format, tried)
    click.echo(REPORTERS[format](findings, sources, colour, **more), nl=False, color=colour or None)


def _more(folder: Path, format: str, tried: Rules | None) -> dict[str, Any]:
    """What a format is told beside findings: SARIF of every rule and where its page is, JUnit of all rules that were tried."""
    if format == "junit":
        return {"rules": tried or {}}
    if format != "sarif":
        return {}
    from validators.all_rules import ALL_RULES

    project = folder.resolve().parent
    site = project / "mkdocs.yml"
    address = page_address(site.read_text("utf-8", "replace") if site.is_file() else "")
    # only a project that holds the reference has pages of rules
    return {"rules": ALL_RULES, "page_of": lambda page: address(page) if _is_page(project, page) else None}


def _is_page(project: Path, page: str) -> bool:
    return (project / "docs" / f"{page}.md").is_file()


def _wants_colour() -> bool:
    """What the environment says, by the customs of other programs; else whether somebody looks at a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return sys.stdout.isatty()


def known_tenants(spec: Spec, tenants: tuple[str, ...]) -> None:
    """Raises click.BadParameter for a tenant that the spec does not have."""
    for tenant in tenants:
        if tenant not in spec.tenants.tenants:
            have = ", ".join(spec.tenants.tenants) or "no tenants"
            raise click.BadParameter(f"there is no tenant {tenant!r}; the spec has {have}", param_hint="--tenant")


def write_reports(stem: Path, contents: Mapping[str, str]) -> None:
    """Write a report in each of its forms, by the ending of its file."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    for suffix, content in contents.items():
        stem.with_suffix(f".{suffix}").write_text(content, "utf-8")


def finish(findings: Sequence[Finding]) -> NoReturn:
    """Leave with 1 when there is an error, else 0."""
    sys.exit(EXIT_FINDINGS if any(finding.severity == Severity.ERROR for finding in findings) else 0)
