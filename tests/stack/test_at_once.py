"""Runs that are started together on one engine: each has ranges and ports of its own, or waits for those that only one can have."""

import json
from pathlib import Path

import pytest

import proofs.soak
from plumbline.spec.spec import Spec
from plumbline.stack.engine import Engine
from tests.stack.at_once import CASES, problems

HERE = "parity and two of offline"


@pytest.mark.live
def test_all_are_as_the_spec_says_and_nothing_is_left(engine: Engine, tmp_path: Path) -> None:
    assert problems(CASES[HERE], engine, tmp_path) == []
    reports = [json.loads((tmp_path / number / "stack-offline.json").read_text()) for number in ("1", "2")]
    ports = [report["moved_ports"].get("http of intake-gateway", "127.0.0.1:8080") for report in reports]
    assert len(set(ports)) == 2


def test_every_mode_is_started_twice_at_once_by_the_proof(spec: Spec) -> None:
    assert proofs.soak.TOGETHER is CASES
    assert {call[2] for calls in CASES.values() for call in calls if "--mode" in call} == {*spec.modes}
