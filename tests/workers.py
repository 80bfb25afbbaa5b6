"""Who runs beside whom when there are several workers (`--dist=loadscope`): all that shares the engine runs in one of them.

Not by pytest-xdist's groups: version 3.8 writes them into the ids of tests, which pytest 9.2 does not take over, so that
every group is lost without a word.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

LIVE = "live"
"""The scope of what shares the engine, and the packages that are installed for it."""
_FILE = "file_of_shared_tests"
_SHARED = pytest.StashKey[Path]()


def shares(item: pytest.Item) -> bool:
    """Whether a test uses what there is one of on a machine."""
    uses = {"lab", "tools"} & set(getattr(item, "fixturenames", ()))
    return bool(uses) or item.get_closest_marker("live") is not None


def shared_tests(config: pytest.Config) -> frozenset[str]:
    """Ids of those tests, as the workers have collected them."""
    file = config.stash.get(_SHARED, None)
    return frozenset(json.loads(file.read_text())) if file and file.stat().st_size else frozenset()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What shares the engine begins; a worker tells the others' master which tests those are."""
    items.sort(key=lambda item: not shares(item))
    if file := getattr(config, "workerinput", {}).get(_FILE):
        part = Path(f"{file}.{config.workerinput['workerid']}")  # type: ignore[attr-defined]
        part.write_text(json.dumps([item.nodeid for item in items if shares(item)]))
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
    """Modules one by one, and what shares the engine as one."""
    return _OneEngine(config, log) if config.getoption("dist") == "loadscope" else None


class _OneEngine(LoadScopeScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        return LIVE if nodeid in shared_tests(self.config) else nodeid.partition("::")[0]
