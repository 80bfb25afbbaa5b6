"""A plan: what would be done, for people and as a file that is applied exactly as it was shown."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plumbline.provisioning.calls import Misused, Refused
from plumbline.provisioning.prices import Price, told_price, told_sum

PLAN_FORMAT = 1


@dataclass(frozen=True)
class PlanStep:
    """A line of the plan."""

    mark: str
    """`-` delete, `+` make, `~` change; `!` left until the operator gives the word; `?` cannot be done as things are."""
    kind: str
    name: str
    what: str
    price: Price = 0.0
    """What it adds a month."""
    id: int | None = None
    """The provider's id of the object; None where there is none yet."""
    effects: tuple[str, ...] = ()
    """What it takes away, opens or costs."""
    needs: tuple[str, ...] = ()
    """Names that --allow has to give."""
    replaces: bool = False
    """Whether one object goes and another comes."""

    @property
    def done(self) -> bool:
        """Whether an apply does it."""
        return self.mark in "+~-"


def plan_lines(steps: Sequence[PlanStep], notes: Iterable[str] = (), currency: str = "EUR") -> list[str]:
    """A plan for people: what is destroyed first, a line a step, what waits for a word, and the sum."""
    lines = [f"* {note}" for note in notes]
    if not steps:
        return [*lines, f"nothing to do: everything {'else ' if lines else ''}matches the spec"]
    for step in sorted(steps, key=lambda step: not _destroys(step)):
        price = f"  {told_price(step.price, '+.2f')}" if step.price != 0 else ""
        mark = "-/+" if step.done and step.replaces else step.mark
        lines.append(f"{mark} {step.kind} {step.name}: {step.what}{price}")
        if beyond := [effect for effect in step.effects if effect != "deletes"]:
            lines.append(f"    it {', '.join(beyond)}")
    lines += [
        f"  {step.name}: only with {' '.join(f'--allow {name}' for name in step.needs)}" for step in steps if step.needs
    ]
    return [*lines, summary(steps, currency)]


def summary(steps: Sequence[PlanStep], currency: str = "EUR") -> str:
    """How many are added, changed and destroyed, and the difference a month."""
    add = sum(1 for step in steps if step.mark == "+" or (step.done and step.replaces))
    change = len({(step.kind, step.name) for step in steps if step.mark == "~" and not step.replaces})
    destroy = sum(1 for step in steps if step.mark == "-" or (step.done and step.replaces))
    more = told_sum((step.price for step in steps if step.done), currency, "+.2f")
    waiting = sum(1 for step in steps if step.mark == "!")
    blocked = sum(1 for step in steps if step.mark == "?")
    return (
        f"{add} to add, {change} to change, {destroy} to destroy; {more}"
        + (f"; {waiting} left: only with --allow" if waiting else "")
        + (f"; {blocked} cannot be done" if blocked else "")
    )


def _destroys(step: PlanStep) -> bool:
    return step.mark == "-" or step.replaces or "deletes" in step.effects or "replaces" in step.effects


def digest(value: Any) -> str:
    """SHA-256 of plain data, whatever order its keys came in."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str, ensure_ascii=False).encode()).hexdigest()


def as_plan(desired: dict[str, Any], project: str, allowed: Iterable[str], steps: Sequence[PlanStep]) -> dict[str, Any]:
    """A plan of one tenant as plain data. `project` is the fingerprint of what was there."""
    return {
        "tenant": desired["tenant"],
        "mode": desired["mode"],
        "platform": desired["platform"],
        "desired": digest(desired),
        "project": project,
        "allow": sorted(allowed),
        "steps": [asdict(step) for step in steps],
    }


def write_plan(path: Path, plans: Sequence[dict[str, Any]]) -> None:
    """Write plans to a file. Raises Misused where it cannot be written."""
    whole = {"format": PLAN_FORMAT, "made": datetime.now(UTC).isoformat(timespec="seconds"), "plans": list(plans)}
    try:
        path.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise Misused(f"the plan cannot be written to {path}: {error.strerror}") from None


def read_plan(path: Path) -> dict[str, dict[str, Any]]:
    """The plans of a file by tenant. Raises Misused where it is none."""
    try:
        whole = json.loads(path.read_text("utf-8"))
        if whole["format"] != PLAN_FORMAT:
            raise Misused(f"{path} is a plan of format {whole['format']}; this program knows {PLAN_FORMAT}: plan again")
        plans = [_plan_of(each) for each in whole["plans"]]
    except OSError as error:
        raise Misused(f"the plan {path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Misused(f"{path} is not a plan: write one with plan --out FILE") from None
    found = {plan["tenant"]: plan for plan in plans}
    if len(found) < len(plans):
        raise Misused(f"{path} has two plans of one tenant: write one with plan --out FILE")
    return found


def _plan_of(found: dict[str, Any]) -> dict[str, Any]:
    """A plan as `as_plan` gives it. Raises ValueError, KeyError or TypeError for anything else."""
    words = {key: found[key] for key in ("tenant", "mode", "platform", "desired", "project")}
    allowed = found["allow"]
    if not isinstance(allowed, list) or not all(isinstance(each, str) for each in (*words.values(), *allowed)):
        raise ValueError("a value of the plan is not text")
    steps = [
        PlanStep(**{**each, "effects": tuple(each["effects"]), "needs": tuple(each["needs"])})
        for each in found["steps"]
    ]
    return {**words, "allow": allowed, "steps": steps}


def check_plan(plan: dict[str, Any], desired: dict[str, Any], project: str, steps: Sequence[PlanStep]) -> None:
    """Raises Refused when the plan is not what would be done now."""
    if plan["desired"] != digest(desired):
        raise Refused("the plan is for another desired state: plan again")
    check_same(plan["steps"], steps)
    if plan["project"] != project:
        raise Refused("the project has changed since the plan was made: plan again")


def check_same(shown: Sequence[PlanStep], now: Sequence[PlanStep]) -> None:
    """Raises Refused when what would be done is not what was shown, with the first difference."""
    # keys are the project's: the work on another tenant may have made one meanwhile
    shown, now = ([step for step in steps if step.kind != "ssh_key"] for steps in (shown, now))
    if shown == now:
        return
    gone = [step for step in shown if step not in now]
    new = [step for step in now if step not in shown]
    first = (new or gone or list(now))[0]
    raise Refused(
        "the project has changed since the plan was shown: "
        f"{'now' if new else 'no more'}: {first.mark} {first.kind} {first.name}: {first.what}; nothing was done: plan again"
    )
