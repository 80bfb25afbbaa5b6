"""`plumb verify cloud`: reads a project once and compares it with the desired state of each tenant."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from hcloud import Client

from generators.cloud.desired import cloud_tenants, desired_state
from plumbline.provisioning.lifecycle import objects_now
from plumbline.report.phases import Phases
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.cloud.checks import Judged, key_of, object_checks
from validators.cloud.leftovers import leftovers, nobodys
from validators.cloud.names import host_checks, issuer_checks, parent_checks, zone_checks
from validators.cloud.project_checks import key_checks, lists_checks, offer_checks
from validators.cloud.reading import read_project
from validators.cloud.report import CloudReport, findings_of
from validators.cloud.snapshot import Snapshot
from validators.cloud.unmanaged import stray_checks


def verify_cloud(api: Client, spec: Spec, tenants: Sequence[str], everything: bool) -> CloudReport:
    """Nothing is changed. `everything`: also what is left of tenants that the spec does not have. Raises what the SDK raises."""
    began, phases = datetime.now(UTC), Phases()
    states = states_of(spec, tenants)
    with phases.measure("read"):
        # also of tenants of which nothing should be left: their records are to be seen
        zones = {cloud.dns.zone for state in states if (cloud := spec.topology[state["mode"]].cloud)}
        snapshot = read_project(api, zones)
    with phases.measure("compare"):
        judged = judge(spec, states, snapshot, began.date(), everything)
    return CloudReport(
        platform=spec.platform.name,
        tenants=tuple(tenants),
        began=began.isoformat(timespec="seconds"),
        seconds=phases.seconds,
        spec_revision=spec.revision,
        objects=len(snapshot.objects),
        unknown_fields=tuple(sorted(snapshot.unknown)),
        checks=tuple(each.check for each in judged),
        findings=tuple(findings_of(spec, judged)),
    )


def judge(
    spec: Spec, states: Sequence[dict[str, Any]], snapshot: Snapshot, today: date, everything: bool
) -> list[Judged]:
    """Every fact of tenants and of what they share. Pure."""
    judged: list[Judged] = []
    for state in states:
        judged += object_checks(state, snapshot)
        judged += host_checks(state, snapshot)
        judged += stray_checks(state, snapshot, today)
    judged += lists_checks(
        snapshot, next(path_of("topology", mode, "cloud") for mode in spec.modes if spec.topology[mode].cloud)
    )
    judged += zone_checks(states, snapshot)
    judged += parent_checks(states, snapshot)
    judged += issuer_checks(spec, states, snapshot)
    judged += offer_checks(states, snapshot)
    judged += key_checks(spec, snapshot)
    if everything:
        judged += [each for mode in spec.modes for each in leftovers(spec, mode, snapshot)]
        judged += nobodys(spec, {key_of(want) for state in states for want in state["objects"]}, snapshot)
    return judged


def states_of(spec: Spec, tenants: Sequence[str]) -> list[dict[str, Any]]:
    """The desired states of tenants, as they hold in their present states, in each mode with a cloud."""
    return [_now(desired_state(spec, mode, each)) for mode, each in cloud_tenants(spec) if each in tenants]


def _now(state: dict[str, Any]) -> dict[str, Any]:
    """The desired state as it holds for a tenant in its present state."""
    return {**state, "objects": objects_now(state)}
