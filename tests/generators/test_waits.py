"""Waits: what is written says the same as what is declared, whatever has a profile or is a job, and nothing declared is lost unsaid."""

from datetime import date
from typing import Any

import networkx
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generators.compose.project import ComposeGenerator
from generators.compose.waits import JOB_PROFILE, called_jobs, can_wait, profiles, sort_by_waits, waits
from generators.offline.scripts import HostScriptGenerator
from generators.rollout.playbook import RollOutGenerator
from generators.site.diagrams import DiagramGenerator
from generators.site.pages import PageGenerator
from plumbline.effective.reachability import reachability
from plumbline.effective.relations import relations
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from schema.service import Service
from tests.rules.edited import shipped
from tests.rules.three_modes import three_modes
from tests.rules.two_modes import mode, two_modes
from tests.rules.two_modes import service as accepted
from validators.rules import check_rules
from validators.rules.examples import example_spec

NAMES = [f"s{number}" for number in range(8)]
LIMITS = {"memory_mib": 64, "cpus": 0.1}


def service(needs: list[str], after: list[str], profile: str | None, kind: str) -> Service:
    """A service that needs others, and starts after others."""
    fields: dict[str, Any] = {"title": "S", "summary": "S.", "image": "i", "segments": ["main"], "limits": LIMITS}
    waits = {"needs": dict.fromkeys(needs, "tcp"), "after": after}
    return Service.model_validate({**fields, **waits, "profile": profile, "kind": kind})


@st.composite
def projects(draw: st.DrawFn) -> dict[str, Service]:
    """Services without a circle, some in profiles, some jobs."""

    def some(at: int) -> list[str]:
        return draw(st.lists(st.sampled_from(NAMES[:at]), unique=True, max_size=3)) if at else []

    return {
        name: service(
            some(at),
            some(at),
            draw(st.sampled_from([None, None, None, "p", "q"])),
            draw(st.sampled_from(["service", "service", "job"])),
        )
        for at, name in enumerate(NAMES)
    }


def closure(edges: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Every pair of which the first waits for the second, directly or not."""
    graph: networkx.DiGraph[str] = networkx.DiGraph(edges)
    return set(networkx.transitive_closure(graph).edges)


@given(projects())
def test_what_is_written_stands_for_what_is_declared(services: dict[str, Service]) -> None:
    of = profiles(services)
    written = [(name, need) for name, needs in waits(services).items() for need in needs]
    declared = [
        (name, need)
        for name, each in services.items()
        for need in (*each.needs, *each.after)
        if not of[need] or (of[name] and set(of[name]) <= set(of[need]))
    ]
    assert closure(written) == closure(declared)
    assert set(written) <= set(declared)


@given(projects(), st.sets(st.sampled_from(["p", "q", JOB_PROFILE])))
def test_whatever_is_asked_for_no_service_waits_for_one_that_is_left_out(
    services: dict[str, Service], asked: set[str]
) -> None:
    there = {name for name, each in profiles(services).items() if not each or asked & set(each)}
    for name in there:
        assert set(waits(services)[name]) <= there


@given(projects())
def test_a_job_without_a_profile_is_waited_for_by_all_that_start_after_it(services: dict[str, Service]) -> None:
    of = profiles(services)
    for name, each in services.items():
        for job in each.after:
            if services[job].kind == "job" and not services[job].profile:
                assert can_wait(of[name], of[job])


@given(projects())
def test_a_job_is_run_by_up_or_called_behind_those_before_it(services: dict[str, Service]) -> None:
    called, of = called_jobs(services), profiles(services)
    for name, each in services.items():
        if each.kind == "job":
            assert name in called or not of[name] or set(of[name]) <= {"p", "q"}
        else:
            assert name not in called
    for later in called:
        for earlier in {*services[later].needs, *services[later].after} & set(called):
            assert called.index(earlier) < called.index(later)
    assert sorted(sort_by_waits(services, called)) == sorted(called)


JOB = accepted(kind="job", health=None)
DB = accepted(ports={"sql": 5432})


def spec_of(web: dict[str, Any], services: dict[str, Any], placed: list[str] | None = None) -> Spec:
    files = {f"services/{name}.yaml": each for name, each in services.items()}
    topology = mode(["web", *(placed or services)])
    return two_modes(
        {"services/web.yaml": web, **files, "topology/left.yaml": topology, "topology/right.yaml": topology}
    )


def composed(spec: Spec) -> dict[str, Any]:
    found = next(each for each in ComposeGenerator().generate(spec) if each.path == "deploy/left/compose.yaml")
    services: dict[str, Any] = yaml.safe_load(found.content)["services"]
    return services


def rules(spec: Spec) -> set[str]:
    return {each.rule for each in check_rules(spec, date.today())}


def test_a_service_starts_when_a_job_has_ended_and_the_job_has_no_profile_then() -> None:
    spec = spec_of(
        accepted(needs={"db": "sql"}, after=["migrate"]), {"db": DB, "migrate": {**JOB, "needs": {"db": "sql"}}}
    )
    services = composed(spec)
    assert services["web"]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert services["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert "profiles" not in services["migrate"]
    assert {"PLB102", "PLB104", "PLB124", "PLB125"}.isdisjoint(rules(spec))


def test_a_job_that_nobody_waits_for_is_called() -> None:
    assert composed(spec_of(accepted(), {"migrate": JOB}))["migrate"]["profiles"] == [JOB_PROFILE]


def test_who_starts_after_another_does_not_connect_to_it() -> None:
    spec = spec_of(accepted(after=["db"], segments=["main"]), {"db": DB})
    assert composed(spec)["web"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert not [each for each in relations(spec, "left") if each.target == "db"]
    assert reachability(spec, "left")["web", "db"] == "may"


def test_pages_and_pictures_show_who_starts_after_whom() -> None:
    spec = spec_of(accepted(after=["migrate", "db"]), {"migrate": JOB, "db": DB})
    pages = {each.path: each.content.decode() for each in PageGenerator().generate(spec)}
    assert "| Starts after | `migrate` has ended with 0, `db` is well |" in pages["docs/architect/services/web.md"]
    assert "| Starts before | `web` |" in pages["docs/architect/services/migrate.md"]
    drawn = {each.path: each.content.decode() for each in DiagramGenerator().generate(spec)}
    assert '"web" -> "migrate": after {style.stroke-dash: 4}' in drawn["docs/diagrams/needs-left.d2"]


def three(after: list[str], job: dict[str, Any], roles: dict[str, list[str]]) -> Spec:
    """The spec of three modes, with a job in the one of two nodes."""
    changes = three_modes()
    topology = changes.topology["cluster"].model_dump(mode="json")
    host = topology["roles"]["host"]
    topology["roles"] = {name: {**host, "title": name, "services": each} for name, each in roles.items()}
    single = changes.topology["single"].model_dump(mode="json")
    single["roles"]["host"]["services"] = ["web", "db", "migrate"]
    db = {**accepted(ports={"sql": 5432}, segments=["back"], volumes={"data": "/var/lib/db"})}
    return three_modes(
        {
            "topology/cluster.yaml": topology,
            "topology/single.yaml": single,
            "services/migrate.yaml": {**job, "segments": ["back"]},
            "services/db.yaml": {**db, "modes": {"cluster": {"after": after}}},
        }
    )


@pytest.mark.parametrize(
    ("job", "roles", "says"),
    [
        (JOB, {"host": ["web"], "store": ["db", "migrate"]}, None),
        (
            JOB,
            {"host": ["web", "migrate"], "store": ["db"]},
            "db is on role store in mode cluster, but `migrate` is not",
        ),
        (JOB, {"host": ["web"], "store": ["db"]}, "`migrate` is placed nowhere in mode cluster"),
        (
            {**JOB, "profile": "extra"},
            {"host": ["web"], "store": ["db", "migrate"]},
            "`migrate` starts only with profile `extra`, but db starts without it",
        ),
    ],
)
def test_a_wait_that_compose_cannot_be_told_of_is_an_error(
    job: dict[str, Any], roles: dict[str, list[str]], says: str | None
) -> None:
    found = [each for each in check_rules(three(["migrate"], job, roles), date.today()) if each.rule == "PLB124"]
    assert [each.message for each in found] == ([says] if says else [])
    assert all(each.location and each.location.file == "services/db.yaml" and each.location.line > 1 for each in found)


def test_a_need_of_a_job_is_told_what_to_write() -> None:
    spec = spec_of(accepted(needs={"migrate": "done"}), {"migrate": JOB})
    found = [each for each in check_rules(spec, date.today()) if each.rule in ("PLB102", "PLB125")]
    assert [(each.rule, each.hint) for each in found] == [("PLB125", "write `after: [migrate]`")]


def test_a_circle_through_what_is_waited_for_is_an_error() -> None:
    job = {**JOB, "needs": {"web": "http"}}
    assert "PLB104" in rules(spec_of(accepted(ports={"http": 80}, after=["migrate"]), {"migrate": job}))
    assert "PLB104" in rules(spec_of(accepted(after=["web"]), {"db": DB}))


def test_an_installation_calls_only_the_jobs_that_up_does_not_run() -> None:
    for after, called in (([], True), (["migrate"], False)):
        spec = spec_of(accepted(after=after), {"migrate": JOB})
        scripts = {each.path: each.content.decode() for each in HostScriptGenerator().generate(spec)}
        assert ("\n  run_job migrate\n" in scripts["deploy/left/scripts/install.sh"]) == called
        # what is put back may be of an older release
        assert "-T migrate " in scripts["deploy/left/scripts/restore.sh"]
        assert "case $service in migrate)" in scripts["deploy/left/scripts/status.sh"]


def test_a_roll_out_calls_only_the_jobs_that_up_does_not_run() -> None:
    files = shipped()
    waiting = files["services/qdrant.yaml"].replace("after: [", "after: [migrate, ")
    for qdrant, called in ((files["services/qdrant.yaml"], ["migrate"]), (waiting, [])):
        spec, problems = load_spec(files | {"services/qdrant.yaml": qdrant})
        assert spec is not None, problems
        made = {each.path: each.content for each in RollOutGenerator().generate(spec)}
        jobs = yaml.safe_load(made["deploy/online/ansible/group_vars/role_db.yaml"])["jobs"]
        assert [each["name"] for each in jobs] == called


MIGRATION = """
services/migrate.yaml:
  {title: Migration, summary: Once., kind: KIND, image: postgres, user: "70:70", segments: [back], needs: {db: sql}, command: [psql],
   limits: {memory_mib: 64, cpus: 0.1}}
topology/single.yaml: {roles: {host: {services: [web, db, migrate]}}}
"""


def test_a_job_with_the_image_of_a_store_is_none() -> None:
    for kind, found in (("job", set()), ("service", {"PLB134", "PLB612"})):
        assert rules(example_spec(MIGRATION.replace("KIND", kind))) & {"PLB134", "PLB612"} == found


def test_a_restore_migrates_and_gives_no_volume_an_owner() -> None:
    spec, problems = load_spec(shipped())
    assert spec is not None, problems
    (restore,) = [each for each in HostScriptGenerator().generate(spec) if each.path.endswith("/restore.sh")]
    text = restore.content.decode()
    assert "run --rm --no-deps -T migrate" in text
    assert "store-owner" not in text
