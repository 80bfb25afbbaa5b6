"""Who runs beside whom when there are several workers (`--dist=loadgroup`)."""

import pytest

LIVE = "live"
"""The group of what shares the engine, and the packages that are installed for it."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs all that shares the engine, from the start; the others run module by module."""
    items.sort(key=lambda item: not shares(item))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(LIVE if shares(item) else item.nodeid.partition("::")[0]))


def shares(item: pytest.Item) -> bool:
    """Whether a test uses what there is one of on a machine."""
    uses = {"lab", "tools"} & set(getattr(item, "fixturenames", ()))
    return bool(uses) or item.get_closest_marker("live") is not None
