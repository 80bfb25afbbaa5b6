"""The updates' proof: its cases change what they say, and its goals are those of the plan."""

import shutil
from pathlib import Path

import pytest

from generators.release_facts import release_facts
from plumbline.effective.deployment import deployments
from plumbline.spec.loading import load_spec
from plumbline.spec.spec_files import read_spec_files
from plumbline.update.differences import DeployedRelease
from plumbline.update.plan import UpdatePlan, plan
from proofs.update.cases import UpdateCase, read_cases
from proofs.update.goals import UpdateGoal, goal_of, missed
from proofs.update.reckoning import ClientsSaw, Reckoning
from tests.stack.conftest import DATA

CASES = {each.name: each for each in read_cases()["docpipe"].cases}


def planned(case: UpdateCase, folder: Path) -> UpdatePlan:
    shutil.copytree(DATA, folder / "data")
    for file, (before, after) in case.changes.items():
        text = (folder / file).read_text() if before else ""
        assert before in text
        (folder / file).write_text(text.replace(before, after) if before else after)
    facts = []
    for data in (DATA, folder / "data"):
        spec, findings = load_spec(read_spec_files(data), "data/")
        assert spec, findings
        facts.append(release_facts(spec, deployments(spec, "offline")[0]))
    return plan(*map(DeployedRelease, facts))


@pytest.mark.parametrize(
    ("name", "anew", "copies", "pause_s"),
    [
        ("nothing", [], (), 0),
        ("stateless", ["serving"], ("serving",), 0),
        ("entry", ["intake-gateway"], ("intake-gateway",), 0),
        ("migration", ["migrate"], (), 0),
        ("store-configuration", ["redis"], (), 59),
        ("postgres", ["postgres"], (), 109),
    ],
)
def test_a_case_changes_what_it_says(
    name: str, anew: list[str], copies: tuple[str, ...], pause_s: int, tmp_path: Path
) -> None:
    found = planned(CASES[name], tmp_path)
    assert [each.service for each in found.changes] == anew
    assert (goal_of(found).copies, goal_of(found).pause_s) == (copies, pause_s)
    assert bool(goal_of(found).refused) == bool(pause_s)


def test_every_service_without_data_changes_in_one_case(tmp_path: Path) -> None:
    found = planned(CASES["all-stateless"], tmp_path)
    assert len(found.changes) == 6 and len(found.second_copies) == 3
    assert all(each not in found.stays for each in ("parse-worker", "policy-engine", "embed-worker"))


def test_a_case_without_changes_names_none() -> None:
    assert [name for name, each in CASES.items() if not each.changes and not each.secret] == ["nothing"]


SEEN = {"a": ClientsSaw(asked=9)}
BEHIND = UpdateGoal(("web",), (), 0)
IN_PLACE = UpdateGoal((), ("store: requests wait",), 10)


def test_behind_a_copy_no_request_may_fail() -> None:
    assert list(missed(BEHIND, Reckoning(SEEN, ClientsSaw(asked=9)))) == []
    assert list(missed(BEHIND, Reckoning(SEEN, ClientsSaw(9, 1), ("1 × a: 503",)))) == ["failed: 1 × a: 503"]


def test_in_place_nobody_waits_longer_than_the_plan_says() -> None:
    assert list(missed(IN_PLACE, Reckoning(SEEN, ClientsSaw(9, 2, silent_s=9.9), ("2 × a: 503",)))) == []
    (told,) = missed(IN_PLACE, Reckoning(SEEN, ClientsSaw(9, 2, silent_s=10.1)))
    assert told == "a client had no answer for 10.1 s, and the plan says at most 10 s"


def test_clients_that_did_not_ask_have_seen_nothing() -> None:
    assert list(missed(BEHIND, Reckoning())) == list(missed(BEHIND, Reckoning({"a": ClientsSaw(asked=2)})))
    assert len(list(missed(BEHIND, Reckoning()))) == 1
