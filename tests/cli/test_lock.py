"""`plumb lock` against a real registry on loopback."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.core.support import starter_files
from tests.lab.registry import PASSWORD, USER, LocalRegistry, local_registry
from tests.lab.registry_proxy import proxy_of

pytestmark = pytest.mark.live
OLD = f"sha256:{'0f' * 32}"
PLATFORMS = ("linux/amd64", "linux/arm64")
CATALOGUE = """\
# what runs here
images:
  app:
    repository: {host}/app
    tag: "1.0"   # the tag of the release
    digest: {old}   # pinned by hand
    licence: MIT
    platforms: [linux/amd64]
    lifecycle: {{state: supported}}
    http_client: wget
    evidence: {{confirmations: 4, checked: "2026-11-23", note: as the plans say}}
  single: {{repository: {host}/single, tag: "2", licence: MIT, lifecycle: {{state: supported}}, http_client: none}}
  ours:
    repository: ours/app
    tag: "1.0"
    licence: proprietary
    lifecycle: {{state: unpublished}}
    http_client: none
    stand_in: {{recipe: contract, server: stub}}
"""


@dataclass(frozen=True)
class LockProject:
    """A spec whose images are in a registry, and docker's settings of whoever works on it."""

    folder: Path

    @property
    def catalogue(self) -> Path:
        """The file that is locked."""
        return self.folder / "data" / "images.yaml"

    def write(self, host: str) -> str:
        """Its text, with the images at a host."""
        self.catalogue.write_text(CATALOGUE.format(host=host, old=OLD))
        return self.catalogue.read_text()

    def docker(self, **settings: object) -> None:
        """Write docker's settings."""
        (self.folder / "docker").mkdir(exist_ok=True)
        (self.folder / "docker" / "config.json").write_text(json.dumps(settings))

    def lock(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """`plumb lock`; a traceback is a failure whatever the exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "plumbline", "lock", *words],
            cwd=self.folder,
            env={
                **os.environ,
                "DOCKER_CONFIG": str(self.folder / "docker"),
                "PATH": f"{self.folder}:{os.environ['PATH']}",
                "PYTHONPATH": str(Path(__file__).parents[2]),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr + done.stdout
        return done


@pytest.fixture
def project(tmp_path: Path) -> LockProject:
    """The starter spec."""
    for name, text in starter_files().items():
        file = tmp_path / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return LockProject(tmp_path)


@pytest.fixture
def registry(tools: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRegistry]:
    """A registry that anybody may read."""
    with local_registry(tmp_path_factory.mktemp("registry")) as found:
        yield found


@pytest.fixture
def closed(tools: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRegistry]:
    """A registry with a password."""
    with local_registry(tmp_path_factory.mktemp("closed"), closed=True) as found:
        yield found


def fill(registry: LocalRegistry, content: bytes = b"hello") -> tuple[str, str]:
    """Two platforms under one tag, and one image without a list; their digests."""
    images = [registry.push("app", f"part-{number}", name, [content]) for number, name in enumerate(PLATFORMS)]
    index = registry.push_index("app", "1.0", images)
    return index, str(registry.push("single", "2", "linux/arm64", [content])["digest"])


def test_what_moved_is_shown_and_written_and_nothing_else_changes(
    project: LockProject, registry: LocalRegistry
) -> None:
    before = project.write(registry.host)
    index, single = fill(registry)
    done = project.lock()
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"app: {registry.host}/app:1.0 moved\n  - {OLD}\n  + {index}\n  - linux/amd64\n" in done.stdout
    assert "ours: in no registry; left unchanged" in done.stdout
    day = datetime.now(UTC).date().isoformat()
    said = f'source: registry, confirmations: 1, checked: "{day}"'
    expected = (
        before.replace(OLD, index)
        .replace("[linux/amd64]", "[linux/amd64, linux/arm64]")
        .replace('confirmations: 4, checked: "2026-11-23"', said)
        .replace(
            '"2", licence: MIT, lifecycle', f'"2", digest: {single}, licence: MIT, platforms: [linux/arm64], lifecycle'
        )
        .replace("}, http_client: none}", f"}}, evidence: {{{said}}}, http_client: none}}")
    )
    assert project.catalogue.read_text() == expected

    again = project.lock()
    assert again.returncode == 0
    assert f"app: {registry.host}/app:1.0 is what is pinned" in again.stdout
    assert "wrote" not in again.stderr
    assert project.lock("--check").returncode == 0
    project.catalogue.write_text(expected.replace("[linux/amd64, linux/arm64]", "[linux/amd64]"))
    wrong = project.lock("--check")
    assert wrong.returncode == 1
    assert "  - linux/amd64\n  + linux/amd64, linux/arm64\n" in wrong.stdout


def test_a_check_changes_nothing_and_fails_where_a_tag_moved(project: LockProject, registry: LocalRegistry) -> None:
    before = project.write(registry.host)
    index, single = fill(registry)
    done = project.lock("--check", "--format", "json")
    assert done.returncode == 1
    assert project.catalogue.read_text() == before
    found = {finding["subject"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert {finding["rule"] for finding in found.values()} == {"PLB991"}
    assert index in found["images.app.digest"]["observed"]
    assert single in found["images.single.digest"]["observed"]
    assert project.lock().returncode == 0
    moved, _ = fill(registry, b"another")
    assert moved != index
    shown = project.lock("--check", "--image", "app")
    assert shown.returncode == 1
    assert f"  - {index}\n  + {moved}\n" in shown.stdout
    assert project.lock("--check", "--image", "ours").returncode == 0


def test_only_the_image_that_was_named(project: LockProject, registry: LocalRegistry) -> None:
    project.write(registry.host)
    index, single = fill(registry)
    done = project.lock("--image", "app")
    assert done.returncode == 0
    text = project.catalogue.read_text()
    assert index in text
    assert single not in text
    wrong = project.lock("--image", "ap")
    assert wrong.returncode == 2
    assert "did you mean `app`?" in wrong.stdout


def test_a_tag_that_vanished_is_named_and_the_others_are_still_locked(
    project: LockProject, registry: LocalRegistry
) -> None:
    project.write(registry.host)
    index, single = fill(registry)
    registry.delete("single", single)
    done = project.lock()
    assert done.returncode == 1
    assert "error PLB992" in done.stdout
    assert f"{registry.host}/single:2" in done.stdout
    assert "data/images.yaml:12:" in done.stdout
    assert index in project.catalogue.read_text()


def test_images_for_other_systems_only(project: LockProject, registry: LocalRegistry) -> None:
    before = project.write(registry.host)
    registry.push_index("app", "1.0", [registry.push("app", "part", "windows/amd64", [b"hello"])])
    done = project.lock("--image", "app")
    assert done.returncode == 1
    assert "images for windows/amd64 only" in done.stdout
    assert project.catalogue.read_text() == before


def test_a_password_as_docker_login_leaves_it(project: LockProject, closed: LocalRegistry) -> None:
    before = project.write(closed.host)
    index, _ = fill(closed)
    refused = project.lock()
    assert refused.returncode == 3
    assert f"docker login {closed.host}" in refused.stderr
    assert project.catalogue.read_text() == before
    word = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    project.docker(auths={closed.host: {"auth": word}})
    done = project.lock()
    assert done.returncode == 0, done.stderr
    assert index in project.catalogue.read_text()
    assert PASSWORD not in done.stdout + done.stderr


def test_a_password_from_a_credential_helper(project: LockProject, closed: LocalRegistry) -> None:
    project.write(closed.host)
    index, _ = fill(closed)
    helper = project.folder / "docker-credential-lab"
    answer = json.dumps({"ServerURL": closed.host, "Username": USER, "Secret": PASSWORD})
    helper.write_text(f"#!/bin/sh\necho '{answer}'\n")
    helper.chmod(0o755)
    project.docker(credHelpers={closed.host: "lab"})
    done = project.lock()
    assert done.returncode == 0, done.stderr
    assert index in project.catalogue.read_text()
    helper.write_text("#!/bin/sh\necho 'the keychain is locked'; exit 1\n")
    locked = project.lock()
    assert locked.returncode == 3
    assert "the keychain is locked" in locked.stderr


def test_tokens_that_are_had_for_a_password(project: LockProject, registry: LocalRegistry) -> None:
    index, _ = fill(registry)
    with proxy_of(registry.host, tokens=True) as proxy:
        project.write(proxy.host)
        assert project.lock("--image", "app").returncode == 3
        project.docker(auths={proxy.host: {"auth": base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}})
        done = project.lock("--image", "app")
        assert done.returncode == 0, done.stderr
        assert index in project.catalogue.read_text()
        assert any("scope=repository%3Aapp%3Apull" in request for request in proxy.requests)


def test_a_busy_registry_is_asked_again(project: LockProject, registry: LocalRegistry) -> None:
    index, _ = fill(registry)
    with proxy_of(registry.host, busy=2) as proxy:
        project.write(proxy.host)
        done = project.lock("--image", "app")
        assert done.returncode == 0, done.stderr
        assert index in project.catalogue.read_text()
        assert len(proxy.requests) == 3


def test_a_registry_that_does_not_answer(project: LockProject, registry: LocalRegistry) -> None:
    with proxy_of(registry.host) as proxy:
        gone = proxy.host
    before = project.write(gone)
    done = project.lock()
    assert done.returncode == 3
    assert f"{gone} does not answer" in done.stderr
    assert project.catalogue.read_text() == before
