"""Answers that are computed once for a spec, which does not change. Those about the last spec alone are kept."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from plumbline.spec.spec import Spec

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")


def per_spec(
    function: Callable[Concatenate[Spec, _Arguments], _Answer],
) -> Callable[Concatenate[Spec, _Arguments], _Answer]:
    """The same function, asked once for the same hashable arguments. Its answer is shared: it must not be changed."""
    last: list[tuple[Spec, dict[object, _Answer]]] = []

    @wraps(function)
    def asked(spec: Spec, /, *arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Answer:
        if not last or last[0][0] is not spec:
            last[:] = [(spec, {})]
        answers, key = last[0][1], (arguments, *sorted(named.items()))
        if key not in answers:
            answers[key] = function(spec, *arguments, **named)
        return answers[key]

    return asked
