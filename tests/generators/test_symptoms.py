"""The index of symptoms: everything that an operator may be shown leads somewhere."""

import re
from pathlib import Path

import pytest

from generators.offline.scripts import HostScriptGenerator
from generators.site.symptoms_page import PAGE, exit_codes, runbooks_with, symptoms
from plumbline.provisioning import exit_codes as provisioning
from tests.rules.three_modes import three_modes
from tests.stack.conftest import shipped_spec

SPEC = shipped_spec()
ROOT = Path(__file__).parents[2]


def page() -> str:
    (found,) = symptoms(SPEC)
    return found.content.decode()


def sections() -> dict[str, str]:
    """What is below each symptom's heading."""
    seen = page().partition("\n## Alerts\n")[0].split("\n### ")[1:]
    return {title: body for title, _, body in (each.partition("\n") for each in seen)}


def rows() -> list[list[str]]:
    lines = [line for line in page().splitlines() if line.startswith("| ")]
    return [line.strip("| ").split(" | ") for line in lines if "---" not in line]


def test_every_exit_code_of_every_script_is_told_with_its_meaning() -> None:
    told = exit_codes(SPEC)
    for artifact in HostScriptGenerator().generate(SPEC):
        said = re.search(r"^Exit codes: (.*)$", artifact.content.decode(), re.M)
        name = artifact.path.rpartition("/")[2]
        if said:
            assert set(told[name]) == set(re.findall(r"(?<![\w.])[1-9][0-9]*(?= )", said[1])), name
            assert all(means.strip() for means in told[name].values())
    named = {provisioning.TROUBLED, provisioning.MISUSED, provisioning.MISSING, provisioning.WOULD_CHANGE}
    assert set(told["provision.py"]) == {str(code) for code in named}


def test_every_symptom_and_every_alert_leads_somewhere() -> None:
    shown = rows()
    for id in SPEC.monitoring.alerts:
        (row,) = (row for row in shown if row[0].startswith(f"[{id}]"))
        assert row[-1] not in ("–", "")
    found = sections()
    assert list(found) == [each.title for each in SPEC.monitoring.symptoms.values()]
    for symptom in SPEC.monitoring.symptoms.values():
        assert symptom.first or "runbooks/" in found[symptom.title]
        assert found[symptom.title].count("](runbooks/") == len(symptom.runbooks)


@pytest.mark.parametrize("words", ["disk full", "503", "signature", "rollback"])
def test_the_words_that_an_operator_searches_for_are_a_heading_with_a_runbook(words: str) -> None:
    assert any(words in title and "runbooks/" in body for title, body in sections().items())


def test_what_a_symptom_says_to_be_the_cause_is_repaired_by_a_runbook_that_it_names() -> None:
    """A page that names an unhealthy service, and leads to nothing that repairs one, sends its reader on at night."""
    for symptom in SPEC.monitoring.symptoms.values():
        if "unhealthy" in symptom.means:
            assert {"online-sick-service", "offline-sick-service"} <= set(symptom.runbooks), symptom.title


def test_every_link_of_the_page_leads_to_a_page() -> None:
    for target in re.findall(r"\]\(([^)#]+)", page()):
        assert (ROOT / PAGE).parent.joinpath(target).is_file(), target


def test_a_script_leads_to_the_runbooks_that_run_it_and_to_no_other() -> None:
    assert "offline-export" in runbooks_with(SPEC, "export.sh")
    assert runbooks_with(SPEC, "uninstall.sh") == []
    # no step runs it; a text tells the reader to
    assert runbooks_with(SPEC, "rollback.sh") == ["offline-update"]
    assert "offline-install" not in runbooks_with(SPEC, "status.sh.old")
    calling = set(runbooks_with(SPEC, "provision.py"))
    assert calling >= {"online-provision", "online-deprovision", "online-replace-node"}
    assert not calling & {"online-restore", "online-rollout", "suspend-tenant"}


def test_a_system_without_a_sealed_mode_and_without_a_cloud_has_no_script_to_tell_of() -> None:
    assert exit_codes(three_modes()) == {}
