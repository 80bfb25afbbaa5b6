"""Services that texts name against needs, and the line that is blamed; explanations against differences."""

import json
from dataclasses import replace
from datetime import date

import pytest

from tests.rules.edited import edited
from validators.rules import check_rules
from validators.rules.examples import example_spec

pytestmark = pytest.mark.slow

EMBED, SERVING = "services/embed-worker.yaml", "services/serving.yaml"
NEEDS = {
    "a need that several variables name": (EMBED, "minio: s3, ", ""),
    "a need whose host stands alone": (EMBED, "postgres: sql, ", ""),
    "the need of one mode": (EMBED, "    needs: {nomic-embed: http}\n", ""),
    "the only need": ("services/alloy.yaml", "needs: {loki: http}\n", ""),
    "a stranger's address": (SERVING, "url('minio', 's3')", "url('grafana', 'http')"),
    "a stranger's name": (SERVING, "{template: \"{{ host('postgres') }}\"}", "loki"),
    "a stranger in a file": ("config/alloy/config.alloy.j2", "url('loki', 'http')", "url('prometheus', 'http')"),
}


@pytest.mark.parametrize("name", NEEDS)
def test_a_service_that_is_no_need_is_found_once_where_it_was_edited(name: str) -> None:
    found = edited(*NEEDS[name])
    # where parity asks for that way, its answer is wrong too: another promise, at its own line
    found = replace(found, found=[each for each in found.found if each[0] != "PLB721"])
    assert found.rules == ["PLB116"]
    assert found.is_near


def test_a_need_that_nothing_names_is_no_mistake() -> None:
    old = "needs: {redis: redis, postgres: sql}"
    assert edited("services/policy-engine.yaml", old, old.replace("}", ", minio: s3}")).found == []


def ours(files: dict[str, object]) -> list[str]:
    return [each.rule for each in check_rules(example_spec(json.dumps(files)), date.today())]


def test_two_services_that_call_each_other_need_one_need() -> None:
    calls_back = {"template": "{{ url('web', 'http') }}"}
    assert ours({"services/db.yaml": {"environment": {"BACK": calls_back}}}) == []


def calls_back(roles: dict[str, list[str]], *needing: str) -> list[str]:
    """What is said of a store that is told the address of the web server which needs it."""
    url = {"template": "{{ url('web', 'http') }}"}
    topology = {"roles": {"host": None, **{name: {**ROLE, "services": each} for name, each in roles.items()}}}
    agent = {"image": "postgres", "title": "A", "summary": "A.", "needs": dict.fromkeys(needing, "http")}
    files = {
        "services/db.yaml": {"environment": {"BACK": url}, "segments": ["front", "back"]},
        "services/agent.yaml": {**agent, "segments": ["front"], "user": "70:70"},
        "topology/single.yaml": topology,
    }
    return [
        each.hint or "" for each in check_rules(example_spec(json.dumps(files)), date.today()) if each.rule == "PLB116"
    ]


ROLE = {"title": "R", "size": {"vcpus": 2, "memory_mib": 4096, "disk_gb": 40, "reserve_mib": 512}}


def test_a_name_on_another_node_is_found_where_a_need_would_be_a_circle() -> None:
    assert calls_back({"one": ["web", "db", "agent"]}) == []
    for needing in ((), ("web",)):  # what a neighbour needs is let through, and its name is not known for that
        (hint,) = calls_back({"one": ["web"], "two": ["db", "agent"]}, *needing)
        assert "a need would create a cycle, because `web` waits for db: place both on one role" in hint


def test_a_name_in_no_common_segment_is_found_where_a_need_would_be_a_circle() -> None:
    url = {"template": "{{ url('web', 'http') }}"}
    agent = {"image": "postgres", "title": "A", "summary": "A.", "user": "70:70", "segments": ["front", "back"]}
    files = {
        "services/web.yaml": {"needs": {"db": None, "agent": "tcp"}, "segments": ["front"]},
        "services/agent.yaml": {**agent, "ports": {"tcp": 9000}, "needs": {"db": "sql"}},
        "services/db.yaml": {"environment": {"BACK": url}, "segments": ["back"]},
        "topology/single.yaml": {"roles": {"host": {"services": ["web", "db", "agent"]}}},
    }
    (found,) = (each for each in check_rules(example_spec(json.dumps(files)), date.today()) if each.rule == "PLB116")
    assert found.hint
    assert "a need would create a cycle, because `web` waits for db: put both on one segment" in found.hint


def test_one_that_calls_back_where_nothing_leads_is_found() -> None:
    calls_back = {"template": "{{ url('web', 'http') }}"}
    apart = {"services/db.yaml": {"environment": {"BACK": calls_back}, "segments": ["back"]}}
    front = {"services/web.yaml": {"segments": ["front"], "needs": None}}
    assert "PLB116" in ours(apart | front)


@pytest.mark.parametrize(
    ("value", "rules"),
    [
        ("http://dbb:80/", ["PLB117"]),
        ("dbb", ["PLB117"]),
        ("http://db.example.com/", []),
        ("s3://bucket/folder", []),
        ("unix:///run/web.sock", []),
        ("localhost", []),
        ("proxy", []),
    ],
)
def test_a_host_like_a_service_is_looked_at(value: str, rules: list[str]) -> None:
    assert ours({"services/web.yaml": {"environment": {"STORE_HOST": value}}}) == rules


COVERS = "covers: [topology.tenancy, topology.cloud, topology.roles"


@pytest.mark.parametrize(
    "pattern", ["services", '"services.*"', '"services.*.*"', "topology", '"*"', "services.serving"]
)
def test_an_explanation_of_everything_is_refused(pattern: str) -> None:
    found = edited("parity.yaml", COVERS, f"{COVERS}, {pattern}")
    assert found.rules == ["PLB220"]
    assert found.is_near


@pytest.mark.parametrize("pattern", ["services.loki", "networks.inference", '"services.*.environment"'])
def test_an_explanation_of_one_thing_or_one_field_is_taken(pattern: str) -> None:
    assert edited("parity.yaml", COVERS, f"{COVERS}, {pattern}").found == []
