"""verify.sh, on a host with gpg, tar and zstd: what is not ours, not whole or not newer is refused, and it says why."""

import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest
import zstandard

from plumbline.bundle.archive import header
from plumbline.bundle.head import read_head
from tests.bundle.small import files, noise, written
from tests.bundle.tampering import Keys, signed, tried
from tests.bundle.verifying import VERIFY, Host

EACH = 4
"""Of each kind; `make bundle-proof` tries more."""
pytestmark = pytest.mark.live


def test_ours_is_verified_and_recorded(host: Host, keys: Keys) -> None:
    done = host.verify(signed(keys.publisher, files()))
    assert done.returncode == 0, done.stderr
    last = json.loads((host.folder / "state" / "verified.jsonl").read_text().splitlines()[-1])
    assert (last["result"], last["signer"]) == ("verified", keys.publisher.fingerprint)


def test_it_needs_no_network(host: Host, keys: Keys) -> None:
    (host.folder / "bundle").write_bytes(signed(keys.publisher, files()))
    call = ["unshare", "--net", "sh", str(VERIFY), "--state", str(host.folder / "state"), str(host.folder / "bundle")]
    assert subprocess.run(call, capture_output=True, check=False).returncode == 0


def test_another_key_is_refused_even_from_the_keyring(host: Host, keys: Keys) -> None:
    bundle = signed(keys.stranger, files())
    host.refuses(bundle, "(unknown-key)")
    ring = ["gpg", "--homedir", str(host.folder / "state" / "keyring"), "--batch", "--quiet", "--no-autostart"]
    subprocess.run([*ring, "--import", str(keys.stranger.public)], check=True, capture_output=True)
    host.refuses(bundle, f"(unknown-key): {keys.stranger.fingerprint}")


def test_a_stripped_signature_and_anothers_manifest_are_refused(host: Host, keys: Keys) -> None:
    host.refuses(written(files(), signature=b""), "(unsigned)")
    other = read_head(io.BytesIO(signed(keys.publisher, files(), "0.9"))).signature
    host.refuses(written(files(), signature=other), "(bad-signature)")


def test_older_replayed_and_other_customers_releases_are_refused(host: Host, keys: Keys) -> None:
    ours = read_head(io.BytesIO(signed(keys.publisher, files(), "1.9")))
    newest = host.folder / "state" / "newest"
    newest.write_text("1.10 general 0\n")
    host.refuses(signed(keys.publisher, files(), "1.9"), "release 1.9 is older than 1.10")
    allowed = host.verify(signed(keys.publisher, files(), "1.9"), "--allow-downgrade", "a drill")
    assert allowed.returncode == 0, allowed.stderr
    assert "downgrade allowed: a drill" in (host.folder / "state" / "verified.jsonl").read_text()
    host.refuses(signed(keys.publisher, files(), "1.10"), "release 1.10 was here before, with another content")
    newest.write_text("1.0 somebody-else 0\n")
    host.refuses(signed(keys.publisher, files(), ours.manifest.release), "this host belongs to somebody-else")


def rewritten(data: bytes, change: "tarfile.TarInfo | None" = None, tail: bytes = b"") -> bytes:
    """The bundle with other members behind its head: a signed head, and whatever somebody put there."""
    stream = io.BytesIO(data)
    head = read_head(stream)
    at = stream.tell()
    body = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data[at:]), read_across_frames=True).read()
    first = head.manifest.files[0]
    length = 512 + first.size + -first.size % 512
    if change is not None:
        body = change.tobuf(tarfile.USTAR_FORMAT) + body[512 if change.type == tarfile.REGTYPE else length :]
    return data[:at] + zstandard.ZstdCompressor().compress(body[: -1024 if tail else None] + tail)


@pytest.mark.parametrize(
    ("kind", "name", "target"),
    [
        (tarfile.SYMTYPE, "deployment/compose.yaml", "/etc/passwd"),
        (tarfile.LNKTYPE, "deployment/compose.yaml", "/etc/passwd"),
        (tarfile.DIRTYPE, "deployment/compose.yaml", ""),
        (tarfile.FIFOTYPE, "deployment/compose.yaml", ""),
        (tarfile.REGTYPE, "../../escaped", ""),
        (tarfile.REGTYPE, "/tmp/escaped", ""),
        (tarfile.REGTYPE, "site/index.html", ""),
    ],
)
def test_links_and_other_paths_are_refused(host: Host, keys: Keys, kind: bytes, name: str, target: str) -> None:
    ours = signed(keys.publisher, files())
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, 0o644
    info.size = read_head(io.BytesIO(ours)).manifest.files[0].size if kind == tarfile.REGTYPE else 0
    host.refuses(rewritten(ours, info), "(body)")
    assert not (host.folder.parent / "escaped").exists()


def test_added_and_swapped_files_are_refused(host: Host, keys: Keys) -> None:
    ours = signed(keys.publisher, files())
    host.refuses(rewritten(ours, tail=header("site/new.html", 0) + bytes(1024)), "(body)")
    host.refuses(rewritten(ours, tail=bytes(4096)), "(body)")
    swapped = files(one=noise(9, 3_000_000))
    body = written(swapped)
    stream, other = io.BytesIO(ours), io.BytesIO(body)
    read_head(stream)
    read_head(other)
    host.refuses(ours[: stream.tell()] + body[other.tell() :], "(body)")


def test_the_catalogue_of_tamperings_is_refused(keys: Keys, tmp_path: Path) -> None:
    assert [(kind, wrong) for kind, wrong in tried(keys, EACH, tmp_path) if wrong] == []
