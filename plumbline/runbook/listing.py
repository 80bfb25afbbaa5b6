"""The steps of a runbook as text: what `--dry-run` shows, and what tells whether two runs have the same steps."""

import hashlib

from plumbline.runbook.rendering import RenderedRunbook, RenderedStep


def steps_text(runbook: RenderedRunbook) -> str:
    """Each step, with the scripts that a run executes; ends with a line feed."""
    return "".join(_step_text(number, step) for number, step in enumerate(runbook.steps, 1))


def digest(runbook: RenderedRunbook) -> str:
    """The name of what a run does: a run goes on only with the very steps that it began with.

    `scripts/runbook.sh` reckons the same from what it prints itself.
    """
    skipped = "".join(f" {number}" for number, step in enumerate(runbook.steps, 1) if step.skip_when_verified)
    return hashlib.sha256(f"{runbook.mode}\n{steps_text(runbook)}skips:{skipped}\n".encode()).hexdigest()[:12]


def labelled(step: RenderedStep) -> dict[str, str | None]:
    """The texts of a step, by what is said in front of them."""
    return {
        "destroys": step.destroys,
        "run": step.script(step.run),
        "expect": step.expect,
        "output": step.output,
        "capture": "\n".join(f"{name}: {pattern}" for name, pattern in step.capture.items()),
        "verify": step.verify and step.script(step.verify),
        "undo destroys": step.undo_destroys,
        "undo": step.script(step.undo_commands) if step.undo_commands else step.undo,
    }


def _step_text(number: int, step: RenderedStep) -> str:
    there = ", ".join(shell or "this machine" for shell in step.place.shells)
    lines = ["", f"{number}. {step.title}", f"   at {step.place.title} ({there}), at most {step.timeout_s} s"]
    for label, text in labelled(step).items():
        if text:
            lines += [f"   {label}:", *(f"     {line}" for line in text.rstrip().split("\n"))]
    return "\n".join(lines) + "\n"
