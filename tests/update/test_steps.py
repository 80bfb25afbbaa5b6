"""The steps of an update are one list: scripts, tasks, pages and runbooks name the same ones in the same order."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from plumbline.update.steps import BACK, STEPS, steps

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "deploy/offline/scripts"
TASKS = ROOT / "deploy/online/ansible/tasks"
HOST = [(each.id, each.title) for each in steps("host")]
NODE = [each.title for each in steps("node")]


def entered(script: str) -> list[tuple[str, str]]:
    """Steps that a script enters, in the order of its lines."""
    return re.findall(r"^enter ([a-z]+) '(.*)'$", (SCRIPTS / f"{script}.sh").read_text(), re.MULTILINE)


def done_by(file: str) -> Iterator[str]:
    """Names of the tasks of a file in order, with those of the files that it takes in."""
    yield from _names(yaml.safe_load((TASKS / f"{file}.yaml").read_text()))


def _names(tasks: list[dict[str, Any]]) -> Iterator[str]:
    for task in tasks:
        yield task["name"]
        taken_in = task.get("ansible.builtin.import_tasks") or task.get("ansible.builtin.include_tasks") or ""
        yield from _names(task.get("block", []))
        if taken_in and taken_in != "together.yaml":
            yield from done_by(taken_in.removesuffix(".yaml"))


def rows(page: str, column: int) -> list[str]:
    """Cells of a column in the tables of a generated page."""
    text = (ROOT / "docs/operator" / f"{page}.md").read_text()
    return [line.split(" | ")[column].strip("| ") for line in text.splitlines() if line.startswith("| ")]


def test_install_sh_enters_them_in_order_and_all_of_them() -> None:
    assert entered("install") == HOST


def test_rollback_sh_enters_some_of_them_in_order() -> None:
    found = entered("rollback")
    assert found == [each for each in HOST if each in found]
    assert {"drain", "place", "switch", "health"} <= {id for id, _ in found}


def test_the_roll_out_does_them_in_order_and_all_of_them() -> None:
    assert [name for name in done_by("stage") if name in {each.title for each in STEPS}] == NODE


def test_the_pages_show_them_in_order() -> None:
    titles = {each.title for each in STEPS}
    assert [cell for cell in rows("update", 1) if cell in titles] == [each.title for each in STEPS]
    assert [cell for cell in rows("roll-out", 0) if cell in titles] == NODE


def test_the_runbook_names_them() -> None:
    assert "; ".join(title for _, title in HOST) in (ROOT / "docs/operator/runbooks/offline-update.md").read_text()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_where_install_sh_ends_in_a_step_it_tells_the_way_back_of_the_page(step: Any) -> None:
    text = (SCRIPTS / "install.sh").read_text()
    if step.back == "nothing":
        early = re.search(r"^    ([a-z |]+)\) left='nothing was changed' ;;$", text, re.MULTILINE)
        assert early and step.id in early[1].split(" | ")
    else:
        told = BACK[step.back].replace("rollback.sh", "sh $home/scripts/rollback.sh")
        assert re.search(rf'^  \[ "\$now" != {step.id} \] .*left="\$left; {re.escape(told)}"$', text, re.MULTILINE)
