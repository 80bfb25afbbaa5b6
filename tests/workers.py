"""Who runs beside whom when there are several workers (`--dist=loadscope`): what there is one of on a machine has one lane.

There are two such lanes: tests on the lab's engine, and live tests on engines and programs of their own. Each is run by one worker.

Not by pytest-xdist's groups: version 3.8 writes them into the ids of tests, which pytest 9.2 does not take over, so that
every group is lost without a word.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.lab.turns import turn

LAB, OWN = "lab", "own"
"""The lanes: what is on the lab's engine, and what stands on engines of its own or uses installed programs."""
_BEGINS_AT_THE_LAB = "releases"
"""The fixture of bundles that the lab's engine makes; they are tried on engines of their own."""
_FILE = "file_of_shared_tests"
_SHARED = pytest.StashKey[Path]()


def lane(item: pytest.Item) -> str:
    """The lane of a test that uses what there is one of on a machine; empty for every other one."""
    uses = set(getattr(item, "fixturenames", ()))
    if "lab" in uses and _BEGINS_AT_THE_LAB not in uses:
        return LAB
    return OWN if "tools" in uses or item.get_closest_marker("live") else ""


def shared_tests(config: pytest.Config) -> dict[str, str]:
    """The lanes of those tests by their ids, as the workers have collected them."""
    file = config.stash.get(_SHARED, None)
    return dict(json.loads(file.read_text())) if file and file.stat().st_size else {}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The lanes begin; a worker tells the others' master which tests those are."""
    items.sort(key=lambda item: (LAB, OWN, "").index(lane(item)))
    if file := getattr(config, "workerinput", {}).get(_FILE):
        part = Path(f"{file}.{config.workerinput['workerid']}")  # type: ignore[attr-defined]
        part.write_text(json.dumps({item.nodeid: of for item in items if (of := lane(item))}))
        part.replace(file)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where it has to say so."""
    if _SHARED not in node.config.stash:
        folder = Path(tempfile.mkdtemp(prefix="plumb-tests-"))
        node.config.add_cleanup(lambda: _remove(folder))
        (folder / "shared.json").touch()
        node.config.stash[_SHARED] = folder / "shared.json"
    node.workerinput[_FILE] = str(node.config.stash[_SHARED])


def _remove(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Modules one by one, and each lane as one."""
    return _Lanes(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    """A test on the lab's engine restarts it, or looks for what is left on it: meanwhile the other lane makes no bundle there."""
    with turn() if lane(item) == LAB else nullcontext():
        return (yield)


class _Lanes(LoadScopeScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        return shared_tests(self.config).get(nodeid) or nodeid.partition("::")[0]
