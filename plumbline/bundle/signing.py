"""GnuPG, asked: sign a manifest, and say whose signature one carries. Trust is a pinned fingerprint, never a keyring."""

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from plumbline.bundle.form import armor_form
from plumbline.bundle.refusal import BundleRefused
from plumbline.bundle.signature_rules import MOST_AHEAD, OPTIONS, all_strong, first_broken_rule, key_lines
from plumbline.spec.finding import EnvironmentMissing

_SECONDS = 120
_SIGNING = ("--batch", "--no-tty", "--armor", "--no-emit-version", "--no-comments", "--detach-sign")


@dataclass(frozen=True)
class Signer:
    """Who signed, and when."""

    fingerprint: str
    """Fingerprint of the primary key."""
    seconds: int
    """Time of the signature, Unix."""


def sign(text: bytes, key: str) -> bytes:
    """A detached signature, armored. `key` is a fingerprint in the user's own keyring. Raises EnvironmentMissing."""
    done = _called([*_SIGNING, "--digest-algo", "SHA256", "--local-user", f"{key}!" if len(key) == 40 else key], text)
    if done.returncode:
        raise EnvironmentMissing(
            f"gpg cannot sign with {key}: {done.stderr.decode(errors='replace').strip()}",
            "`gpg --list-secret-keys` lists your keys; gpg-agent asks for the passphrase of a key",
        )
    return done.stdout


def signer(text: bytes, signature: bytes, keyring: Path | None, trusted: list[str]) -> Signer:
    """The signer, who has to be among the trusted fingerprints. Raises Refused, EnvironmentMissing.

    `keyring` is a file with the public key (armored or not); None: the user's own keyring.
    """
    if not signature:
        raise BundleRefused("unsigned")
    if not armor_form().takes(signature):
        raise BundleRefused("armor")
    with tempfile.TemporaryDirectory(prefix="plumb-gpg-") as folder:
        place = Path(folder)
        (place / "signature").write_bytes(signature)
        home: list[str] = []
        if keyring:
            (place / "home").mkdir(mode=0o700)
            home = ["--homedir", str(place / "home")]
            imported = _gpg([*home, "--import", str(keyring)])
            if imported.returncode:
                raise EnvironmentMissing(f"{keyring} holds no OpenPGP key", "export one: gpg --armor --export NAME")
        done = _gpg([*home, "--status-fd", "1", "--verify", str(place / "signature"), "-"], text)
        said = done.stdout.decode(errors="replace")
        lines = [line.removeprefix("[GNUPG:] ") for line in said.splitlines() if line.startswith("[GNUPG:] ")]
        if not lines:
            raise EnvironmentMissing(
                f"gpg could not look at the signature: {_last_words(done)}",
                "name a file with the publisher's public key: --key FILE",
            )
        if reason := first_broken_rule(lines):
            raise BundleRefused(reason)
        valid = next(line.split() for line in lines if line.startswith("VALIDSIG "))
        own, found = valid[1], Signer(valid[-1], int(valid[3]))
        if found.fingerprint not in {each.upper().replace(" ", "") for each in trusted}:
            raise BundleRefused("unknown-key", found.fingerprint)
        if found.seconds > time.time() + MOST_AHEAD:
            raise BundleRefused("future")
        listed = _gpg([*home, "--with-colons", "--list-keys", f"{own}!"]).stdout.decode(errors="replace")
        if not all_strong(key_lines(listed, {own, found.fingerprint})):
            raise BundleRefused("weak-key")
    return found


def fingerprint_of(key: Path) -> str:
    """Fingerprint of the one public key in a file, which is strong. Raises EnvironmentMissing."""
    found = fingerprint_in(key.read_bytes())
    if found is None:
        raise EnvironmentMissing(
            f"{key} does not hold one OpenPGP key that is strong", "export one: gpg --armor --export NAME"
        )
    return found


def fingerprint_in(text: bytes) -> str | None:
    """Fingerprint of the one public key in a text, if it is strong; None where there is none, or several.

    Raises EnvironmentMissing.
    """
    # in an empty home: without one of its own a user's gpg looks at nothing, and what is in it is none of this key's
    with tempfile.TemporaryDirectory(prefix="plumb-gpg-") as home:
        done = _gpg(["--homedir", home, "--with-colons", "--show-keys"], text)
    said = done.stdout.decode(errors="replace")
    lines = [line.split(":") for line in said.splitlines()]
    if done.returncode or sum(1 for line in lines if line[0] == "pub") != 1:
        return None
    found = next(line[9] for line in lines if line[0] == "fpr")
    return found if all_strong(key_lines(said, {found})) else None


def _last_words(done: subprocess.CompletedProcess[bytes]) -> str:
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return said[-1].removeprefix("gpg: ") if said else f"exit code {done.returncode}"


def _gpg(arguments: list[str], text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """What gpg says when it is asked in the one way in which it is asked, whatever a user has set."""
    return _called([*OPTIONS, *arguments], text)


def _called(arguments: list[str], text: bytes) -> subprocess.CompletedProcess[bytes]:
    if shutil.which("gpg") is None:
        raise EnvironmentMissing("gpg is not installed", "install GnuPG: apt-get install gnupg")
    environment = {**os.environ, "LC_ALL": "C"}
    call = ["gpg", *arguments]
    return subprocess.run(call, input=text, capture_output=True, timeout=_SECONDS, check=False, env=environment)
