"""A part of `make cloud-faults`, and that it sees what it has to see."""

from typing import Any

import pytest

from proofs.cloud_faults import STORIES, calls_of, catalogue, tried
from tests.cloud.acting import cases
from tests.cloud.acting import tried as tried_case
from tests.cloud.injection import KINDS

pytestmark = pytest.mark.slow

EVERY = 41
"""Coprime to the number of kinds, so that each kind meets early and late calls."""


@pytest.mark.slow
def test_a_second_run_ends_as_desired_whatever_went_wrong_in_the_first() -> None:
    faults = list(catalogue({story: calls_of(story) for story in STORIES}))[::EVERY]
    assert {fault.kind for fault in faults} == set(KINDS)
    assert [(str(fault), wrong) for fault in faults if (wrong := tried(fault))] == []


@pytest.mark.parametrize("name", [name for name, case in cases().items() if case.get("quick")])
def test_a_case(name: str) -> None:
    assert tried_case(cases()[name]) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, case in cases().items() if not case.get("quick")])
def test_a_further_case(name: str) -> None:
    assert tried_case(cases()[name]) == []


VOLUME = {"name": "tenant-acme-data", "size": 100, "location": "nbg1", "format": "ext4"}
SEEN: dict[str, tuple[list[dict[str, Any]], str]] = {
    "a volume made anew under its name": (
        [{"remove": "volumes/tenant-acme-data"}, {"call": "POST /volumes", "body": VOLUME}],
        "gone: ['volumes/tenant-acme-data'], not []",
    ),
    "a volume that is detached": ([{"call": "POST /volumes/{volumes/tenant-acme-data}/actions/detach"}], "server"),
    "a server that was stopped and started": (
        [
            {"call": "POST /servers/{servers/tenant-acme-db-1}/actions/poweroff"},
            {"call": "POST /servers/{servers/tenant-acme-db-1}/actions/poweron"},
        ],
        "unasked: poweroff servers/tenant-acme-db-1",
    ),
    "a protection that is lifted": (
        [{"call": "POST /volumes/{volumes/tenant-acme-data}/actions/change_protection", "body": {"delete": False}}],
        "unasked: unprotect volumes/tenant-acme-data",
    ),
    "a label": ([{"edit": "servers/tenant-globex-db-1", "at": "labels", "value": {}}], "labels"),
    "a stranger's firewall": ([{"remove": "firewalls/emergency"}], "gone: ['firewalls/emergency']"),
    "an object left over": ([{"call": "POST /volumes", "body": {**VOLUME, "name": "more"}}], "new: ['volumes/more']"),
    "another exit code": ([{"run": "plan", "exit": 4}], "`plan` ended with 0, not 4"),
    "words that are not said": ([{"run": "plan", "exit": 0, "says": ["delete"]}], "did not say “delete”"),
    "words that must not be said": (
        [{"run": "plan", "exit": 0, "never_says": ["matches the spec"]}],
        "said “matches the spec”",
    ),
    "a call that must not be made": ([{"run": "plan", "exit": 0, "never": ["GET /volumes"]}], "sent ['GET /volumes"),
}


@pytest.mark.parametrize("what", SEEN)
def test_the_proof_sees(what: str) -> None:
    steps, says = SEEN[what]
    assert any(says in wrong for wrong in tried_case({"then": steps}))


def test_the_proof_sees_what_was_expected_and_did_not_come() -> None:
    case = {
        "then": [],
        "gone": ["servers/rescue"],
        "changed": {"volumes/scratch": {"size": 20}},
        "disrupts": ["shutdown servers/rescue"],
    }
    assert tried_case(case) == [
        "gone: [], not ['servers/rescue']",
        "volumes/scratch (#1000004): size was not changed: 10",
        "never done: shutdown servers/rescue",
    ]
