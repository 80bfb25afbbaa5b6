"""`make benchmark`: what plumb takes, as ratios to what users have without it, on the shipped spec and on large ones.

CPU seconds are compared, for those hold on a busy machine; each pair is measured one after the other. No engine is needed.
A whole run writes a page of evidence (`report`). `python -m benchmarks.speed WORD …` measures the groups whose names begin with
a word alone, and writes none.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import report, specs
from benchmarks.figures import Figure, LeftOut, shown
from benchmarks.projects import EXAMPLE_ADDRESSES, ROOT, compose_files, edit_a_port, written
from benchmarks.spending import PLUMB, cpu, ratio, spent
from plumbline.project.proofs import page_marker
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files

Figures = Iterator[Figure | LeftOut]

_ROUNDS = 5
_PYTHON = [sys.executable, "-c", "pass"]
_COMPLETE = ["env", "COMP_WORDS=plumb ", "COMP_CWORD=1", "_PLUMB_COMPLETE=bash_complete", PLUMB]
_FRESH = [PLUMB, "check", "--fresh", "--no-drift"]
_GROWTH = {"modes": (10, 50), "rows of parity": (200, 1000), "runbooks": (60, 300)}
"""Sizes that a spec is measured at: five times as much is to take no more than five times as long."""


def shipped(folder: Path) -> Figures:
    """The shipped spec: checked, checked again, edited."""
    project = written(lambda spec, _: spec, 0, folder / "shipped")
    cpu([PLUMB, "build"], project)
    peer, full, again = [], [], []
    for _ in range(_ROUNDS):
        peer.append(cpu(_peer(project), ROOT))
        full.append(cpu([PLUMB, "check", "--fresh"], project))
        again.append(cpu([PLUMB, "check"], project))
    yield _figure("check of the shipped spec, of check-jsonschema", full, peer, 0.6)
    yield _figure("check with nothing changed, of check-jsonschema", again, peer, 0.06)
    for what, call in (("plumb --help", [PLUMB, "--help"]), ("a completion", _COMPLETE)):
        pairs = [(cpu(call, project), cpu(_PYTHON, project)) for _ in range(_ROUNDS)]
        yield _figure(f"{what}, of an empty Python", [pair[0] for pair in pairs], [pair[1] for pair in pairs], 3)
    checks, builds, fulls = [], [], []
    for turn in range(_ROUNDS):
        edit_a_port(project, turn)
        checks.append(cpu([PLUMB, "check"], project, may_fail=True))
        builds.append(cpu([PLUMB, "build"], project))
        fulls.append(cpu([PLUMB, "check", "--fresh"], project))
    yield _figure("a port edited: check answers, of a full check", checks, fulls, 0.5)
    yield _figure("a port edited: build has written, of a full check", builds, fulls, 0.5)


def services(folder: Path) -> Figures:
    """1,000 services in layers, and 100 of them."""
    project = written(specs.of_services, 1000, folder / "1000")
    smaller = written(specs.of_services, 100, folder / "100")
    whole = spent([PLUMB, "build"], project, limit_s=3600)
    shutil.rmtree(project / "deploy")
    build = cpu([PLUMB, "build"], project)  # the pictures stand
    peer, check = cpu(_peer(project), ROOT), spent([PLUMB, "check", "--fresh"], project)
    cpu([PLUMB, "build"], smaller)
    few = cpu([PLUMB, "check", "--fresh"], smaller)
    yield _figure("check of 1,000 services, of check-jsonschema", [check.cpu_s], [peer], 0.5)
    yield _figure("check of 1,000 services, of 100", [check.cpu_s], [few], 12)
    yield Figure("peak memory of a check of 1,000 services", check.peak_mb, 200, "", "MB")
    yield Figure("pictures of 1,000 services", whole.cpu_s - build, 20, f"{whole.cpu_s:.1f} s with them", "s")
    yield from _compose("build of 1,000 services without pictures, of docker compose config", project, build, 2)


def deep(folder: Path) -> Figures:
    """1,000 services that each need those before them."""
    project = written(lambda spec, number: specs.of_services(spec, number, deep=True), 1000, folder / "deep")
    cpu([sys.executable, "-m", "benchmarks.projects", str(project)], ROOT)
    yield from _compose("docker compose config of 1,000 services that need their neighbours", project, None, 10)


def tenants(folder: Path) -> Figures:
    """A build for 200 tenants, the pictures drawn before."""
    two, many = (written(specs.of_tenants, number, folder / str(number)) for number in (2, 200))
    took = []
    for project in (many, two):
        cpu([PLUMB, "build"], project)
        shutil.rmtree(project / "deploy")
        took.append(cpu([PLUMB, "build"], project))
    yield _figure("build for 200 tenants, of one for 2", took[:1], took[1:], 3)


def growth(folder: Path) -> Figures:
    """More of what grows with a system."""
    for what, (few, many) in _GROWTH.items():
        took = [
            cpu(_FRESH, written(specs.GROWN[what], number, folder / f"{what.replace(' ', '-')}-{number}"))
            for number in (many, few)
        ]
        yield _figure(f"check of {many} {what}, of {few}", took[:1], took[1:], many / few)


def _shipped() -> Spec:
    spec, findings = load_spec(read_spec_files(ROOT / "data"))
    if spec is None:
        raise SystemExit(str(findings))
    return spec


def _peer(project: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.json_schema_peer", str(project / "data"), str(ROOT / "schema" / "json")]


def _compose(what: str, project: Path, ours: float | None, goal: float) -> Figures:
    """Against `docker compose config` of the offline project, or what that takes itself."""
    if shutil.which("docker") is None:
        yield LeftOut(what, "there is no `docker compose` here")
        return
    took = sum(
        cpu(["env", *EXAMPLE_ADDRESSES, "docker", "compose", "--file", str(file), "config", "--quiet"], project)
        for file in compose_files(project)
    )
    if ours is None:
        yield Figure(what, took, goal, unit="s")
    else:
        yield _figure(what, [ours], [took], goal)


def _figure(what: str, ours: list[float], theirs: list[float], goal: float) -> Figure:
    of = f"{sorted(ours)[len(ours) // 2]:.2f} s against {sorted(theirs)[len(theirs) // 2]:.2f} s"
    return Figure(what, ratio(ours, theirs), goal, of)


GROUPS: tuple[Callable[[Path], Figures], ...] = (shipped, growth, tenants, services, deep)


def main(words: list[str]) -> int:
    """Measure, print the table, and write the page of a whole run; 1 where a goal is missed."""
    found: list[Figure | LeftOut] = []
    spec = _shipped()
    mark = page_marker(spec, ROOT / "data", report.COMMAND)
    with tempfile.TemporaryDirectory(prefix="plumb-speed-") as folder:
        for group in GROUPS:
            if not words or any(group.__name__.startswith(word) for word in words):
                print(f"measuring {group.__name__} …", file=sys.stderr, flush=True)
                found += group(Path(folder))
    print(shown(found))
    if not words:
        report.write(spec.revision, found, mark)
    return int(any(isinstance(each, Figure) and each.missed for each in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
