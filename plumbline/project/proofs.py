"""What the live proofs of a project depend on, and whether each was run since that changed."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import plumbline
from plumbline.spec.spec import Spec

FOLDERS = ("reports", "docs/auditor/evidence")
"""Where pages of proofs are: those of the last runs, before those of the last release."""
_PROGRAM = Path(plumbline.__file__).parents[1]
"""Where the program's packages are."""
_STACK = re.compile(r"plumb verify stack --mode ([a-z0-9-]+)( --faults)?")
_OWN = {
    "make mutants": "detection",
    "make soak": "false-alarms",
    "make bundle-proof": "bundle-proof",
    "make update-proof": "update-proof",
    "make pipeline-faults": "pipeline-faults",
    "make isolation": "isolation",
}
"""Pages of the proof programs of Plumbline's own project, by what runs them."""
_FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)


@dataclass(frozen=True, eq=False)
class LiveProof:
    """Something that is run to see that what was generated works."""

    command: str
    """What runs it."""
    page: str
    """The page that it writes, without folder and ending; empty where it writes none."""
    rests_on: Mapping[str, tuple[str, ...]]
    """Patterns of files by what they are, for readers. They are below the project; with `spec:` below the spec's folder, with
    `program:` below the program's packages."""


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
    return [_proof(command) for command in (commands | dict.fromkeys(named))]


def pages_by_command(spec: Spec) -> dict[str, str]:
    """The page that a command writes, for every command that writes one."""
    found = {
        f"plumb verify stack --mode {mode}{more}": f"stack-{mode}" for mode in spec.modes for more in ("", " --faults")
    }
    return found | {"plumb verify parity": "parity"} | _OWN


def page_marker(spec_folder: Path, command: str) -> Callable[[str, bool], str]:
    """What marks the page of a run that begins now, given whether it passed."""
    rests_on = fingerprint(_proof(command), spec_folder)

    def mark(page: str, passed: bool) -> str:
        return add_mark(page, command, passed, rests_on)

    return mark


def _stack_command(mode: str, named: list[str]) -> str:
    plain = f"plumb verify stack --mode {mode}"
    return next((each for each in named if each in (plain, f"{plain} --faults")), plain)


def _proof(command: str) -> LiveProof:
    stand_ins = {"stand-ins": ("spec:images.yaml", "spec:stand-ins/**/*")}
    if stack := _STACK.fullmatch(command):
        looks = ("program:plumbline/stack/**/*.py", "program:validators/stack/**/*.py")
        files = {"what is generated": (f"deploy/{stack[1]}/**/*",), **stand_ins, "the program that looks": looks}
        return LiveProof(command, f"stack-{stack[1]}", files)
    if command == "plumb verify parity":
        asks = ("program:plumbline/stack/**/*.py", "program:validators/parity/**/*.py")
        files = {"the matrix": ("spec:parity.yaml",), "what is generated": ("deploy/**/*",), **stand_ins}
        return LiveProof(command, "parity", {**files, "the program that asks": asks})
    program = ("program:plumbline/**/*.py", "program:validators/**/*.py", "proofs/**/*", "tests/stack/**/*.json")
    return LiveProof(
        command, _OWN.get(command, ""), {"what is generated": ("deploy/**/*",), **stand_ins, "the program": program}
    )


def fingerprint(proof: LiveProof, spec_folder: Path) -> dict[str, str]:
    """What a proof rests on as it is now: twelve digits for each part, of the paths and contents of its files."""
    folders = {"": spec_folder.resolve().parent, "spec": spec_folder, "program": _PROGRAM}
    return {part: _digest(patterns, folders) for part, patterns in proof.rests_on.items()}


def _digest(patterns: tuple[str, ...], folders: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for pattern in patterns:
        where, _, below = pattern.rpartition(":")
        for file in sorted(folders[where].glob(below)):
            if file.is_file() and "__pycache__" not in file.parts:
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                digest.update(f"{file.relative_to(folders[where]).as_posix()} {content}\n".encode())
    return digest.hexdigest()[:12]


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
        return Standing("stale", "Its page does not say which spec it was run on.")
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
    told = (_proof(mark["command"]) for text in texts.values() if (mark := _mark(text)))
    for proof in [*proofs, *(each for each in told if each.page not in known)]:
        if proof.page:
            yield proof, judge_page(proof, texts.get(proof.page), fingerprint(proof, spec_folder))
        else:
            yield proof, Standing("never", "It writes no known page.")
