"""A signed bundle, and a host with an empty engine that reaches nothing: from the medium to a healthy stack."""

import hashlib
import json
from pathlib import Path

import pytest

from plumbline.bundle.head import read_head
from proofs.bundle.faults import BundleFault, strike
from proofs.bundle.proof import PARTS, STORES
from proofs.bundle.sealed import sealed, wrong_images
from tests.bundle.host import SealedHost, scripts_of, sealed_host
from tests.bundle.releases import LAST_REVISION, Publisher, plumb


def installed(host: SealedHost, releases: Publisher, bundle: Path) -> None:
    """From the medium to a healthy stack of the images in the manifest."""
    scripts = scripts_of(bundle, host.folder / "medium")
    done = host.script(scripts / "install.sh", *releases.trust, bundle)
    assert done.returncode == 0, done.stdout + done.stderr
    status = host.script(host.installed("status"))
    assert status.returncode == 0, status.stdout
    for line in ("all 10 are those of the manifest", "nothing gets out"):
        assert line in status.stdout


@pytest.mark.live
def test_from_the_medium_to_a_healthy_stack_and_back(releases: Publisher, first: Path) -> None:
    with sealed_host(containerd=False) as host:
        scripts = scripts_of(first, host.folder / "medium")
        refused = host.script(scripts / "install.sh", first)
        assert refused.returncode == 1, refused.stdout
        assert "this host trusts no key yet" in refused.stderr
        wrong = ["--key", releases.stranger.public, "--fingerprint", releases.key.fingerprint]
        refused = host.script(scripts / "install.sh", *wrong, first)
        assert refused.returncode == 1
        assert "has the fingerprint" in refused.stderr
        assert host.run("docker", "images", "--quiet").stdout == ""

        installed(host, releases, first)
        assert wrong_images(host, "classic") == []
        assert host.sql("SELECT version_num FROM alembic_version") == LAST_REVISION
        records = [json.loads(line) for line in (host.state / "verified.jsonl").read_text().splitlines()]
        assert records[-1]["result"] == "verified"
        assert records[-1]["signer"] == releases.key.fingerprint
        _exported_and_restored(host)
        _killed_and_run_again(host, first)

        uninstall = host.call(host.installed("uninstall"), "--delete-data", "docpipe")
        killed = strike(host, BundleFault("killed", "", "rm", "-f*", nth=4), *uninstall)
        assert (killed.hit, killed.run.returncode) == (True, -9)
        gone = host.run(*uninstall)
        assert gone.returncode == 0, gone.stderr
        assert host.run("docker", "ps", "--all", "--quiet").stdout == ""
        assert host.run("docker", "volume", "ls", "--quiet").stdout == ""
        assert not host.home.exists()


def test_the_proof_installs_on_both_stores() -> None:
    """`test_registry.py` installs a small bundle on each; `make bundle-proof` also the shipped one."""
    assert STORES == ("classic", "containerd")
    assert PARTS["sealed"] is sealed


def _killed_and_run_again(host: SealedHost, bundle: Path) -> None:
    """`make bundle-proof` does so at each step."""
    secrets = host.secrets()
    # as after a downgrade
    host.sql("UPDATE alembic_version SET version_num = '0007'")
    killed = strike(
        host,
        BundleFault("killed", "migrate", "docker", "*run*", after=1),
        *host.call(host.installed("install"), bundle),
    )
    assert (killed.hit, killed.run.returncode) == (True, -9)
    again = host.script(host.installed("install"), bundle)
    assert again.returncode == 0, again.stdout + again.stderr
    assert host.secrets() == secrets
    assert host.sql("SELECT actor, version_num FROM audit_events, alembic_version") == "kept|0007"
    assert list(host.home.glob(".incoming*")) == []


def _exported_and_restored(host: SealedHost) -> None:
    event = "INSERT INTO audit_events (tenant, actor, action, subject) VALUES ('t', '{}', 'a', 's')"
    host.sql(event.format("kept"))
    # as the release before had it
    host.sql("DROP TABLE tenant_schemas; UPDATE alembic_version SET version_num = '0004'")
    exported = host.script(host.installed("export"), host.folder)
    assert exported.returncode == 0, exported.stderr
    (archive,) = host.folder.glob("docpipe-export-*.tar.zst")
    host.sql(event.format("lost"))
    # as a later release would add one
    host.sql("CREATE TABLE later (id integer)")
    restored = host.script(host.installed("restore"), archive)
    assert restored.returncode == 0, restored.stderr + (host.state / "logs" / "restore.log").read_text()[-2000:]
    assert host.sql("SELECT actor FROM audit_events") == "kept"
    assert host.sql("SELECT version_num FROM alembic_version") == LAST_REVISION
    assert host.sql("SELECT to_regclass('tenant_schemas'), to_regclass('later')") == "tenant_schemas|"
    refused = host.script(host.installed("restore"), _of_another_customer(host, archive))
    assert (refused.returncode, "is of customer other" in refused.stderr) == (1, True)
    damaged = host.folder / "damaged.tar.zst"
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(bytes(data))
    assert host.script(host.installed("restore"), damaged).returncode == 1


def _of_another_customer(host: SealedHost, archive: Path) -> Path:
    """An export that is whole, and not of this host."""
    made = f"""set -e
        mkdir other && cd other && zstd -dcq '{archive}' | tar -xf -
        sed -i 's/^"customer": .*/"customer": "other",/' RELEASE.json
        find . -type f ! -name SHA256SUMS | sort | xargs sha256sum > SHA256SUMS
        tar -cf - . | zstd -q -o ../other.tar.zst"""
    assert host.run("sh", "-c", made).returncode == 0
    return host.folder / "other.tar.zst"


@pytest.mark.live
def test_the_same_inputs_give_the_same_bundle(first: Path, tmp_path: Path) -> None:
    """But for the signature, which holds its own time: so all behind the head is compared, and the manifest in it."""
    assert plumb("bundle", "build", "--stand-ins", "--substitutes", "--out", str(tmp_path)).returncode == 0
    heads, digests = set(), set()
    for bundle in (first, tmp_path / first.name):
        with bundle.open("rb") as stream:
            heads.add(read_head(stream).text)
            digests.add(hashlib.file_digest(stream, "sha256").hexdigest())
    assert (len(heads), len(digests)) == (1, 1)
