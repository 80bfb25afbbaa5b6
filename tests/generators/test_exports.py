"""What an export is said to print is what export.sh says, in its order."""

import re
from pathlib import Path

from plumbline.effective.deployment import deployments
from plumbline.effective.exports import exports_of
from plumbline.effective.expression_names import spec_names
from plumbline.runbook.rendering import render_runbook
from tests.stack.conftest import shipped_spec
from validators.rules.examples import example_spec

_SCRIPT = Path(__file__).parents[2] / "deploy/offline/scripts/export.sh"
_STORES = """
services/db.yaml: {exports: [{file: z, title: Z, command: [/bin/z]}, {file: a, title: A, after: [m], command: [/bin/a]}]}
services/web.yaml: {exports: [{file: m, title: M, after: [z], command: [/bin/m]}]}
"""


def test_each_comes_after_what_it_names_also_of_another_service() -> None:
    spec = example_spec(_STORES)
    (deployment,) = deployments(spec)
    assert [each.file for _, each in exports_of(deployment)] == ["z", "m", "a"]
    assert [each.file for each in spec_names(spec, "single")["exports"]()] == ["z", "m", "a"]


def test_the_runbook_shows_what_the_script_says() -> None:
    said = re.findall(r"^say '(\S+: [^:$]*)'$", _SCRIPT.read_text(), re.MULTILINE)
    shown = render_runbook(shipped_spec(), "offline-export").steps[0].output.splitlines()
    assert said and shown[:-1] == said
