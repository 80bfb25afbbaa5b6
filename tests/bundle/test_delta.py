"""A delta carries only what changed; the new bundle comes out of it byte for byte, by Plumbline and by the host's script."""

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from plumbline.bundle import delta
from plumbline.bundle.delta import WrongDelta
from plumbline.bundle.medium import open_medium, parts_of, split
from plumbline.spec.finding import InputError
from tests.bundle.shell import sh
from tests.bundle.small import files, noise
from tests.bundle.tampering import Keys, signed
from tests.bundle.verifying import Host

REBUILD = Path(__file__).parents[2] / "deploy" / "offline" / "scripts" / "rebuild.sh"
ROOM = 2**30
Rebuild = Callable[..., "subprocess.CompletedProcess[str]"]
pytestmark = [pytest.mark.usefixtures("gpg"), pytest.mark.slow]


@pytest.fixture
def releases(tmp_path: Path, keys: Keys) -> list[Path]:
    """Four releases, each with something that the one before has not."""
    contents = [
        files(),
        files(main=noise(31, 1_500_000)),
        files(main=noise(32, 1_500_000), two=noise(22, 2_100_000), index=b"<html>new\n" * 3000),
        files(main=noise(32, 1_500_000), one=noise(13, 3_200_000), install=b"#!/bin/sh\nexit\n"),
    ]
    found = [tmp_path / f"docpipe-offline-1.{number}.tar.zst" for number in range(len(contents))]
    for number, (file, content) in enumerate(zip(found, contents, strict=True)):
        file.write_bytes(signed(keys.publisher, content, f"1.{number}"))
    return found


@pytest.fixture
def rebuild(host: Host, tmp_path: Path) -> Rebuild:
    """rebuild.sh on a host that trusts the publisher, into an empty folder."""
    (tmp_path / "out").mkdir()
    return lambda *words: sh(REBUILD, "--state", host.folder / "state", *words, tmp_path / "out")


def made(old: Path, new: Path) -> Path:
    plan, target = delta.plan(old, new), new.with_name("the.delta")
    with target.open("wb") as out:
        delta.write(plan, new, out)
    assert target.stat().st_size == plan.size
    return target


def test_signatures_alone_carry_little_else(releases: list[Path]) -> None:
    plan = delta.plan(releases[0], releases[1])
    assert 1_500_000 < plan.size < 1_520_000
    assert plan.new.size == releases[1].stat().st_size


@pytest.mark.parametrize("first", [0, 1, 2])
def test_the_newest_comes_out_of_each_of_the_three_before_it(
    releases: list[Path], first: int, rebuild: Rebuild, tmp_path: Path
) -> None:
    carried, new = made(releases[first], releases[3]), releases[3].read_bytes()
    out = io.BytesIO()
    with carried.open("rb") as stream:
        delta.apply(releases[first], stream, out, ROOM)
    assert out.getvalue() == new
    done = rebuild(releases[first], carried)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / releases[3].name).read_bytes() == new


def test_another_bundle_is_refused_before_anything_is_written(
    releases: list[Path], rebuild: Rebuild, tmp_path: Path
) -> None:
    carried, out = made(releases[1], releases[2]), io.BytesIO()
    with carried.open("rb") as stream, pytest.raises(WrongDelta, match=r"it is for docpipe-offline-1\.1"):
        delta.apply(releases[0], stream, out, ROOM)
    assert out.getvalue() == b""
    done = rebuild(releases[0], carried)
    assert done.returncode == 1
    assert "the delta is for docpipe-offline-1.1.tar.zst" in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("at", [3, 40, 150, 250, -1])
def test_a_damaged_delta_is_refused(releases: list[Path], at: int, rebuild: Rebuild, tmp_path: Path) -> None:
    carried = made(releases[0], releases[1])
    data = bytearray(carried.read_bytes())
    data[at] ^= 1
    carried.write_bytes(bytes(data))
    with carried.open("rb") as stream, pytest.raises(WrongDelta):
        delta.apply(releases[0], stream, io.BytesIO(), ROOM)
    done = rebuild(releases[0], carried)
    assert done.returncode == 1, done.stdout
    assert list((tmp_path / "out").iterdir()) == []


def test_parts_are_read_as_one(releases: list[Path]) -> None:
    whole = releases[0].read_bytes()
    parts = split(releases[0], 2**21)
    assert [part.stat().st_size <= 2**21 for part in parts] == [True] * len(parts)
    assert parts_of(parts[1]) == parts
    with open_medium(parts[2]) as stream:
        assert stream.read() == whole
    parts[1].unlink()
    with pytest.raises(InputError, match="is missing"):
        parts_of(parts[0])
