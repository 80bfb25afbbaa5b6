"""A fast part of `make wrong-specs`, and that it can fail."""

from dataclasses import replace

import pytest

from proofs.wrong_specs import FOLDERS, SEED, files_of, sampled, score
from tests.wrong_specs import relations, structural
from tests.wrong_specs.judging import judged
from tests.wrong_specs.structural import LEGAL, WRONG, Mutant

pytestmark = pytest.mark.slow


def name(mutant: Mutant) -> str:
    return mutant.what[:90]


def sample() -> list[Mutant]:
    """One of each kind of structural edit of the smallest spec, and every twentieth relation of the shipped one."""
    return [*list(relations.mutants(files_of))[::20], *sampled("starter", 1, SEED)]


@pytest.mark.parametrize("mutant", sample(), ids=name)
def test_a_wrong_spec_is_found_at_its_line_and_a_legal_one_is_not_accused(mutant: Mutant) -> None:
    verdict = judged(files_of(mutant.spec), mutant, FOLDERS.get(mutant.spec))
    assert verdict.right, f"{verdict.word} {verdict.problem} {[(str(f.location), f.message) for f in verdict.findings]}"


def test_every_kind_of_edit_finds_places() -> None:
    runbook = "runbooks/online-provision.yaml"
    shipped = {runbook: files_of("shipped")[runbook]}
    kinds = {mutant.kind for files in (shipped, files_of("starter")) for mutant in structural.mutants(files)}
    assert {*WRONG, *LEGAL} == kinds


def test_the_proof_sees_what_is_not_found_what_is_elsewhere_and_a_false_finding() -> None:
    files = files_of("shipped")
    file = "services/serving.yaml"
    wrong = Mutant("k", True, file, 4, "", files[file].replace("image: docpipe-api", "image: docpipe-ap"))
    comment = replace(wrong, text=files[file] + "# nothing\n")
    verdicts = [
        judged(files, each)
        for each in (
            wrong,
            comment,
            replace(wrong, line=20),
            replace(wrong, wrong=False),
            replace(comment, wrong=False),
        )
    ]
    assert [each.word for each in verdicts] == ["found", "survives", "elsewhere", "accused", "clean"]
    assert score(verdicts) == (
        "wrong specs: 1 of 3 found within 3 lines of the edit, 1 elsewhere, 1 not, 0 crashes; 1 false on 2 legal ones"
    )


def test_a_crash_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("redsi")

    monkeypatch.setattr("tests.wrong_specs.judging.check_rules", broken)
    file = "services/serving.yaml"
    verdict = judged(files_of("shipped"), Mutant("k", True, file, 1, "", files_of("shipped")[file] + "# nothing\n"))
    assert (verdict.word, verdict.problem) == ("crash", "KeyError: 'redsi'")
