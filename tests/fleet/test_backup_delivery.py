"""The timers of backups come with a release, and go back with it."""

from pathlib import Path

import pytest

from tests.fleet.test_one_node import OneNode, shop

pytestmark = pytest.mark.slow
_INSTALL = """#!/bin/sh
echo "0 install VERSION $*" >> "$NODE/calls"
"""


@pytest.fixture
def backed_up(tmp_path: Path) -> OneNode:
    """With release 1.0 and its timers."""
    found = OneNode(tmp_path)
    code, _, said = found.roll_out(shop("1.0"), {"backup/install.sh": _INSTALL.replace("VERSION", "1.0")})
    assert (code, installs(found)) == (0, ["install 1.0"]), said
    return found


def installs(node: OneNode) -> list[str]:
    """What was put in place and taken away, in order."""
    lines = (node.folder / "calls").read_text().splitlines()
    return [line.partition(" ")[2].strip() for line in lines if " install " in line]


def test_the_same_release_touches_nothing(backed_up: OneNode) -> None:
    assert backed_up.roll_out(shop("1.0"), {"backup/install.sh": _INSTALL.replace("VERSION", "1.0")})[0] == 0
    assert installs(backed_up) == []


def test_a_release_that_is_put_back_takes_its_timers_away(backed_up: OneNode) -> None:
    (backed_up.folder / "sick").write_text("1.1")
    code, _, said = backed_up.roll_out(shop("1.1", ("web",)), {"backup/install.sh": _INSTALL.replace("VERSION", "1.1")})
    assert code == 2, said
    assert installs(backed_up) == ["install 1.1", "install 1.1 --remove", "install 1.0"]
    assert "1.0" in (backed_up.home / "backup/install.sh").read_text()


def test_a_release_without_backups_leaves_none(backed_up: OneNode) -> None:
    code, _, said = backed_up.roll_out(shop("1.1", ("web",)))
    assert (code, (backed_up.home / "backup").exists()) == (0, False), said
    assert installs(backed_up) == ["install 1.0 --remove"]
