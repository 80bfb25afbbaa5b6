"""`plumb verify parity`: every mode stood up beside the others, asked the same, and compared with the matrix."""

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from plumbline.report.phases import Phases
from plumbline.spec.spec import Spec
from plumbline.stack.engine import Engine
from plumbline.stack.stack import Stack, Watch
from plumbline.stack.starting import stack_up
from validators.parity.asking import Key, all_probes, ask_probes
from validators.parity.report import ParityReport
from validators.parity.verdict import feature_rows, parity_findings
from validators.stand_in_limits import weakened


def verify_parity(engine: Engine, spec: Spec, spec_folder: Path, tenant: str | None, watch: Watch) -> ParityReport:
    """Stand every mode up, for a tenant where the spec has any; ask all probes in each, take all down.

    Raises EnvironmentMissing, InputError.
    """
    began, phases = datetime.now(UTC).isoformat(timespec="seconds"), Phases()
    stacks: dict[str, Stack] = {}
    observed: dict[str, Mapping[Key, str]] = {}
    with ExitStack() as open_stacks:
        for mode in spec.modes:
            with phases.measure("up"):
                opening = stack_up(engine, spec, spec_folder, mode, watch, tenants=[tenant] if tenant else [])
                stacks[mode] = open_stacks.enter_context(opening)
        for mode, stack in stacks.items():
            watch.phase(f"asking mode {mode}")
            with phases.measure("ask"):
                observed[mode] = ask_probes(stack, tenant)
            wrong = sum(1 for key, probe in all_probes(spec) if probe.answers.get(mode) != observed[mode][key])
            watch.result(f"answers of {mode}", len(observed[mode]) - wrong, wrong)
        down = phases.start("down")
    down()
    stand_ins = {image: server for stack in stacks.values() for image, server in sorted(stack.stand_ins.items())}
    rows = feature_rows(spec, observed, stand_ins)
    return ParityReport(
        platform=spec.platform.name,
        tenant=tenant,
        began=began,
        seconds=phases.seconds,
        engine=engine.versions,
        spec_revision=spec.revision,
        stand_ins=stand_ins,
        trouble={mode: tuple(stack.trouble) for mode, stack in stacks.items() if stack.trouble},
        rows=tuple(rows),
        findings=tuple(parity_findings(spec, rows)),
        weakened=weakened(spec, stand_ins),
    )
