"""A kind of probe is a class with a text, a field of `Probe`, and a function that asks it: none without the others."""

import pytest

from schema.probe import KINDS, ProbeQuestion
from validators.parity.asking import ask


def _leaves(kind: type[ProbeQuestion]) -> set[type[ProbeQuestion]]:
    below = kind.__subclasses__()
    return set().union(*map(_leaves, below)) if below else {kind}


def test_every_class_of_a_question_is_a_field_of_a_probe() -> None:
    assert _leaves(ProbeQuestion) == set(KINDS.values())


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_asked_and_has_a_text(name: str) -> None:
    kind = KINDS[name]
    assert ask.dispatch(kind) is not ask.dispatch(ProbeQuestion)
    assert kind.text is not ProbeQuestion.text
