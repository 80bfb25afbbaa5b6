"""The publisher of releases, and the shipped one, made once for all tests; a host that trusts a key."""

import os
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

from tests.bundle.keys import end_agent, make_key
from tests.bundle.releases import Publisher, publisher
from tests.bundle.small import files
from tests.bundle.tampering import Keys, signed
from tests.bundle.verifying import Host


@pytest.fixture(scope="session")
def releases(lab: dict[str, str], tools: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    """Who makes them, from the lab's engine."""
    if os.geteuid() != 0:
        pytest.skip("LIVE TEST NOT RUN: a second engine needs root")
    with publisher(tmp_path_factory.mktemp("releases")) as found:
        yield found


@pytest.fixture(scope="session")
def first(releases: Publisher) -> Path:
    """Release 1.0."""
    return releases.release()


@pytest.fixture(scope="session")
def gpg(request: pytest.FixtureRequest) -> None:
    """The program, installed where it is missing and can be."""
    if which("gpg") is None:
        request.getfixturevalue("tools")


@pytest.fixture(scope="session")
def keys(gpg: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    """The publisher's, and another."""
    home = tmp_path_factory.mktemp("keys") / "gnupg"
    yield Keys(make_key(home, "release"), make_key(home, "stranger"))
    end_agent(home)


@pytest.fixture
def host(keys: Keys, tmp_path: Path) -> Host:
    """A host that trusts the publisher, and has had release 1.0."""
    found = Host(tmp_path)
    trust = ["--key", keys.publisher.public, "--fingerprint", keys.publisher.fingerprint]
    done = found.verify(signed(keys.publisher, files()), *trust)
    assert done.returncode == 0, done.stderr
    return found
