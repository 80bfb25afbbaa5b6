"""A service that can not change behind a second copy changes in place, and its operator is told before it stops."""

import os
from pathlib import Path
from shutil import which

import pytest

from tests.bundle.shop import shop
from tests.bundle.small_engine import SmallEngine
from tests.bundle.tampering import Keys
from tests.bundle.test_service_by_service import ALONE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        which("gpg") is None or os.geteuid() != 0, reason="needs gpg, and root for a network of its own"
    ),
]
PORTS = ("127.0.0.1:80:80",)


def updated(keys: Keys, folder: Path, memory_mib: int, ports: tuple[str, ...]) -> tuple[SmallEngine, list[str], str]:
    """A host whose entry changed: calls that changed something, and what the script said."""
    engine = SmallEngine(folder / "host", keys)
    assert engine.install(engine.bundle("1.0", shop()))[0] == 0
    facts = shop("1.1", ("web",), {"web": {"second_copy": ports, "memory_mib": memory_mib}})
    code, calls, said = engine.install(engine.bundle("1.1", facts))
    assert code == 0, said
    assert not (engine.host.state / "in-place").exists()
    return engine, calls, said


def test_a_copy_that_needs_no_rule_answers_meanwhile(keys: Keys, tmp_path: Path) -> None:
    _, calls, said = updated(keys, tmp_path, 64, ())
    assert calls == ["run migrate", "second copy of web", f"{ALONE} web", "stop a copy of web"]
    assert "second copy answers: web" in said and "warning" not in said


def test_no_copy_where_the_memory_is_missing(keys: Keys, tmp_path: Path) -> None:
    _, calls, said = updated(keys, tmp_path, 2**30, ())
    assert calls == ["run migrate", f"{ALONE} web"]
    assert "warning: web is made anew in place" in said and "a second copy may take 1073741824 MiB" in said


def test_no_copy_stays_where_nothing_leads_to_it(keys: Keys, tmp_path: Path) -> None:
    """As with `userland-proxy: false`: a port that the engine has published, to which no program of the host listens."""
    engine, calls, said = updated(keys, tmp_path, 64, PORTS)
    assert calls == ["run migrate", "second copy of web", "stop a copy of web", f"{ALONE} web"]
    assert "warning: web is made anew in place" in said and "no rule of the firewall sends port 80" in said
    assert list((engine.engine / "copies").iterdir()) == []
