"""The page of speed tells every goal that is missed, and what was not measured."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.figures import Figure, LeftOut

MACHINE = report.on_this_machine(datetime(2026, 11, 28, tzinfo=UTC))
MET = Figure("check again", 0.02, 0.06, "0.04 s against 1.4 s")
MISSED = Figure("check", 1.4, 0.6, "2 s against 1.4 s")


def test_a_goal_that_is_met_is_not_told_as_missed() -> None:
    page = report.page("0123456789ab", MACHINE, [MET])
    assert "# Speed: 0 of 1 goals missed\n" in page
    assert "| check again | 0.02 × | ≤ 0.06 × | met | 0.04 s against 1.4 s |" in page
    assert "Spec 0123456789ab, 2026-11-28, " in page


def test_what_is_missed_or_was_not_measured_stands_in_the_title() -> None:
    left_out = LeftOut("compose", "there is no `docker compose` here")
    page = report.page("0123456789ab", MACHINE, [MET, MISSED, left_out, Figure("memory", 3)])
    assert "# Speed: 1 of 2 goals missed, 1 not measured\n" in page
    assert "| check | 1.4 × | ≤ 0.6 × | MISSED |" in page
    assert "| LEFT OUT |" in page


def test_the_page_of_a_run_with_a_missed_goal_does_not_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "REPORT", tmp_path / "reports" / "speed")
    report.write("0123456789ab", [MET, MISSED], lambda page, passed: f"passed: {passed}\n{page}")
    assert (tmp_path / "reports/speed.md").read_text().startswith("passed: False\n")
    assert '"verdict": "missed"' in (tmp_path / "reports/speed.json").read_text()
