"""Keys of every kind that a signer may have, each in a keyring of its own, and signatures by them with any option of gpg."""

import base64
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.bundle.keys import end_agent

MADE = "--faked-system-time=20250101T000000"
"""When all keys were made."""
KINDS = {
    "publisher": ("ed25519", "sign", "10y"),
    "stranger": ("ed25519", "sign", "10y"),
    "rsa1024": ("rsa1024", "sign", "10y"),
    "rsa2048": ("rsa2048", "sign", "10y"),
    "rsa3072": ("rsa3072", "sign", "10y"),
    "dsa": ("dsa2048", "sign", "10y"),
    "nistp256": ("nistp256", "sign", "10y"),
    "brainpool": ("brainpoolP256r1", "sign", "10y"),
    "secp256k1": ("secp256k1", "sign", "10y"),
    "expired": ("ed25519", "sign", "30d"),
    "revoked": ("ed25519", "sign", "10y"),
    "subkey": ("ed25519", "cert,sign", "10y"),
    "weak-subkey": ("ed25519", "cert,sign", "10y"),
    "weak-primary": ("rsa1024", "cert,sign", "10y"),
}
"""By name: algorithm, usage, and how long it is valid."""
SUBKEYS = {"subkey": "ed25519", "weak-subkey": "rsa1024", "weak-primary": "ed25519"}
"""Algorithm of the subkey that signs."""


@dataclass(frozen=True)
class Ring:
    """The keys, in a folder; one is made when it is asked for."""

    folder: Path

    @cache  # noqa: B019 a ring lives as long as the tests
    def fingerprint(self, name: str) -> str:
        """That of the primary key."""
        home = self._home(name)
        home.mkdir(mode=0o700, parents=True)
        algorithm, usage, valid = KINDS[name]
        user = f"{name} <{name}@example.com>"
        self._gpg(name, MADE, "--passphrase", "", "--quick-gen-key", user, algorithm, usage, valid)
        listed = self._gpg(name, "--with-colons", "--list-keys").decode().splitlines()
        found = next(line.split(":")[9] for line in listed if line.startswith("fpr"))
        if name in SUBKEYS:
            self._gpg(name, MADE, "--passphrase", "", "--quick-add-key", found, SUBKEYS[name], "sign", "10y")
        (self.folder / f"{name}.asc").write_bytes(self._gpg(name, "--armor", "--export", found))
        if name == "revoked":
            self._revoke(name, found)
        return found

    def _revoke(self, name: str, found: str) -> None:
        text = (self._home(name) / "openpgp-revocs.d" / f"{found}.rev").read_text().replace(":-----", "-----")
        apart = self.folder / "revoking"
        apart.mkdir(mode=0o700)
        call = ["gpg", "--homedir", str(apart), "--batch", "--quiet", "--no-autostart"]
        for data in ((self.folder / f"{name}.asc").read_bytes(), text.encode()):
            subprocess.run([*call, "--import"], input=data, check=True, capture_output=True)
        exported = subprocess.run([*call, "--armor", "--export"], check=True, capture_output=True).stdout
        (self.folder / f"{name}.asc").write_bytes(exported)

    def public(self, name: str) -> Path:
        """The public key."""
        self.fingerprint(name)
        return self.folder / f"{name}.asc"

    def sign(self, name: str, text: bytes, options: Sequence[str] = ("--detach-sign",)) -> bytes:
        """Whatever gpg writes when it is called so; armored."""
        self.fingerprint(name)
        return self._gpg(name, "--armor", *options, text=text)

    def state(self, name: str) -> Path:
        """What a host remembers that trusts this key alone."""
        state = self.folder / f"state-{name}"
        if not state.exists():
            (state / "keyring").mkdir(mode=0o700, parents=True)
            call = ["gpg", "--homedir", str(state / "keyring"), "--batch", "--quiet", "--no-autostart", "--import"]
            subprocess.run([*call, str(self.public(name))], check=True, capture_output=True)
            (state / "trusted-keys").write_text(f"{self.fingerprint(name)}\n")
        return state

    def end(self) -> None:
        """End what gpg left running."""
        for home in self.folder.glob("home-*"):
            end_agent(home)

    def _home(self, name: str) -> Path:
        return self.folder / f"home-{name}"

    def _gpg(self, name: str, *arguments: str, text: bytes = b"") -> bytes:
        call = ["gpg", "--homedir", str(self._home(name)), "--batch", "--yes", "--quiet", *arguments]
        done = subprocess.run(call, input=text, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(call)}: {done.stderr.decode(errors='replace')}")
        return done.stdout


def packets(armored: bytes) -> bytes:
    """What is in an armored text."""
    lines = armored.decode().split("\n\n", 1)[1].splitlines()
    return base64.b64decode("".join(line for line in lines if not line.startswith(("=", "-"))))


def armored(data: bytes) -> bytes:
    """A signature's packets as gpg armors them; the checksum is the CRC-24 of RFC 4880, section 6.1."""
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    text = base64.b64encode(data).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    check = base64.b64encode((crc & 0xFFFFFF).to_bytes(3, "big")).decode()
    return "\n".join(
        ["-----BEGIN PGP SIGNATURE-----", "", *lines, f"={check}", "-----END PGP SIGNATURE-----", ""]
    ).encode()
