"""Every script of every shipped runbook, tried with stubs: what fails in it fails it, and no verification says yes unseen."""

import pytest

from plumbline.runbook.shell_syntax import Script
from tests.runbooks.tried import all_tried, can_try, on_a_blank_system, programs, without
from tests.stack.conftest import shipped_spec
from validators.rules.runbook_reading import ReadStep, steps

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not can_try(), reason="this machine gives a process no namespaces of its own"),
]
RUNBOOKS = sorted(shipped_spec().runbooks)


def steps_of(runbook: str) -> list[ReadStep]:
    """The steps of a runbook, in each of its modes."""
    return [each for each in steps(shipped_spec()) if each.path.startswith(f"runbooks.{runbook}.")]


@pytest.mark.parametrize("runbook", RUNBOOKS)
def test_a_script_fails_when_one_of_its_commands_does(runbook: str) -> None:
    named = [(f"{each.path}.{part}", script) for each in steps_of(runbook) for part, script in each.scripts.items()]
    verdicts = all_tried([script for _, script in named])
    found = {
        name: verdict for (name, _), verdict in zip(named, verdicts, strict=True) if verdict.wrong or verdict.untried
    }
    assert found == {}
    assert any(verdict.tried for verdict in verdicts)


@pytest.mark.parametrize("runbook", RUNBOOKS)
def test_a_verification_says_no_on_a_blank_system_and_without_its_programs(runbook: str) -> None:
    verifications = {each.path: each.scripts["verify"] for each in steps_of(runbook) if "verify" in each.scripts}
    for path, script in verifications.items():
        assert isinstance(script, Script)
        assert on_a_blank_system(script).code, path
        for program in programs(script):
            assert without(script, program).code, f"{path}: {program} is missing"
