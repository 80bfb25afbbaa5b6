"""`plumb verify stack`: starts a mode, compares it, stops it, and reports."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from plumbline.report.fact import Check
from plumbline.report.phases import Phases
from plumbline.stack.layout import binding_of
from plumbline.stack.project import ComposeProject
from plumbline.stack.stack import Stack, node_service_name
from validators.stack.behaviour.trials import try_everything
from validators.stack.ignoring import apply_ignores
from validators.stack.kinds import STATE, Takes, tried_with
from validators.stack.patient_inspection import inspect_patiently
from validators.stack.report import StackReport, finding_of, subject_with_node
from validators.stand_in_limits import weakened


@dataclass(frozen=True)
class Faults:
    """That things shall be done to the stack."""

    restart_engine: str | None = None
    """Shell command that restarts the engine; None leaves that out."""


def verify_stack(
    opening: AbstractContextManager[Stack], mode: str, *, faults: Faults | None = None, keep: bool = False
) -> tuple[StackReport, Stack]:
    """Open a stack (`standing` or `attached`) and compare it with its spec; the report, and the stack.

    The stack stands afterwards only when it is kept, or was there before. Raises EnvironmentMissing, InputError.
    """
    began, phases = datetime.now(UTC).isoformat(timespec="seconds"), Phases()
    up = phases.start("up")
    with opening as stack:
        up()
        spec, engine = stack.spec, stack.engine
        stack.watch.phase("comparing with the spec")
        with phases.measure("check"):
            look, passed = inspect_patiently(stack)
            checks = list(look.checks)
            matches = sum(1 for check in checks if check.outcome == "matches")
            stack.watch.result("facts", matches, len(checks) - matches)
        if faults and not stack.trouble:
            tried, seconds = try_everything(stack, faults.restart_engine)
            checks += tried
            phases.seconds |= seconds
        with phases.measure("check"):
            sorted_out = apply_ignores(spec, mode, checks, date.today())
            findings = [finding_of(spec, mode, check, _evidence(stack, check)) for check in sorted_out.counted]
            findings += sorted_out.unused
        if keep:
            stack.run.keep()
        down = phases.start("down")
    down()
    report = StackReport(
        platform=spec.platform.name,
        mode=mode,
        began=began,
        seconds=phases.seconds,
        engine=engine.versions,
        spec_revision=spec.revision,
        stand_ins=stack.stand_ins,
        substitutes=tuple(stack.substitutes),
        moved={_where(project, name): subnet for project in stack.projects for name, subnet in project.moved.items()},
        moved_ports=dict(_moved_ports(stack)),
        passed=passed,
        ignored=tuple(
            f"{subject_with_node(check)}: {check.difference} ({reason})" for check, reason in sorted_out.ignored
        ),
        untried=tuple(_untried(stack, faults)),
        narrowed=tuple(_narrowed(stack)),
        warnings=tuple(engine.versions.below(spec.platform.floors)),
        table=tuple(look.table),
        checks=tuple(checks),
        findings=tuple(findings),
        weakened=weakened(spec, stack.stand_ins),
    )
    return report, stack


def _untried(stack: Stack, faults: Faults | None) -> Iterator[str]:
    if not stack.is_own:
        yield f"{', '.join(tried_with(Takes.OWN_STACK))}, which take {Takes.OWN_STACK.value}"
    if stack.left_out:
        yield f"{', '.join(stack.left_out)}: optional and not started, or a job whose container is gone"
    yield from _without_a_query(stack)
    if not stack.is_own:
        yield "the content of secrets, which only their owner knows; it was checked that all services have the same one"
    yield "the content of models and volumes"
    with_faults = ", ".join(tried_with(Takes.FAULTS))
    if faults is None:
        yield f"{with_faults} ({Takes.FAULTS.value})"
    elif stack.trouble:
        yield f"{with_faults}, because the stack did not start"
    elif faults.restart_engine is None:
        yield "a restart of the engine (--restart-engine COMMAND)"


def _without_a_query(stack: Stack) -> Iterator[str]:
    services = {
        name: service
        for project in stack.projects
        for name, service in project.deployment.services.items()
        if service.kind == "service"
    }
    if silent := sorted(name for name, service in services.items() if not service.running):
        yield f"the running settings of {', '.join(silent)}: the spec has no query for them (`running`)"
    if stubs := sorted(name for name, service in services.items() if service.running and service.image in stack.stubs):
        yield f"the running settings of {', '.join(stubs)}: a contract stub has none"


def _moved_ports(stack: Stack) -> Iterator[tuple[str, str]]:
    for project in stack.projects:
        for name, service in project.deployment.services.items():
            for port, each in service.publish.items():
                address, number = binding_of(project.node, each)
                if number != each.port:
                    yield f"{port} of {node_service_name(project, name)}", f"{address}:{number}"


def _narrowed(stack: Stack) -> Iterator[str]:
    for project in stack.projects:
        for name, service in project.deployment.services.items():
            for each in service.publish.values():
                address, _ = binding_of(project.node, each)
                if address != each.address:
                    yield f"port {each.port} of {_where(project, name)} was bound to {address}, not to every interface"


def _where(project: ComposeProject, network: str) -> str:
    return f"{project.node.name}/{network}" if project.node.name else network


def _evidence(stack: Stack, check: Check) -> tuple[str, ...]:
    """For a service in a wrong state: its last lines, and what Compose said."""
    if check.attribute != STATE.name:
        return ()
    return (*stack.last_lines(check.where, check.subject.removeprefix("services.")), *stack.trouble)
