"""Release keys for tests, in a keyring that ends with them."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Key:
    """A key that can sign."""

    fingerprint: str
    public: Path
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of programs that shall sign with it."""
        return {**os.environ, "GNUPGHOME": str(self.home)}


def make_key(home: Path, name: str) -> Key:
    """A new key without a passphrase."""
    home.mkdir(mode=0o700, exist_ok=True)
    _gpg(home, "--quick-gen-key", "--passphrase", "", f"{name} <{name}@example.com>", "ed25519", "sign", "1y")
    listed = _gpg(home, "--with-colons", "--list-keys", f"{name}@example.com").splitlines()
    fingerprint = next(line.split(":")[9] for line in listed if line.startswith("fpr"))
    public = home / f"{name}.asc"
    public.write_text(_gpg(home, "--armor", "--export", fingerprint))
    return Key(fingerprint, public, home)


def signature(key: Key, text: bytes) -> bytes:
    """A key's signature over a manifest."""
    call = ["gpg", "--homedir", str(key.home), "--batch", "--armor", "--local-user", key.fingerprint, "--detach-sign"]
    return subprocess.run(call, input=text, capture_output=True, check=True).stdout


def end_agent(home: Path) -> None:
    """End the programs that gpg left running for a keyring."""
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)


def _gpg(home: Path, *arguments: str) -> str:
    call = ["gpg", "--homedir", str(home), "--batch", "--quiet", *arguments]
    return subprocess.run(call, check=True, capture_output=True, text=True).stdout
