"""`plumb verify`: starts what was generated and compares it with the spec."""

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from plumbline.cli import completing
from plumbline.cli.common import (
    finish,
    format_option,
    known_tenants,
    load,
    report,
    report_option,
    write_reports,
)
from plumbline.cli.progress import watch_on
from plumbline.cli.verify_cloud import cloud
from plumbline.project.proofs import page_marker
from plumbline.spec.finding import Finding, Severity
from plumbline.spec.spec import Spec

if TYPE_CHECKING:
    from validators.stack.report import StackReport


@click.group()
def verify() -> None:
    """Start what was generated and compare it with the spec."""


verify.add_command(cloud)


@verify.command()
@click.option(
    "--mode", required=True, metavar="MODE", shell_complete=completing.modes, help="Mode to start, for example offline."
)
@click.option(
    "--tenant",
    "tenants",
    multiple=True,
    metavar="ID",
    shell_complete=completing.tenants,
    help="Tenant to start; repeatable. Default: all.",
)
@click.option(
    "--attach",
    multiple=True,
    metavar="PROJECT",
    help="Running Compose project to inspect instead of a new one; repeatable.",
)
@click.option("--faults", is_flag=True, help="Also inject faults: kill, pause, fill and restart. Takes minutes.")
@click.option(
    "--restart-engine",
    metavar="COMMAND",
    help="With --faults: command that restarts the engine, for example 'systemctl restart docker'.",
)
@click.option("--keep", is_flag=True, help="Keep the stack running, and show how to reach it and take it down.")
@format_option
@report_option("stack-MODE", ".json, .xml and .md")
@click.pass_context
def stack(
    context: click.Context,
    mode: str,
    tenants: tuple[str, ...],
    attach: tuple[str, ...],
    faults: bool,
    restart_engine: str | None,
    keep: bool,
    format: str,
    reports: Path,
) -> None:
    """Start the generated project of a mode on a Docker engine, compare it with the spec, and take it down.

    \b
    plumb verify stack --mode offline
    plumb verify stack --mode offline --keep
    plumb verify stack --mode offline --faults
    plumb verify stack --mode offline --attach PROJECT

    A stand-in replaces each image that the engine does not have. The report names every stand-in.
    """
    from plumbline.stack import attach as attaching
    from plumbline.stack.connection import engine_errors
    from plumbline.stack.engine import find_engine
    from plumbline.stack.starting import stack_up
    from validators.stack.verify import Faults, verify_stack

    context.obj["format"] = format
    project = load(context)
    if attach and faults:
        raise click.UsageError("--faults needs a stack of its own; it cannot be combined with --attach")
    if restart_engine and not faults:
        raise click.UsageError("--restart-engine needs --faults")
    _known_mode(project.spec, mode)
    known_tenants(project.spec, tenants)
    engine = find_engine()
    mark = page_marker(project.spec, project.folder, f"plumb verify stack --mode {mode}{' --faults' * faults}")
    with _terminable(), engine_errors(), watch_on(sys.stderr, quiet=context.obj["quiet"]) as watch:
        spec, folder = project.spec, project.folder
        if attach:
            opening = attaching.attach(
                engine, spec, folder, mode, watch, names=attach, tenant=next(iter(tenants), None)
            )
        else:
            opening = stack_up(engine, spec, folder, mode, watch, tenants=tenants or None)
        result, opened = verify_stack(opening, mode, faults=Faults(restart_engine) if faults else None, keep=keep)
    _show(context, result, reports, _unmarked if attach or tenants else mark)
    for line in opened.kept_lines():
        click.echo(line, err=True)
    finish(result.findings)


def _show(context: click.Context, result: "StackReport", reports: Path, mark: Callable[[str, bool], str]) -> None:
    """Write the reports of a stack, and print one."""
    from validators.check_reports import as_json
    from validators.stack import rendering as formats

    format, name = context.obj["format"], f"stack-{result.mode}"
    shown = mark(formats.as_markdown(result), _passed(result.findings))
    write_reports(reports / name, {"json": as_json(result), "xml": formats.as_junit(result), "md": shown})
    if format == "json":
        click.echo(as_json(result), nl=False)
    elif format == "junit":
        click.echo(formats.as_junit(result), nl=False)
    else:
        report(
            context, [*result.findings, *_warnings(result.warnings)] if format != "text" else result.findings, format
        )
    if format == "text":
        click.echo("\n".join(formats.summary_lines(result)))
        click.echo(f"report: {reports}/{name}.json, .xml and .md")


@verify.command()
@click.option(
    "--tenant",
    metavar="ID",
    help="Tenant whose nodes are started. Default: the first one.",
)
@format_option
@report_option("parity", ".json and .md")
@click.pass_context
def parity(context: click.Context, tenant: str | None, format: str, reports: Path) -> None:
    """Start all modes side by side, run every probe of the parity matrix in each, and compare the answers.

    \b
    plumb verify parity
    plumb verify parity --tenant acme

    The report counts and lists matrix rows without a probe.
    """
    from plumbline.stack.connection import engine_errors
    from plumbline.stack.engine import find_engine
    from validators.parity import report as formats
    from validators.parity.verify import verify_parity

    context.obj["format"] = format
    project = load(context)
    known_tenants(project.spec, (tenant,) if tenant else ())
    _askable(project.spec)
    chosen = tenant or next(iter(project.spec.tenants.tenants), None)
    engine = find_engine()
    mark = _unmarked if tenant else page_marker(project.spec, project.folder, "plumb verify parity")
    with _terminable(), engine_errors(), watch_on(sys.stderr, quiet=context.obj["quiet"]) as watch:
        result = verify_parity(engine, project.spec, project.folder, chosen, watch)
    write_reports(
        reports / "parity",
        {"json": formats.as_json(result), "md": mark(formats.as_markdown(result), _passed(result.findings))},
    )
    if format == "json":
        click.echo(formats.as_json(result), nl=False)
    else:
        if format == "text":
            click.echo(formats.as_table(result))
        report(context, list(result.findings), format)
    if format == "text":
        click.echo("\n".join(formats.summary_lines(result)))
        click.echo(f"report: {reports}/parity.json and .md")
    finish(result.findings)


@verify.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--fingerprint",
    "fingerprints",
    multiple=True,
    required=True,
    envvar="PLUMB_RELEASE_KEY",
    help="Fingerprint of a trusted signing key; repeatable.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="File with the public key. Default: your GnuPG keyring.",
)
@format_option
@click.pass_context
def bundle(context: click.Context, file: Path, fingerprints: tuple[str, ...], key: Path | None, format: str) -> None:
    """Check a bundle against its signature, its manifest and the spec. Reads every byte, unpacks nothing.

    \b
    plumb verify bundle dist/docpipe-offline-1.0.tar.zst --fingerprint 0123…CDEF

    A bundle with a trusted signature gets a page in reports/, which `plumb site build` includes.
    """
    from plumbline.bundle.inspection import as_text
    from validators.bundle import page
    from validators.bundle.check import Trust, verify_bundle

    context.obj["format"] = format
    project = load(context)
    result = verify_bundle(file, project.spec, Trust(fingerprints, key), lambda _: None)
    if result.head and result.signer:
        manifest, reports = result.head.manifest, project.workspace.root / "reports"
        shown = page.as_markdown(manifest, result.signer, result.findings, result.layers, file.name)
        reports.mkdir(exist_ok=True)
        (reports / f"{page.page_name(manifest)}.md").write_text(shown, "utf-8")
        (reports / page.bill_name(manifest)).write_bytes(result.sbom)
    if format == "text" and result.head and result.signer:
        click.echo(as_text(result.head))
        click.echo(f"signed by {result.signer.fingerprint}")
    report(context, list(result.findings), format)
    finish(result.findings)


def _passed(findings: Sequence[Finding]) -> bool:
    return not any(each.severity == Severity.ERROR for each in findings)


def _unmarked(page: str, _: bool) -> str:
    """For a run of a part of what the proof is about."""
    return page


def _known_mode(spec: Spec, mode: str) -> None:
    if mode not in spec.modes:
        raise click.BadParameter(
            f"there is no mode {mode!r}; the spec has {', '.join(spec.modes)}", param_hint="--mode"
        )


def _askable(spec: Spec) -> None:
    """Raises click.UsageError where the matrix holds no question: modes that are asked nothing would stand for nothing."""
    if any(feature.probes for feature in spec.parity.features.values()):
        return
    count = len(spec.parity.features)
    lacks = f"none of the {count} features in parity.yaml has a probe" if count else "parity.yaml has no feature"
    raise click.UsageError(
        f"there is nothing to ask: {lacks}. Give features `probes`; `plumb explain PLB711` shows some"
    )


def _warnings(texts: tuple[str, ...]) -> list[Finding]:
    return [Finding("PLB910", text, severity=Severity.WARNING) for text in texts]


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM and SIGHUP end the run as Ctrl-C does, so that it cleans up; a second one doesn't stop the cleaning."""
    asked = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if not asked:
            asked = True
            raise KeyboardInterrupt

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.signal(each, interrupt) for each in signals}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
