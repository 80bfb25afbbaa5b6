"""verify.sh, and what a host remembers of what it has verified."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.bundle.shell import sh

VERIFY = Path(__file__).parents[2] / "deploy" / "offline" / "scripts" / "verify.sh"


@dataclass(frozen=True)
class Host:
    """What a host remembers, and a bundle on it."""

    folder: Path

    def verify(self, data: bytes, *words: str | Path) -> "subprocess.CompletedProcess[str]":
        """Verify a bundle."""
        bundle = self.folder / "bundle"
        bundle.write_bytes(data)
        return sh(VERIFY, "--state", self.folder / "state", *words, bundle)

    def refuses(self, data: bytes, why: str) -> None:
        """Nothing may come of it."""
        done = self.verify(data)
        assert done.returncode == 1, done.stdout + done.stderr
        assert why in done.stderr
        assert json.loads((self.folder / "state" / "verified.jsonl").read_text().splitlines()[-1])["result"].startswith(
            "refused"
        )
