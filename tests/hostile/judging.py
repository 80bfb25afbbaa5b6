"""One case: what is done to a copy of the spec, and whether `plumb check` says of it what it has to."""

import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.hostile.corpus import DATA, HostileCase

SECONDS = 2.0
"""Processor time that a case may take beyond the spec as it is, on a machine as the one below."""
_MIB = 384
"""Memory that a case may take beyond what its process was born with."""
FORMATS = ("text", "sarif", "github", "junit")


@dataclass(frozen=True)
class Ran:
    """How a check ended."""

    exit: int
    seconds: float
    """Processor time."""
    mib: float
    """Memory beyond what the process was born with: pages of its parent, the more of them the more tests ran before."""
    text: bytes
    """Both outputs."""


def checked(spec: Path, format: str) -> Ran:
    """`plumb check` of a spec, without the comparison of artifacts, in a process of its own."""
    with tempfile.TemporaryFile() as out:
        born_with = _resident_mib()
        child = os.fork()
        if child == 0:
            _become_plumb(spec, format, out.fileno())
        _, status, usage = os.wait4(child, 0)
        out.seek(0)
        mib = usage.ru_maxrss / 1024 - born_with
        return Ran(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, mib, out.read())


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _become_plumb(spec: Path, format: str, out: int) -> None:
    """In the child: be plumb, and end."""
    from plumbline.cli import main

    code = 70
    try:
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))  # noqa: SIM115
        os.chdir(spec.parent)
        sys.argv = ["plumb", "check", "--no-drift", "--format", format]
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def base_seconds() -> float:
    """Processor time of the spec as it is."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder, "data")
        shutil.copytree(DATA, spec, ignore=shutil.ignore_patterns("stand-ins", "__pycache__"))
        return max(checked(spec, "text").seconds for _ in range(3))


def judged(case: HostileCase, base: float, format: str) -> list[str]:
    """What is not as it has to be."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder, "data")
        shutil.copytree(DATA, spec, ignore=shutil.ignore_patterns("stand-ins", "__pycache__"))
        case.do(spec / case.file)
        runs = [checked(spec, each) for each in ("json", format)]
        if any(ran.seconds >= base + SECONDS for ran in runs):
            # processors that are shared are slower at times, and the spec as it is was measured at another one
            base = max(base, base_seconds())
            runs = [checked(spec, each) for each in ("json", format)]
    wrong = [problem for ran in runs for problem in _problems(ran, case, base)]
    return list(dict.fromkeys(wrong)) + _of_the_finding(runs[0], case)


def _problems(ran: Ran, case: HostileCase, base: float) -> list[str]:
    text = ran.text.decode("utf-8", "surrogateescape")
    raw = sorted({f"U+{ord(char):04X}" for char in text if not char.isprintable() and char not in "\n"})
    checks = (
        (ran.exit == case.exit, f"ends with {ran.exit} in place of {case.exit}"),
        (b"Traceback" not in ran.text and b"fault of plumb" not in ran.text, "is called a fault of plumb"),
        (not raw, f"writes {', '.join(raw)} as it is"),
        (len(ran.text) < 2_000_000, f"writes {len(ran.text):,} bytes"),
        (ran.seconds < base + SECONDS, f"takes {ran.seconds:.1f} s, and the spec as it is {base:.1f} s"),
        (ran.mib < _MIB, f"takes {ran.mib:.0f} MiB more"),
    )
    return [problem for fine, problem in checks if not fine]


def _of_the_finding(ran: Ran, case: HostileCase) -> list[str]:
    try:
        found = json.loads(ran.text.decode("utf-8", "replace").partition("\n}\n")[0] + "\n}")["findings"]
    except ValueError:
        return [f"is no JSON: {ran.text[:200]!r}"]
    shown = "".join(char if char.isprintable() else "" for char in case.file)
    for each in found:
        place = each["location"] or {"file": "", "line": 0}
        if each["rule"] == case.rule and place["line"] == case.line and _same(place["file"], case.file, shown):
            return []
    places = [f"{each['rule']} {(each['location'] or {}).get('line')}: {each['message'][:60]}" for each in found[:3]]
    return [f"{case.rule} is not at {case.file!r}:{case.line}, but {places}"]


def _same(file: str, wanted: str, shown: str) -> bool:
    """Whether it is the file, whose name may be shown with what no text shows written out."""
    return file == f"data/{wanted}" or (shown != wanted and file.startswith("data/"))
