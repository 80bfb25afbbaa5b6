"""What answers say about a feature: as declared, or one of three findings."""

import pytest

from plumbline.spec.spec import Spec
from plumbline.stack.engine import Versions
from validators.parity.report import ParityReport, as_json, as_markdown, as_table, summary_lines
from validators.parity.verdict import FeatureRow, feature_rows, parity_findings
from validators.rules.examples import example_spec
from validators.rules.parity_examples import example

ASKED = "{shows: the link, answers: {single: open, second: %s}, caller: web, tcp: {service: db, port: sql}}"


def rows(spec: Spec, single: str, second: str) -> list[FeatureRow]:
    return feature_rows(spec, {"single": {("logging", 0): single}, "second": {("logging", 0): second}})


def full() -> Spec:
    return example_spec(example(probe=ASKED % "open"))


def divergent(second: str = "closed") -> Spec:
    probe = ASKED % second
    return example_spec(example(second_level="debug", covered="services.web.environment", probe=probe))


@pytest.mark.parametrize(
    ("spec", "single", "second", "rules"),
    [
        (full(), "open", "open", []),
        (full(), "open", "closed", ["PLB931", "PLB932"]),
        (full(), "closed", "closed", ["PLB931", "PLB931"]),
        (divergent(), "open", "closed", []),
        (divergent(), "open", "open", ["PLB931", "PLB933"]),
        (divergent(), "closed", "open", ["PLB931", "PLB931"]),
    ],
    ids=[
        "full",
        "full, but differs",
        "full, but not as declared",
        "diverges",
        "does not diverge",
        "the wrong way round",
    ],
)
def test_findings(spec: Spec, single: str, second: str, rules: list[str]) -> None:
    answered = rows(spec, single, second)
    found = parity_findings(spec, answered)
    assert sorted(each.rule for each in found) == rules
    assert answered[0].verdict == ("differs" if rules else "as declared")
    assert all(each.location and each.location.file == "parity.yaml" for each in found)


def test_a_row_without_a_probe_is_no_proof() -> None:
    answered = feature_rows(example_spec(example()), {"single": {}, "second": {}})
    assert answered[0].verdict == "no probe"


def report(spec: Spec, single: str, second: str) -> ParityReport:
    answered = rows(spec, single, second)
    versions = Versions("26.1.5", "2.26.1", "linux/amd64")
    findings = tuple(parity_findings(spec, answered))
    return ParityReport(
        "p",
        "t",
        "2026-01-01T00:00:00+00:00",
        {"up": 1.0},
        versions,
        "0" * 12,
        {"db": "a stub"},
        {},
        tuple(answered),
        findings,
    )


def test_reports_show_what_was_declared_and_observed() -> None:
    made = report(full(), "open", "a|b <script>")
    assert "tcp: open" in as_table(made)
    assert "1 features: 0 as declared, 1 differ, 0 without a probe" in "\n".join(summary_lines(made))
    assert '"verdict": "differs"' in as_json(made)
    page = as_markdown(made)
    assert "<script>" not in page
    assert "&lt;script>" in page or "&lt;script&gt;" in page


def test_rows_without_a_probe_are_listed() -> None:
    spec = example_spec(example())
    answered = feature_rows(spec, {"single": {}, "second": {}})
    versions = Versions("26.1.5", "2.26.1", "linux/amd64")
    made = ParityReport("p", "t", "", {}, versions, "", {}, {}, tuple(answered), ())
    assert "no probe: Logging" in summary_lines(made)
