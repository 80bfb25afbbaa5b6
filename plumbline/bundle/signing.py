"""GnuPG, asked: sign a manifest, and say whose signature one carries. Trust is a pinned fingerprint, never a keyring."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from plumbline.finding import EnvironmentMissing

_SECONDS = 120
_OFFLINE = ("--batch", "--no-tty", "--no-auto-key-locate", "--no-auto-key-retrieve", "--disable-dirmngr")


class NotTrusted(Exception):
    """The signature is not that of a pinned key; says why."""


@dataclass(frozen=True)
class Signer:
    """Who signed, and when."""

    fingerprint: str
    """Fingerprint of the primary key."""
    seconds: int
    """Time of the signature, Unix."""


def sign(text: bytes, key: str) -> bytes:
    """A detached signature, armored. `key` is a fingerprint in the user's own keyring. Raises EnvironmentMissing."""
    done = _gpg(["--armor", "--detach-sign", "--local-user", f"{key}!" if len(key) == 40 else key], text)
    if done.returncode:
        raise EnvironmentMissing(
            f"gpg cannot sign with {key}: {done.stderr.decode(errors='replace').strip()}",
            "`gpg --list-secret-keys` shows what there is; a key with a passphrase asks for it through gpg-agent",
        )
    return done.stdout


def signer(text: bytes, signature: bytes, keyring: Path | None, trusted: list[str]) -> Signer:
    """The signer, who has to be among the trusted fingerprints. Raises NotTrusted, EnvironmentMissing.

    `keyring` is a file with the public key (armored or not); None: the user's own keyring.
    """
    if not signature:
        raise NotTrusted("it is not signed")
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
    return _judged(done.returncode, done.stdout.decode(errors="replace"), trusted)


def _judged(code: int, status: str, trusted: list[str]) -> Signer:
    lines = [line.split()[1:] for line in status.splitlines() if line.startswith("[GNUPG:] ")]
    words = {line[0] for line in lines}
    if "NO_PUBKEY" in words:
        raise NotTrusted("it was signed by a key that is not here")
    for bad, why in (
        ("BADSIG", "the signature is not that of this manifest"),
        ("EXPKEYSIG", "the key has expired"),
        ("REVKEYSIG", "the key was revoked"),
        ("EXPSIG", "the signature has expired"),
    ):
        if bad in words:
            raise NotTrusted(why)
    valid = [line for line in lines if line[0] == "VALIDSIG"]
    if code or len(valid) != 1 or "GOODSIG" not in words:
        raise NotTrusted("it has no valid signature")
    found = Signer(valid[0][-1].upper(), int(valid[0][3]))
    if found.fingerprint not in {each.upper().replace(" ", "") for each in trusted}:
        raise NotTrusted(f"it was signed by {found.fingerprint}, which is not the pinned key")
    return found


def fingerprint_of(key: Path) -> str:
    """Fingerprint of the one public key in a file. Raises EnvironmentMissing."""
    found = fingerprint_in(key.read_bytes())
    if found is None:
        raise EnvironmentMissing(f"{key} does not hold one OpenPGP key", "export one: gpg --armor --export NAME")
    return found


def fingerprint_in(text: bytes) -> str | None:
    """Fingerprint of the one public key in a text; None where there is none, or several. Raises EnvironmentMissing."""
    done = _gpg(["--with-colons", "--show-keys"], text)
    lines = [line.split(":") for line in done.stdout.decode(errors="replace").splitlines()]
    if done.returncode or sum(1 for line in lines if line[0] == "pub") != 1:
        return None
    return next(line[9] for line in lines if line[0] == "fpr")


def _gpg(arguments: list[str], text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    if shutil.which("gpg") is None:
        raise EnvironmentMissing("there is no gpg", "install GnuPG: apt-get install gnupg")
    environment = {**os.environ, "LC_ALL": "C"}
    call = ["gpg", *_OFFLINE, *arguments]
    return subprocess.run(call, input=text, capture_output=True, timeout=_SECONDS, check=False, env=environment)
