"""A step that is led to another tenant's node changes nothing there, neither forward nor back."""

from dataclasses import replace
from pathlib import Path

import pytest

from plumbline.runbook.rendering import RenderedPlace, RenderedRunbook, render_runbook
from plumbline.runbook.run import RunbookRun, with_shells
from tests.core.runbook_runs import HERE, ready, step
from tests.stack.conftest import shipped_spec

CHECK = "grep -qx 'TENANT=acme' .env || { echo 'this is not a node of acme' >&2; exit 1; }"


def node(folder: Path, tenant: str) -> RenderedPlace:
    """A node of a tenant, which only acme's steps may change."""
    folder.mkdir(exist_ok=True)
    (folder / ".env").write_text(f"TENANT={tenant}\n")
    return replace(HERE, folder=str(folder), check=CHECK)


@pytest.mark.parametrize("shell", ["", "sh"])
def test_another_tenants_node_is_left_alone(shell: str, tmp_path: Path) -> None:
    place = replace(node(tmp_path / "node", "globex"), shells=(shell,))
    run = ready(tmp_path, step("touch made", verify="true", undo="touch undone", place=place))
    failure = run.forward()
    assert failure
    assert failure.output == "this is not a node of acme\n"
    run.undo_half_done = True
    assert run.back()
    assert sorted(each.name for each in (tmp_path / "node").iterdir()) == [".env"]


def test_a_step_is_not_found_done_there(tmp_path: Path) -> None:
    run = ready(tmp_path, step("touch made", verify="true", skip=True, place=node(tmp_path / "node", "globex")))
    assert run.forward()


def test_its_own_is_changed(tmp_path: Path) -> None:
    assert ready(tmp_path, step("touch made", verify="test -e made", place=node(tmp_path, "acme"))).forward() is None
    assert (tmp_path / "made").exists()


def shipped_at(folder: Path, runbook: str) -> RenderedRunbook:
    """A shipped runbook for acme, its places led to a folder."""
    shown = render_runbook(shipped_spec(), runbook, "online", {"tenant": "acme"})
    led = with_shells(shown, {each.place.id: ("",) for each in shown.steps})
    return replace(led, steps=tuple(replace(each, place=replace(each.place, folder=str(folder))) for each in led.steps))


@pytest.mark.parametrize("runbook", ["online-restore", "online-sick-service", "online-disk-full"])
def test_a_shipped_runbook_that_is_led_astray_stops_at_its_first_step(runbook: str, tmp_path: Path) -> None:
    place = node(tmp_path / "node", "globex")
    run: RunbookRun = ready(tmp_path)
    run.runbook = shipped_at(Path(place.folder), runbook)
    failure = run.forward()
    assert failure
    assert (failure.number, failure.output) == (1, "this is not a node of acme\n")
