"""Reads a project once and holds it against the desired state of each tenant."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hcloud import Client

from generators.cloud.desired import cloud_tenants, desired_state
from plumbline.phases import Phases
from plumbline.provisioning.lifecycle import objects_now
from plumbline.spec import Spec
from validators.cloud.checks import Judged, object_checks, project_checks
from validators.cloud.leftovers import leftovers
from validators.cloud.reading import read
from validators.cloud.report import CloudReport, findings_of
from validators.cloud.strays import stray_checks


def verify_cloud(api: Client, spec: Spec, tenants: Sequence[str], everything: bool) -> CloudReport:
    """Nothing is changed. `everything`: also what is left of tenants that the spec does not have. Raises what the SDK raises."""
    began, phases = datetime.now(UTC), Phases()
    states = [_now(desired_state(spec, mode, each)) for mode, each in cloud_tenants(spec) if each in tenants]
    with phases.measured("read"):
        zones = {want["zone"] for state in states for want in state["objects"] if want["kind"] == "record"}
        snapshot = read(api, zones)
    judged: list[Judged] = []
    with phases.measured("compare"):
        for state in states:
            judged += object_checks(state, snapshot)
            judged += stray_checks(state, snapshot, began.date())
        judged += project_checks(states, snapshot)
        if everything:
            judged += [each for mode in spec.modes for each in leftovers(spec, mode, snapshot)]
    return CloudReport(
        platform=spec.platform.name,
        tenants=tuple(tenants),
        began=began.isoformat(timespec="seconds"),
        seconds=phases.seconds,
        spec_revision=spec.revision,
        objects=len(snapshot.objects),
        checks=tuple(each.check for each in judged),
        findings=tuple(findings_of(spec, judged)),
    )


def _now(state: dict[str, Any]) -> dict[str, Any]:
    """The desired state as it holds for a tenant in its present state."""
    return {**state, "objects": objects_now(state)}
