"""A plan in words, for a terminal. Pure."""

from collections.abc import Iterator, Sequence

from plumbline.update.plan import Interruption, PlannedStep, UpdatePlan
from plumbline.update.steps import step

_WIDTH = 14


def as_words(plan: UpdatePlan) -> str:
    """What is done and in which order, a fact per line."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: UpdatePlan) -> Iterator[str]:
    yield f"{plan.platform} {plan.old} → {plan.new}, mode {plan.mode}, role {plan.role}"
    yield ""
    yield from _listed("stays", [", ".join(plan.stays)] if plan.stays else [])
    words = {"anew": "made anew", "new": "new", "removed": "removed"}
    for action, word in words.items():
        yield from _listed(
            word,
            [
                each.service + (f": {'; '.join(each.reasons)}" if action == "anew" else "")
                for each in plan.changes
                if each.action == action
            ],
        )
    yield from _listed("migrations", plan.migrations)
    yield from _listed("data", plan.data)
    yield from _listed("bring before", plan.before)
    yield from _listed("settings", plan.settings)
    if plan.second_copies:
        names = ", ".join(plan.second_copies)
        yield from _listed("second copy", [f"{names}: one at a time, at most {plan.copy_mib} MiB more meanwhile"])
    yield from _listed("clients", [f"{each.service}: {each.seen}{_at_most(each)}" for each in plan.clients])
    if plan.memory_mib[0] != plan.memory_mib[1]:
        yield from _listed("memory", [f"{plan.memory_mib[0]} → {plan.memory_mib[1]} MiB"])
    yield from _listed("back", [_back(plan)])
    if not plan.changes:
        yield from _listed("", ["nothing changes: no service is touched"])
    yield ""
    for number, each in enumerate(plan.steps, 1):
        yield f"{number:>2}. {each.title}{_acts_on(each)}"


def _back(plan: UpdatePlan) -> str:
    if plan.undone_until is None:
        return "at any time, by rollback.sh" if plan.steps and plan.steps[0].id == "preflight" else "at any time"
    return f"until the step «{step(plan.undone_until).title}»; after it, only by the backup"


def _at_most(pause: Interruption) -> str:
    return f", at most {pause.at_most_s} s" if pause.at_most_s is not None else ""


def _acts_on(planned: PlannedStep) -> str:
    return f": {', '.join(planned.acts_on)}" if planned.acts_on else ""


def _listed(word: str, entries: Sequence[str]) -> Iterator[str]:
    for index, each in enumerate(entries):
        yield f"{word if index == 0 else '':<{_WIDTH}}{each}"
