"""Pages of runbooks: the scripts as they are run, what has to be kept, what is lost for good; in any shape of spec."""

import subprocess
from datetime import date
from pathlib import Path

import pytest

from generators.site.runbook_pages import runbooks
from plumbline.runbook.rendering import render_runbook
from plumbline.spec.spec import Spec
from validators.rules import check_rules
from validators.rules.examples import example_spec

MODE = """
topology/{mode}.yaml:
  title: {mode}
  summary: A further host.
  tenancy: one
  egress: false
  entry: {{service: web}}
  roles:
    host:
      title: Host
      size: {{vcpus: 4, memory_mib: 8192, disk_gb: 40, reserve_mib: 512}}
      services: [db, web]
"""
RUNBOOK = """
platform.yaml:
  places:
    host: {title: the host, folder: /srv/app, plumb: PLUMB}
runbooks/keep.yaml:
  title: Keep {{ mode }}
  summary: Keeps what {{ spec.platform.name }} has.
  modes: [single, second, third]
  duration_min: 5
  parameters:
    how: {description: How it is kept., kind: choice, choices: [fast, slow], example: fast}
  on_failure: Look.
  steps:
    - title: Keep it
      where: host
      run: keep --{{ how }}
      expect: Its name.
      capture: {kept: 'kept: (.*)'}
      undo: rm {{ captured.kept }}
      undo_destroys: what was kept <b>
    - title: Forget the rest
      where: host
      run: forget {{ captured.kept }}
      expect: No output.
      destroys: the rest
      undo: "nothing: it is gone."
"""


def spec_of(plumb: bool = True) -> Spec:
    """Three modes, no tenants, one runbook for all of them."""
    text = RUNBOOK.replace("PLUMB", str(plumb).lower())
    return example_spec(text + MODE.format(mode="second") + MODE.format(mode="third"))


def page(spec: Spec, name: str = "keep") -> str:
    """A page of a runbook."""
    found = {Path(each.path).stem: each.content.decode() for each in runbooks(spec)}
    return found[name]


def test_a_spec_of_three_modes_without_tenants_has_pages_and_no_finding() -> None:
    spec = spec_of()
    assert not spec.tenants.tenants
    assert [each for each in check_rules(spec, date(2026, 1, 1)) if each.rule.startswith("PLB8")] == []
    assert [render_runbook(spec, "keep", mode).title for mode in spec.topology] == [
        "Keep second",
        "Keep single",
        "Keep third",
    ]


def test_a_page_says_what_is_asked_kept_and_lost() -> None:
    shown = page(spec_of())
    for said in (
        "one of fast, slow",
        "captured_kept='…'",
        'rm "${captured_kept:?}"',
        "Set `captured_kept` in that shell first",
        '<p class="admonition-title">This permanently destroys</p>\n\nthe rest',
        '<p class="admonition-title">The undo permanently destroys</p>\n\nwhat was kept &lt;b>',
    ):
        assert said in shown


@pytest.mark.parametrize("plumb", [True, False])
def test_all_steps_at_once_is_offered_where_plumb_can_be_called(plumb: bool) -> None:
    assert ("plumb runbook run keep --set how=fast" in page(spec_of(plumb))) == plumb


def test_the_index_and_the_page_have_the_same_summary() -> None:
    spec = spec_of()
    assert "Keeps what sample has." in page(spec)
    assert "Keeps what sample has." in page(spec, "index")


def test_what_a_page_shows_stops_where_it_fails_and_leaves_the_operators_shell_alone(tmp_path: Path) -> None:
    step = render_runbook(spec_of(), "keep").steps[1]
    typed = f"cd {tmp_path}\n{step.script('touch made; false; touch went-on')}\npwd\n"
    done = subprocess.run(["sh"], input=typed, capture_output=True, text=True, check=False)
    assert done.stdout == f"{tmp_path}\n"  # there is no /srv/app: nothing was done anywhere
    assert list(tmp_path.iterdir()) == []
    unset = subprocess.run(
        ["sh"], input=step.script(step.run).replace("/srv/app", "."), capture_output=True, text=True, check=False
    )
    assert "captured_kept" in unset.stderr
