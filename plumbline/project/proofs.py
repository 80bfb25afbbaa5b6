"""What the live proofs of a project depend on, and whether each was run since that changed."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from plumbline.project.proof_parts import OWN, fingerprint, parts_of
from plumbline.spec.spec import Spec

FOLDERS = ("reports", "docs/auditor/evidence")
"""Where pages of proofs are: those of the last runs, before those of the last release."""
_FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)


@dataclass(frozen=True, eq=False)
class LiveProof:
    """Something that is run to see that what was generated works."""

    command: str
    """What runs it."""
    page: str
    """The page that it writes, without folder and ending; empty where it writes none."""
    rests_on: Mapping[str, tuple[str, ...]]
    """Patterns of files by what they are, for readers; see `parts_of`."""


@dataclass(frozen=True)
class Standing:
    """How a proof stands."""

    state: str
    """`current`, `stale`, `failed` or `never`."""
    why: str = ""
    """For readers."""


def proofs_of(spec: Spec) -> list[LiveProof]:
    """Each mode stood up, the parity of modes, and the live proofs that requirements name; each once."""
    named = [
        proof.ref for each in spec.requirements.requirements.values() for proof in each.proofs if proof.kind == "live"
    ]
    commands = dict.fromkeys(_stack_command(mode, named) for mode in spec.modes)
    if any(feature.probes for feature in spec.parity.features.values()):
        commands |= {"plumb verify parity": None}
    return [_proof(spec, command) for command in (commands | dict.fromkeys(named))]


def pages_by_command(spec: Spec) -> dict[str, str]:
    """The page that a command writes, for every command that writes one."""
    found = {
        f"plumb verify stack --mode {mode}{more}": f"stack-{mode}" for mode in spec.modes for more in ("", " --faults")
    }
    return found | {"plumb verify parity": "parity"} | {command: own.page for command, own in OWN.items()}


def page_marker(spec: Spec, spec_folder: Path, command: str) -> Callable[[str, bool], str]:
    """What marks the page of a run that begins now, given whether it passed."""
    rests_on = fingerprint(parts_of(spec, command), spec_folder)

    def mark(page: str, passed: bool) -> str:
        return add_mark(page, command, passed, rests_on)

    return mark


def _stack_command(mode: str, named: list[str]) -> str:
    plain = f"plumb verify stack --mode {mode}"
    return next((each for each in named if each in (plain, f"{plain} --faults")), plain)


def _proof(spec: Spec, command: str) -> LiveProof:
    return LiveProof(command, pages_by_command(spec).get(command, ""), parts_of(spec, command))


def add_mark(page: str, command: str, passed: bool, rests_on: Mapping[str, str]) -> str:
    """A page that says in its front matter what was run, how it ended, and what it was seen of."""
    found = _FRONT_MATTER.match(page)
    kept = found[1] if found else ""
    rest = page[found.end() :] if found else page
    mark = {"proof": {"command": command, "passed": passed, "rests_on": dict(rests_on)}}
    return f"---\n{kept}{yaml.safe_dump(mark, sort_keys=False)}---\n{rest}"


def judge_page(proof: LiveProof, page: str | None, now: Mapping[str, str]) -> Standing:
    """How a proof stands by its page, None where there is none. Pure."""
    if page is None:
        return Standing("never", "It was never run, or its page was deleted.")
    mark = _mark(page)
    if mark is None:
        return Standing(
            "stale", "Its page was written by an older version, which did not record what the proof depends on."
        )
    if mark["command"] not in (proof.command, f"{proof.command} --faults"):
        return Standing("stale", f"The last run was another: {mark['command']}.")
    changed = [part for part, digest in now.items() if mark["rests_on"].get(part) != digest]
    if changed:
        return Standing("stale", f"Changed since: {', '.join(changed)}.")
    if not mark["passed"]:
        return Standing("failed", "The last run did not pass.")
    return Standing("current", "Nothing that it depends on has changed since.")


def _mark(page: str) -> dict[str, Any] | None:
    found = _FRONT_MATTER.match(page)
    try:
        mark = (yaml.safe_load(found[1]) or {}).get("proof") if found else None
    except (yaml.YAMLError, AttributeError):
        return None
    kinds = {"command": str, "passed": bool, "rests_on": dict}
    fine = isinstance(mark, dict) and all(isinstance(mark.get(key), kind) for key, kind in kinds.items())
    return mark if fine else None


def standings(spec: Spec, spec_folder: Path) -> Iterator[tuple[LiveProof, Standing]]:
    """Every proof with how it stands, those too that only a page tells of. Reads the project that the spec's folder is in."""
    root = spec_folder.resolve().parent
    pages = {file.stem: file for folder in reversed(FOLDERS) for file in (root / folder).glob("*.md")}
    texts = {name: file.read_text("utf-8", "replace") for name, file in sorted(pages.items())}
    proofs = proofs_of(spec)
    known = {proof.page for proof in proofs}
    own = {each.page: command for command, each in OWN.items()}
    # a page of a time before marks is one of what runs it now
    told = {name: mark["command"] if (mark := _mark(text)) else own.get(name) for name, text in texts.items()}
    others = (_proof(spec, command) for command in told.values() if command)
    for proof in [*proofs, *(each for each in others if each.page not in known)]:
        if proof.page:
            yield proof, judge_page(proof, texts.get(proof.page), fingerprint(proof.rests_on, spec_folder))
        else:
            yield proof, Standing("never", "It writes no known page.")
