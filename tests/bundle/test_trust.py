"""Whom a host believes: the key that is handed on, the customer it belongs to, and never a cipher."""

import io
import json
import os
import subprocess
from pathlib import Path

import pytest

from plumbline.bundle import manifest, sealing
from plumbline.bundle.head import read_head
from plumbline.bundle.refusal import BundleRefused
from plumbline.spec.finding import EnvironmentMissing
from tests.bundle.keys import signature
from tests.bundle.small import described, files, written
from tests.bundle.tampering import Keys, signed
from tests.bundle.verifying import VERIFY, Host
from tests.stack.conftest import shipped_spec
from validators.bundle.check import Trust, verify_bundle

pytestmark = pytest.mark.live
NEXT = "keys/next.asc"


def last(host: Host) -> str:
    """What the host wrote down before its last word."""
    return str(json.loads((host.folder / "state" / "verified.jsonl").read_text().splitlines()[-2])["result"])


def test_a_next_key_has_to_be_the_one_that_was_signed_for(host: Host, keys: Keys) -> None:
    named, other = keys.stranger.fingerprint, keys.publisher.public.read_bytes()
    brought = files() | {NEXT: keys.stranger.public.read_bytes()}
    done = host.verify(signed(keys.publisher, brought, next_key=named))
    assert done.returncode == 0, done.stderr
    host.refuses(signed(keys.publisher, files(), next_key=named), f"(next-key): {named}")
    wrong = f"(next-key): {named}"
    host.refuses(signed(keys.publisher, files() | {NEXT: other}, next_key=named), wrong)
    host.refuses(signed(keys.publisher, files() | {NEXT: brought[NEXT] + other}, next_key=named), wrong)
    host.refuses(signed(keys.publisher, files() | {NEXT: b"no key\n"}, next_key=named), wrong)


@pytest.fixture
def newcomer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user who has never called gpg: there is no ~/.gnupg."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GNUPGHOME", raising=False)


@pytest.mark.usefixtures("newcomer")
def test_plumb_itself_looks_at_the_next_key_too(keys: Keys, tmp_path: Path) -> None:
    trust, file = Trust((keys.publisher.fingerprint,), keys.publisher.public), tmp_path / "bundle"
    named = keys.stranger.fingerprint
    for brought, refused in ((keys.stranger.public, False), (keys.publisher.public, True)):
        file.write_bytes(signed(keys.publisher, files() | {NEXT: brought.read_bytes()}, next_key=named))
        found = verify_bundle(file, shipped_spec(), trust, lambda _: None)
        assert found.refused == ("next-key" if refused else "")


def test_a_gpg_that_cannot_look_has_not_found_a_bad_signature(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, gpg = tmp_path / "bundle", tmp_path / "gpg"
    file.write_bytes(signed(keys.publisher, files()))
    gpg.write_text("#!/bin/sh\ncat > /dev/null\necho 'gpg: Fatal: out of memory' >&2\nexit 2\n")
    gpg.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(EnvironmentMissing, match="could not look at the signature: Fatal: out of memory") as error:
        verify_bundle(file, shipped_spec(), Trust((keys.publisher.fingerprint,), None), lambda _: None)
    assert "--key" in error.value.hint


def test_a_next_key_that_the_signature_does_not_cover_is_refused(host: Host, keys: Keys) -> None:
    """Put in by somebody else: into the archive alone, or into the manifest too."""
    named, content = keys.stranger.fingerprint, files() | {NEXT: keys.stranger.public.read_bytes()}
    ours = signature(keys.publisher, manifest.text_of(described(files())))
    host.refuses(written(content, signature=ours, next_key=named), "(bad-signature)")
    plain = signed(keys.publisher, files() | {NEXT: bytes(len(content[NEXT]))}, next_key=named)
    host.refuses(plain[: head_of(plain)] + (whole := written(content, next_key=named))[head_of(whole) :], "(body)")


def head_of(data: bytes) -> int:
    """Where the files of a bundle begin."""
    stream = io.BytesIO(data)
    read_head(stream)
    return stream.tell()


def test_verifying_alone_trusts_nobody_new(host: Host, keys: Keys) -> None:
    brought = files() | {NEXT: keys.stranger.public.read_bytes()}
    assert host.verify(signed(keys.publisher, brought, next_key=keys.stranger.fingerprint)).returncode == 0
    host.refuses(signed(keys.stranger, files(), "1.1"), "(unknown-key)")


def test_another_customers_release_needs_a_reason_that_is_written_down(host: Host, keys: Keys) -> None:
    (host.folder / "state" / "newest").write_text("2.0 somebody-else 0\n")
    ours = signed(keys.publisher, files())
    host.refuses(ours, "it is for customer general, and this host belongs to somebody-else")
    host.verify(ours, "--allow-downgrade", "no reason for this")
    host.refuses(ours, "it is for customer general")
    done = host.verify(ours, "--allow-customer", "sold on")
    assert done.returncode == 0, done.stderr
    assert last(host) == "change of customer from somebody-else to general allowed: sold on"


def test_a_cipher_is_no_signature(host: Host, keys: Keys) -> None:
    """Anybody can encrypt to a recipient, so what is encrypted is as good as what is inside, and not before it is out."""
    folder = host.folder
    identity = folder / "key.age"
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    recipient = subprocess.run(
        ["age-keygen", "-y", identity], check=True, capture_output=True, text=True
    ).stdout.strip()
    ours, theirs = signed(keys.publisher, files()), written(files(), signature=b"")
    for name, data in (("ours", ours), ("theirs", theirs)):
        (folder / name).write_bytes(data)
        assert sealing.encrypt(folder / name, recipient) == folder / f"{name}.age"
        assert not (folder / name).exists()
    host.refuses((folder / "ours.age").read_bytes(), "it is encrypted, which does not show who made it")
    with (folder / "ours.age").open("rb") as stream, pytest.raises(BundleRefused):
        read_head(stream)

    for name in ("ours", "theirs"):
        call = ["age", "--decrypt", "--identity", identity, "--output", folder / name, folder / f"{name}.age"]
        subprocess.run(call, check=True, capture_output=True)
    assert (folder / "ours").read_bytes() == ours
    assert host.verify(ours).returncode == 0
    host.refuses(theirs, "(unsigned)")


def test_nothing_switches_verification_off(host: Host, keys: Keys) -> None:
    bad = written(files(), signature=b"")
    for words in (["--dry-run"], ["--allow-downgrade", "r"], ["--allow-customer", "r"]):
        assert host.verify(bad, *words).returncode == 1, words
    assert "--no-verify" not in VERIFY.read_text() + VERIFY.with_name("install.sh").read_text()
