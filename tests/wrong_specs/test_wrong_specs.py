"""A fast part of `make wrong-specs`, and that it can fail."""

from dataclasses import replace

import pytest

from tests.wrong_specs import structural
from tests.wrong_specs.judging import judged
from tests.wrong_specs.proof import files_of, score
from tests.wrong_specs.structural import LEGAL, WRONG, Mutant


def test_every_kind_of_edit_finds_places() -> None:
    kinds = {mutant.kind for mutant in structural.mutants(files_of("shipped"))}
    assert kinds == {*WRONG, *LEGAL}


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
