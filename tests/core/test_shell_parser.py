"""The parser of scripts: what it takes from the machine is told, and not taken for a fault of plumb."""

import subprocess
from typing import Any, NoReturn

import pytest

from plumbline.runbook.shell_syntax import Script, parse_scripts
from plumbline.spec.finding import EnvironmentMissing


def test_a_parser_that_does_not_answer_is_the_machines_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(call: list[str], **given: Any) -> NoReturn:
        raise subprocess.TimeoutExpired(call, given["timeout"])

    monkeypatch.setattr(subprocess, "run", never)
    with pytest.raises(EnvironmentMissing, match="did not answer within 120 s"):
        parse_scripts(["echo of a parser that does not answer"])


def test_nodes_and_calls_of_a_script_are_all_of_it_in_order() -> None:
    (script,) = parse_scripts(['if a; then b "$(c)"; fi; d'])
    assert isinstance(script, Script)
    assert [call.program for call in script.calls] == ["a", "b", "c", "d"]
    assert len({id(node) for node in script.nodes}) == len(script.nodes)
