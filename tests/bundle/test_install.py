"""A signed bundle, and a host with an empty engine that reaches nothing: from the medium to a healthy stack, on both image stores."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from plumbline.bundle.archive import read_head
from tests.bundle.host import SealedHost, scripts_of, sealed_host
from tests.bundle.keys import Key, end_agent, make_key

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Release:
    """A bundle, and the key that signed it."""

    bundle: Path
    key: Key
    stranger: Key


@pytest.fixture(scope="module")
def release(lab: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """Made from the lab's engine, with stand-ins."""
    if os.geteuid() != 0:
        pytest.skip("LIVE TEST NOT RUN: a second engine needs root")
    folder = tmp_path_factory.mktemp("release")
    key, stranger = make_key(folder / "gnupg", "release"), make_key(folder / "gnupg", "stranger")
    call = ["bundle", "build", "--stand-ins", "--substitutes", "--sign", key.fingerprint, "--out", str(folder)]
    try:
        subprocess.run([sys.executable, "-m", "plumbline", *call], cwd=ROOT, env=key.environment, check=True)
        yield Release(folder / "docpipe-offline-1.0.tar.zst", key, stranger)
    finally:
        end_agent(folder / "gnupg")


def sql(host: SealedHost, statement: str) -> str:
    """What the installed database answers."""
    compose = ["docker", "compose", "--project-directory", host.home, "--file", host.home / "compose.yaml"]
    ask = f'PGPASSWORD="$(cat /run/secrets/postgres_password)" psql -qAtX -h 127.0.0.1 -U docpipe -d docpipe -c "{statement}"'
    done = host.run(*compose, "exec", "-T", "postgres", "sh", "-c", ask)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.live
@pytest.mark.parametrize("store", ["classic", "containerd"])
def test_from_the_medium_to_a_healthy_stack_and_back(release: Release, store: str) -> None:
    with sealed_host(store == "containerd") as host:
        assert host.run("docker", "images", "--quiet").stdout == ""
        scripts = scripts_of(release.bundle, host.folder / "medium")

        refused = host.script(scripts / "install.sh", release.bundle)
        assert refused.returncode == 1, refused.stdout
        assert "this host trusts no key yet" in refused.stderr
        wrong = host.script(
            scripts / "install.sh",
            "--key",
            release.stranger.public,
            "--fingerprint",
            release.key.fingerprint,
            release.bundle,
        )
        assert wrong.returncode == 1
        assert "has the fingerprint" in wrong.stderr
        assert host.run("docker", "images", "--quiet").stdout == ""

        trust = ["--key", release.key.public, "--fingerprint", release.key.fingerprint]
        installed = host.script(scripts / "install.sh", *trust, release.bundle)
        assert installed.returncode == 0, installed.stdout + installed.stderr
        status = host.script(host.installed("status"))
        assert status.returncode == 0, status.stdout
        assert f"{store} image store" in status.stdout
        assert "all 10 are those of the manifest" in status.stdout
        assert "nothing gets out" in status.stdout
        assert sql(host, "SELECT version_num FROM alembic_version") == "0005"
        records = [json.loads(line) for line in (host.state / "verified.jsonl").read_text().splitlines()]
        assert records[-1]["result"] == "verified"
        assert records[-1]["signer"] == release.key.fingerprint

        _exported_and_restored(host)
        secrets = {file.name: file.read_bytes() for file in (host.home / "secrets").iterdir()}
        again = host.script(host.installed("install"), release.bundle)
        assert again.returncode == 0, again.stdout + again.stderr
        assert {file.name: file.read_bytes() for file in (host.home / "secrets").iterdir()} == secrets
        assert sql(host, "SELECT actor FROM audit_events") == "kept"

        gone = host.script(host.installed("uninstall"), "--delete-data", "docpipe")
        assert gone.returncode == 0, gone.stderr
        assert host.run("docker", "ps", "--all", "--quiet").stdout == ""
        assert host.run("docker", "volume", "ls", "--quiet").stdout == ""
        assert not host.home.exists()


def _exported_and_restored(host: SealedHost) -> None:
    event = "INSERT INTO audit_events (tenant, actor, action, subject) VALUES ('t', '{}', 'a', 's')"
    sql(host, event.format("kept"))
    exported = host.script(host.installed("export"), host.folder)
    assert exported.returncode == 0, exported.stderr
    (archive,) = host.folder.glob("docpipe-export-*.tar.zst")
    sql(host, event.format("lost"))
    restored = host.script(host.installed("restore"), archive)
    assert restored.returncode == 0, restored.stderr + (host.state / "logs" / "restore.log").read_text()[-2000:]
    assert sql(host, "SELECT actor FROM audit_events") == "kept"
    damaged = host.folder / "damaged.tar.zst"
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(bytes(data))
    assert host.script(host.installed("restore"), damaged).returncode == 1


@pytest.mark.live
def test_the_same_inputs_give_the_same_bundle(release: Release, tmp_path: Path) -> None:
    """But for the signature, which holds its own time: so all behind the head is compared, and the manifest in it."""
    call = ["bundle", "build", "--stand-ins", "--substitutes", "--out", str(tmp_path)]
    subprocess.run([sys.executable, "-m", "plumbline", *call], cwd=ROOT, check=True, capture_output=True)
    heads, digests = set(), set()
    for bundle in (release.bundle, tmp_path / release.bundle.name):
        with bundle.open("rb") as stream:
            heads.add(read_head(stream).text)
            digests.add(hashlib.file_digest(stream, "sha256").hexdigest())
    assert (len(heads), len(digests)) == (1, 1)
