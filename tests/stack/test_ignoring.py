"""What the spec accepts for a time is not counted; what accepts nothing is."""

from datetime import date

from plumbline.report.fact import Check
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from tests.core.support import starter_files
from validators.stack.ignoring import apply_ignores

LISTENS = Check("services.db", "listen.9001", None, "open")
FINE = Check("services.db", "listen.5432", "open", "open")
OTHER = Check("services.web", "listen.9001", None, "open")
TODAY = date(2026, 11, 23)


def spec_with(entry: str) -> Spec:
    files = starter_files()
    files["waivers.yaml"] = f"ignored: [{entry}]\n"
    spec, findings = load_spec(files)
    assert spec, findings
    return spec


def entry(fact: str = "listen.9001", expires: str = "2026-11-23") -> str:
    return f'{{mode: single, subject: services.db, fact: {fact}, reason: r, expires: "{expires}"}}'


def test_an_accepted_difference_is_not_counted() -> None:
    result = apply_ignores(spec_with(entry()), "single", [LISTENS, FINE, OTHER], TODAY)
    assert (result.counted, result.ignored, result.unused) == ([OTHER], [(LISTENS, "r")], [])


def test_a_whole_kind_is_accepted_by_its_first_word() -> None:
    assert apply_ignores(spec_with(entry("listen")), "single", [LISTENS], TODAY).counted == []


def test_part_of_a_word_accepts_nothing() -> None:
    assert apply_ignores(spec_with(entry("liste")), "single", [LISTENS], TODAY).counted == [LISTENS]


def test_it_counts_again_after_its_last_day() -> None:
    result = apply_ignores(spec_with(entry(expires="2026-11-22")), "single", [LISTENS], TODAY)
    assert (result.counted, result.unused) == ([LISTENS], [])


def test_an_entry_that_ignores_nothing_is_a_finding() -> None:
    result = apply_ignores(spec_with(entry()), "single", [FINE, OTHER], TODAY)
    assert [finding.rule for finding in result.unused] == ["PLB953"]
    assert result.unused[0].location and result.unused[0].location.file == "waivers.yaml"


def test_another_modes_entries_are_left_alone() -> None:
    assert apply_ignores(spec_with(entry()), "other", [FINE], TODAY).unused == []
