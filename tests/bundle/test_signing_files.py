"""What `plumb bundle sign` writes, and what it leaves alone."""

from pathlib import Path
from shutil import which

import pytest

from tests.bundle.releases import plumb
from tests.bundle.small import written
from tests.bundle.swapping import good_files
from tests.bundle.tampering import Keys

pytestmark = pytest.mark.skipif(which("gpg") is None, reason="needs gpg")


def test_signing_touches_no_other_file(tmp_path: Path, keys: Keys) -> None:
    bundle, neighbour = tmp_path / "b.tar.zst", tmp_path / "b.tar.zst.partial"
    bundle.write_bytes(written(good_files(), signature=b""))
    neighbour.write_text("mine")
    sign = ["bundle", "sign", str(bundle), "--key", keys.publisher.fingerprint]
    done = plumb(*sign, environment=keys.publisher.environment)
    assert (done.returncode, neighbour.read_text()) == (0, "mine"), done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [bundle.name, neighbour.name]


def test_a_part_is_not_signed_in_the_place_of_the_whole(tmp_path: Path, keys: Keys) -> None:
    data = written(good_files(), signature=b"")
    parts = [tmp_path / f"b.tar.zst.00{number}-of-002" for number in (1, 2)]
    for part, piece in zip(parts, (data[:5000], data[5000:]), strict=True):
        part.write_bytes(piece)
    sign = ["bundle", "sign", str(parts[0]), "--key", keys.publisher.fingerprint]
    done = plumb(*sign, environment=keys.publisher.environment)
    assert (done.returncode, "is a part" in done.stdout) == (2, True), done.stdout + done.stderr
    assert b"".join(part.read_bytes() for part in parts) == data
