"""`plumb verify cloud`: compares a project at the cloud provider with the spec."""

import os
from pathlib import Path
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
from plumbline.spec.finding import EnvironmentMissing
from plumbline.spec.spec import Spec

if TYPE_CHECKING:
    from hcloud import Client

    from generators.site.cost_page import Cost


@click.command()
@click.option(
    "--tenant",
    "tenants",
    multiple=True,
    metavar="ID",
    shell_complete=completing.tenants,
    help="Tenant to compare; repeatable.",
)
@click.option("--all", "everything", is_flag=True, help="All tenants, and leftovers of tenants that were removed.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="File with the API token; a read-only token is enough. Default: HCLOUD_TOKEN.",
)
@click.option("--live-prices", is_flag=True, help="Also show today's prices, beside those of the catalogue.")
@format_option
@report_option("cloud", ".json, .xml and .md")
@click.pass_context
def cloud(
    context: click.Context,
    tenants: tuple[str, ...],
    everything: bool,
    token_file: Path | None,
    live_prices: bool,
    format: str,
    reports: Path,
) -> None:
    """Compare a project at the cloud provider with the spec. Changes nothing.

    \b
    plumb verify cloud --tenant acme
    plumb verify cloud --all --token-file read-only-token
    plumb verify cloud --tenant acme --live-prices

    Lists each kind of resource once, however many tenants there are.
    """
    from generators.cloud.desired import cloud_tenants
    from plumbline.provisioning.calls import API_ERRORS, describe_error
    from validators.check_reports import as_json
    from validators.cloud import rendering as formats
    from validators.cloud.verify import verify_cloud

    context.obj["format"] = format
    if bool(tenants) == everything:
        raise click.UsageError("name tenants with --tenant ID, or give --all")
    project = load(context)
    known_tenants(project.spec, tenants)
    known = list(dict.fromkeys(tenant for _, tenant in cloud_tenants(project.spec)))
    if not known:
        raise click.UsageError(
            "there is nothing to verify: no mode of this spec has a `cloud` in its topology and `tenancy: many` with tenants"
        )
    chosen = known if everything else tenants
    api = _api(token_file)
    try:
        result = verify_cloud(api, project.spec, chosen, everything)
        costs = _costs(api, project.spec, chosen) if live_prices else ""
    except API_ERRORS as error:
        raise EnvironmentMissing(f"the project could not be read: {describe_error(error)}", _way_out(error)) from None
    write_reports(
        reports / "cloud",
        {"json": as_json(result), "xml": formats.as_junit(result), "md": formats.as_markdown(result)},
    )
    if format in ("json", "junit"):
        click.echo(as_json(result) if format == "json" else formats.as_junit(result), nl=False)
    else:
        report(context, result.findings, format)
    if format == "text":
        click.echo("\n".join(formats.summary_lines(result)))
        click.echo(f"report: {reports}/cloud.json, .xml and .md")
    if costs:
        click.echo(costs, err=format != "text")
    finish(result.findings)


def _way_out(error: Exception) -> str:
    from hcloud import APIException

    if not isinstance(error, APIException):
        return "check the connection to the API: network, proxy, HCLOUD_ENDPOINT"
    if error.code in ("unauthorized", "forbidden"):
        return "the token is unknown or revoked; create one with read access in the project's console"
    return "run it again; if it fails again, the API has a problem: see the provider's status page"


def _api(token_file: Path | None) -> "Client":
    from plumbline.provisioning.calls import connect
    from plumbline.provisioning.command import ENDPOINT

    token = (token_file.read_text("utf-8") if token_file else os.environ.get("HCLOUD_TOKEN", "")).strip()
    if not token:
        raise EnvironmentMissing(
            "there is no token for the cloud's API", "set HCLOUD_TOKEN, or name a file with --token-file"
        )
    return connect(token, os.environ.get("HCLOUD_ENDPOINT", ENDPOINT))


def _costs(api: "Client", spec: Spec, tenants: "tuple[str, ...] | list[str]") -> str:
    """Each tenant's costs by the catalogue and by today's prices; line by line where it is one tenant."""
    from tabulate import tabulate

    from generators.cloud.desired import cloud_tenants, desired_state
    from generators.site.cost_page import catalogue_prices, estimate
    from validators.cloud.prices import live_prices

    states = [desired_state(spec, mode, tenant) for mode, tenant in cloud_tenants(spec) if tenant in tenants]
    today = {location: live_prices(api, location) for location in {state["location"] for state in states}}
    rows: list[list[str]] = []
    for state in states:
        location = state["location"]
        before, now = estimate(state, catalogue_prices(spec, location)), estimate(state, today[location])
        if len(tenants) == 1:
            rows += [_row(old.what, [old], [new]) for old, new in zip(before, now, strict=True)]
        rows.append(_row(f"{state['tenant']}, {state['mode']}", before, now))
    currency = next(iter(today.values())).currency
    heads = [
        "net a month",
        f"{spec.catalogue.date}, {spec.catalogue.currency}",
        "at most",
        f"today, {currency}",
        "at most",
    ]
    return tabulate(rows, heads, disable_numparse=True, colalign=("left", "right", "right", "right", "right"))


def _row(what: str, before: "list[Cost]", now: "list[Cost]") -> list[str]:
    from generators.site.cost_page import total, unknown

    cells = [what]
    for costs in (before, now):
        missing = bool(unknown(costs))
        cells += [f"{amount:.2f}" + ("+?" if missing else "") for amount in total(costs)]
    return cells
