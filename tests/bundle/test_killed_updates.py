"""An update is killed at a call of a program; afterwards it is completed, or taken back. Never a mixture, and nothing is left.

`make bundle-proof` does so at every other call, and on a real engine.
"""

import os
from shutil import which

import pytest

import proofs.bundle.killing
from tests.bundle import dying as killed
from tests.bundle.dying import DyingHost, killed_in_rollback, killed_in_update
from tests.bundle.tampering import Keys

needs = pytest.mark.skipif(
    which("gpg") is None or os.geteuid() != 0, reason="needs gpg, and root for a network of its own"
)
pytestmark = pytest.mark.slow
EVERY = 29
"""Of the calls, one in so many is a moment of death."""


@pytest.fixture(scope="module")
def dying(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> DyingHost:
    return DyingHost(tmp_path_factory.mktemp("dying") / "host", keys)


@needs
def test_whenever_an_update_is_killed_a_second_run_completes_it_or_it_is_taken_back(dying: DyingHost) -> None:
    found = dict(killed_in_update(dying, EVERY))
    assert len(found) > 3
    assert [problem for wrong in found.values() for problem in wrong] == []


@needs
def test_a_rollback_that_is_killed_is_run_again(dying: DyingHost) -> None:
    found = dict(killed_in_rollback(dying, EVERY))
    assert len(found) > 1
    assert [problem for wrong in found.values() for problem in wrong] == []


def test_the_proof_tries_more_of_the_same() -> None:
    assert proofs.bundle.killing.killed_in_update is killed.killed_in_update
    assert proofs.bundle.killing.killed_in_rollback is killed.killed_in_rollback
    assert proofs.bundle.killing.EVERY < EVERY
