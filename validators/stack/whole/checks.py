"""The checks of a whole comparison: one for each part that is as generated, and one for each field that is not. Pure."""

from collections.abc import Collection, Iterable, Sequence

from plumbline.report.fact import Check
from plumbline.stack.containers import container_of
from plumbline.stack.project import ComposeProject
from plumbline.stack.reference import CreatedProject, Described
from validators.stack.whole.comparing import FieldDifference, ProjectNames, differences, is_below
from validators.stack.whole.may_differ import CONTAINER, NETWORK, SAID_BY, VOLUME, MayDiffer

WHOLE = "whole"
AS_GENERATED = "as generated"
_PARTS = ("Config", "HostConfig", "Mounts", "NetworkSettings")
_REST = "all else"


def whole_checks(
    project: ComposeProject,
    reference: CreatedProject,
    containers: Sequence[Described],
    others: tuple[Sequence[Described], Sequence[Described]],
    known: Iterable[Check],
) -> list[Check]:
    """A running project against the one that was made. `others` are its networks and volumes.

    `known` are checks that were made already. What one of them says is not said once more.
    """
    failed: dict[str, set[str]] = {}
    for check in known:
        if check.outcome != "matches":
            failed.setdefault(check.subject, set()).add(check.attribute)
    checks: list[Check] = []
    for name in project.deployment.services:
        if not (runs := container_of(project, name, containers)):
            continue
        subject, made = f"services.{name}", reference.containers.get(name)
        if made is None:
            checks.append(Check(subject, WHOLE, AS_GENERATED, f"not compared: it can't be made: {reference.said}"))
            continue
        found = differences(made, runs, _names(reference, project, name), CONTAINER)
        checks += _checks(subject, [each for each in found if not _is_said(each, failed.get(subject, ()))])
    names = _names(reference, project)
    checks += _pairs("networks", (reference.networks, others[0]), names, NETWORK)
    return checks + _pairs("volumes", (reference.volumes, others[1]), names, VOLUME)


def _names(reference: CreatedProject, project: ComposeProject, service: str = "") -> tuple[ProjectNames, ProjectNames]:
    uses = project.deployment.services[service].secrets.values() if service else ()
    secret = frozenset(use.environment for use in uses if use.environment)
    return ProjectNames(reference.project.name, reference.project.folder, secret), ProjectNames(
        project.name, project.folder, secret
    )


def _pairs(
    section: str,
    sides: tuple[Iterable[Described], Iterable[Described]],
    names: tuple[ProjectNames, ProjectNames],
    may_differ: Sequence[MayDiffer],
) -> list[Check]:
    """Those that are on both sides: whether one is missing or too many is another check."""
    made, runs = (
        {str(each["Name"]).removeprefix(f"{name.project}_"): each for each in side}
        for side, name in zip(sides, names, strict=True)
    )
    return [
        check
        for name in sorted(made.keys() & runs.keys())
        for check in _checks(f"{section}.{name}", differences(made[name], runs[name], names, may_differ), ())
    ]


def _checks(subject: str, found: Sequence[FieldDifference], parts: Sequence[str] = _PARTS) -> list[Check]:
    differing = {each.path[0] for each in found}
    fine = [part for part in parts if part not in differing]
    if differing <= set(parts):
        fine.append(_REST)
    return [Check(subject, f"{WHOLE}.{part}", AS_GENERATED, AS_GENERATED) for part in fine] + [
        Check(subject, f"{WHOLE}.{each.shown}", each.expected, each.observed) for each in found
    ]


def _is_said(difference: FieldDifference, failed: Collection[str]) -> bool:
    kinds = [kind for pattern, kind in SAID_BY.items() if is_below(difference.path, [pattern])]
    return any(attribute == kind or attribute.startswith(f"{kind}.") for kind in kinds for attribute in failed)
