"""`make pipeline-faults`: faults put into the reference platform, each found by the probes of parity; the last line is the score.

The offline stack is stood up once, and the online one for what only it has. For each fault the image of one service is built with an edit of its program, and the service
is made anew with it. The probes have to answer otherwise than the matrix declares, and as declared again once it is taken out. One
fault shows only when a worker is killed while it holds documents: all of them have to come through.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from generators.markdown import EvidencePage, code, text
from plumbline.project.proofs import page_marker
from plumbline.stack.engine import find_engine
from plumbline.stack.probing import run_inside
from plumbline.stack.project import ComposeProject
from plumbline.stack.stack import Stack
from plumbline.stack.stand_ins import build, recipe_of
from plumbline.stack.starting import stack_up
from proofs.evidence import REPORTS, seen_on
from schema.probe import FlowProbe
from tests.lab.running import with_engine
from tests.stack.conftest import DATA, SilentWatch, shipped_spec
from tests.stack.waiting import until
from validators.parity.asking import AskedMode, all_probes, ask, ask_probes
from validators.stack.inspection import places as places_of

MODE = "offline"
"""Where a fault is tried that names no other mode."""
_TENANTS = {"offline": [], "online": ["acme"]}
"""Whose nodes are started."""
CATALOGUE = Path(__file__).with_suffix(".json")
REPORT = REPORTS / "pipeline-faults"
KILLED = "parse-worker"
"""The service that is killed while a sound platform works."""
_SENT = FlowProbe(service="intake-gateway", port="http", flow="document", answer="${state}")
_LONGEST = 300
"""Characters of an answer that the page shows."""
_DOCUMENTS, _PATIENCE_S = 30, 240
_UP_SECONDS = 400
STORE = "minio"
"""What the worker waits for while it holds documents."""
_LENGTH = (
    "export REDISCLI_AUTH=$(cat /run/secrets/redis_password); "
    "redis-cli --scan --pattern 'tenant:*:queue:parse' | xargs -r -n 1 redis-cli LLEN"
)
"""How many documents wait for the parser."""


def main(only: list[str]) -> int:
    """Try them all, or those whose name holds a word of the call; 1 where one was not found, or a sound platform was blamed."""
    spec = shipped_spec()
    faults = [
        each for each in json.loads(CATALOGUE.read_text()) if not only or any(word in each["fault"] for word in only)
    ]
    results, blamed, engine = [], [], find_engine()
    mark, head = page_marker(spec, DATA, "make pipeline-faults"), seen_on(spec, engine)
    for mode in spec.modes:
        if of_mode := [each for each in faults if each.get("mode", MODE) == mode]:
            with stack_up(engine, spec, DATA, mode, SilentWatch(), tenants=_TENANTS[mode]) as stack:
                tried, wrongly = _tried(stack, mode, of_mode)
            results += tried
            blamed += wrongly
    score = sum(1 for each in results if each["found"])
    passed = score == len(results) and not blamed
    if not only:  # a part of them takes no whole run's place
        REPORTS.mkdir(exist_ok=True)
        said = {"seen": head, "results": results, "false": blamed}
        REPORT.with_suffix(".json").write_text(json.dumps(said, indent=1) + "\n")
        REPORT.with_suffix(".md").write_text(mark(page(said), passed))
    print(f"{score} of {len(results)} faults of the pipeline found, {len(blamed)} false findings")
    return int(not passed)


def _tried(stack: Stack, mode: str, faults: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """What was found of each fault of a mode, and what was found where there is none."""
    blamed = [*wrong(stack, mode), *(lost(stack, KILLED) if mode == MODE else ())]
    for row in blamed:
        print(f"false  {row}", flush=True)
    results = []
    for fault in faults:
        with injected(stack, mode, fault):
            found = list(lost(stack, fault["service"]) if fault.get("killed") else wrong(stack, mode))
        rows = "".join(f"\n    {row}" for row in found)
        print(f"{'found ' if found else 'missed'} {fault['fault']}{rows}", flush=True)
        results.append({"fault": fault["fault"], "service": fault["service"], "found": found})
    return results, [*blamed, *wrong(stack, mode)]


def page(said: dict[str, Any]) -> str:
    """The page of the site."""
    results = said["results"]
    found = sum(1 for each in results if each["found"])
    shown = EvidencePage("pipeline-faults.md", f"Faults of the pipeline: {found} of {len(results)} found")
    shown.add(
        f"{said['seen']}. Each fault was put into the reference platform that takes the place of the platform's own images; "
        "the probes of parity had to find it, and nothing without it."
    )
    rows = [
        (None, [text(each["fault"]), code(each["service"]), text("; ".join(each["found"])[:_LONGEST] or "not found")])
        for each in results
    ]
    shown.table(["Fault", "In", "What the probes said"], rows)
    shown.add("\n".join(f"- Without a fault: {text(each)}" for each in said["false"]))
    return shown.done().content.decode()


def wrong(stack: Stack, mode: str) -> Iterator[str]:
    """Answers that are not as declared."""
    observed = ask_probes(stack, next(iter(_TENANTS[mode]), None))
    for key, probe in all_probes(stack.spec):
        if observed[key] != probe.answers.get(mode):
            yield f"{key[0]}: {observed[key]!r}, not {probe.answers.get(mode)!r}"


def lost(stack: Stack, service: str) -> Iterator[str]:
    """Documents that do not come through while the worker that holds some of them is killed, and started again."""
    mode = AskedMode(stack, {place.service: place for place in places_of(stack)}, None, None)
    questions = {}
    for number in range(_DOCUMENTS):
        sent = _SENT.model_copy(
            update={"texts": {"mime": "text/plain", "document": f"{service} number {number} ${{once}}"}}
        )
        asked = ask(sent, mode)
        assert not isinstance(asked, str), asked
        for step in asked["steps"]:
            if step.get("until"):
                step["until"]["seconds"] = _PATIENCE_S
        questions[str(number)] = asked
    _docker(stack, "stop", service)
    # what a fault before left to be tried again, the worker put back when it stopped
    left = _queued(stack)
    with ThreadPoolExecutor(1) as pool:
        killer = pool.submit(_kill_while_it_holds, stack, service, left + _DOCUMENTS)
        given = run_inside(stack.engine, f"plumb-probe-{stack.run.id}", "ask.py", questions, _UP_SECONDS)
        killer.result()
    for number, answer in given.items():
        if answer != "INDEXED":
            yield f"document {number}: {answer}"


def _kill_while_it_holds(stack: Stack, service: str, full: int) -> None:
    """It comes to a full queue, takes from it, and waits for the object store, which is paused; then it dies."""
    until(lambda: _queued(stack) >= full, "every document in the queue")
    _docker(stack, "pause", STORE)
    try:
        _docker(stack, "start", service)
        until(lambda: _queued(stack) < full, "a document that it holds")
        _docker(stack, "kill", service)
    finally:
        _docker(stack, "unpause", STORE)
    _docker(stack, "start", service)


def _queued(stack: Stack) -> int:
    (project,) = stack.projects
    code, output = stack.engine.execute(f"{project.name}-redis-1", ["sh", "-c", _LENGTH])
    assert code == 0, output
    return int(output or 0)


def _docker(stack: Stack, word: str, service: str) -> None:
    (project,) = stack.projects
    done = stack.engine.run([word, f"{project.name}-{service}-1"], _UP_SECONDS)
    assert done.returncode == 0, done.stderr


@contextmanager
def injected(stack: Stack, mode: str, fault: Mapping[str, Any]) -> Iterator[None]:
    """One service with a fault in its program, on every node that has it, until it is made anew without."""
    service: str = fault["service"]
    projects = [each for each in stack.projects if service in each.deployment.services]
    recipe = recipe_of(stack.spec, DATA, mode, stack.spec.services[service].image)
    assert recipe.programs is not None
    with tempfile.TemporaryDirectory(prefix="plumb-fault-") as name:
        programs = Path(name) / "programs"
        shutil.copytree(recipe.programs, programs, ignore=shutil.ignore_patterns("__pycache__"))
        for file, old, new in fault["edits"]:
            text = (programs / file).read_text()
            assert text.count(old) == 1, f"{fault['fault']}: {old!r} stands {text.count(old)} times in {file}"
            (programs / file).write_text(text.replace(old, new))
        other = Path(name) / "fault.yaml"
        image = build(stack.engine, replace(recipe, programs=programs))
        other.write_text(json.dumps({"services": {service: {"image": image}}}))
        try:
            for project in projects:
                _make_anew(stack, project, service, other)
            yield
        finally:
            for project in projects:
                _make_anew(stack, project, service)
            stack.engine.run(["image", "rm", image])


def _make_anew(stack: Stack, project: ComposeProject, service: str, *extra: Path) -> None:
    """A service that never becomes healthy is a fault too, which the probes have to see."""
    words = ["up", "--detach", "--no-deps", "--force-recreate", "--wait", f"--wait-timeout={_UP_SECONDS}", service]
    done = stack.engine.run(stack.compose(project, *words, extra=extra), _UP_SECONDS + 60)
    assert extra or done.returncode == 0, done.stderr


if __name__ == "__main__":
    sys.exit(with_engine(lambda: main(sys.argv[1:])))
