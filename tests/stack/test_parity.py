"""`plumb verify parity` as its user calls it, and a mode that does not answer as it did."""

import json
from pathlib import Path

import jsonschema
import pytest

from plumbline.spec.spec import Spec
from plumbline.stack.engine import Engine
from plumbline.stack.stack import Stack
from tests.stack.conftest import Plumb, leftovers
from tests.stack.tampering import docker
from tests.stack.waiting import HANG_S
from validators.parity.asking import all_probes, ask_probes
from validators.parity.report import json_schema
from validators.parity.verdict import feature_rows, parity_findings


@pytest.mark.live
def test_the_modes_are_what_the_matrix_says(plumb: Plumb, engine: Engine, tmp_path: Path) -> None:
    process = plumb("parity")
    out, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 0, out + err
    report = json.loads((tmp_path / "reports" / "parity.json").read_text())
    jsonschema.validate(report, json.loads(json_schema()))
    assert report["verdicts"]["as declared"] >= 17
    assert "differs" not in report["verdicts"]
    assert out.count("not proven by behaviour: ") == 2
    for row in report["rows"]:
        assert ("no probe: " + row["title"] in out) == (row["probes"] == [])
    assert leftovers(engine) == []


@pytest.mark.live
def test_a_mode_that_lost_something_differs(offline: Stack, spec: Spec) -> None:
    """No scanner, no document: what sends one differs, and what asks the scanner itself. All else answers as before.

    The answers of the other mode are those that the matrix declares.
    """
    declared = {key: probe.answers["online"] for key, probe in all_probes(spec)}
    intact = ask_probes(offline, "acme")
    assert parity_findings(spec, feature_rows(spec, {"online": declared, "offline": intact})) == []
    project = offline.projects[0].name
    docker(offline.engine, ["stop", "--time=1", f"{project}-clamav-1"])
    seen = feature_rows(spec, {"online": declared, "offline": ask_probes(offline, "acme")})
    found = parity_findings(spec, seen)
    assert {(each.subject or "").split(".")[2] for each in found} == {
        row
        for (row, _), probe in all_probes(spec)
        if probe.answers["offline"] != "not deployed"
        and (
            (probe.flow is not None and probe.flow.flow == "document")
            or "clamav" in (probe.caller, getattr(probe.question, "service", ""))
        )
    }
    # a row that is full is another one in that mode, too
    assert {each.rule for each in found if (each.subject or "").startswith("parity.features.intake.")} == {
        "PLB931",
        "PLB932",
    }
