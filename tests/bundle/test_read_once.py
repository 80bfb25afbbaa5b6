"""What is installed is what was verified, whatever becomes of the medium meanwhile; and nothing else reaches the disk."""

import contextlib
import os
import threading
from pathlib import Path

import pytest

from tests.bundle.bench_host import BenchHost, bench_host
from tests.bundle.swapping import CONTENTS, Swaps, good_files, trusting, wrong
from tests.bundle.tampering import Keys, signed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("gpg"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a network of its own"),
]


@pytest.fixture
def bench(tmp_path: Path) -> BenchHost:
    """A host that has nothing yet."""
    return bench_host(tmp_path / "host")


def feed(pipe: Path, data: bytes) -> None:
    """A medium that gives its bytes once: a pipe that one writer fills for one reader."""
    os.mkfifo(pipe)
    threading.Thread(target=_fill, args=(pipe, data), daemon=True).start()


def _fill(pipe: Path, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):
        pipe.write_bytes(data)


def test_each_input_is_read_once(bench: BenchHost, keys: Keys) -> None:
    """Bundle and key are pipes, of which a second reading would get nothing."""
    feed(bench.folder / "bundle", signed(keys.publisher, good_files()))
    feed(bench.folder / "key", keys.publisher.public.read_bytes())
    trust = ["--key", bench.folder / "key", "--fingerprint", keys.publisher.fingerprint]
    done = bench.run("install", *trust, bench.folder / "bundle")
    assert done.returncode == 0, done.stdout + done.stderr
    assert wrong(bench, keys) == []
    assert (bench.home / "compose.yaml").exists()


def test_so_is_each_part_of_it(bench: BenchHost, keys: Keys) -> None:
    data = signed(keys.publisher, good_files())
    third = len(data) // 3
    for number, piece in enumerate((data[:third], data[third : 2 * third], data[2 * third :]), start=1):
        feed(bench.folder / f"bundle.{number:03}-of-003", piece)
    done = bench.run("install", *trusting(keys.publisher), bench.folder / "bundle.002-of-003")
    assert done.returncode == 0, done.stdout + done.stderr
    assert wrong(bench, keys) == []


@pytest.mark.live
@pytest.mark.parametrize("kind", CONTENTS)
def test_a_medium_that_changes_at_the_calls_that_open_it(kind: str, keys: Keys, tmp_path: Path) -> None:
    """`make bundle-proof` changes it before every call of every program."""
    swaps = Swaps(tmp_path, keys)
    calls = swaps.calls()
    moments = range(1, calls + 1, max(1, calls // 4))
    assert [(nth, found) for nth in moments if (found := swaps.problems(kind, nth))] == []


@pytest.mark.parametrize("at", [0.02, 0.3, 0.6, 0.95])
def test_a_medium_that_goes_on_as_another(at: float, bench: BenchHost, keys: Keys) -> None:
    """The reading is one, and its second half is somebody else's."""
    for kind, other in CONTENTS.items():
        good, evil = signed(keys.publisher, good_files()), other(keys)
        cut = int(len(good) * at)
        (bench.folder / "bundle").unlink(missing_ok=True)
        feed(bench.folder / "bundle", good[:cut] + evil[cut:])
        done = bench.run("install", *trusting(keys.publisher), bench.folder / "bundle")
        assert (done.returncode, "refused: " in done.stderr) == (1, True), f"{kind}: {done.stderr}"
        assert wrong(bench, keys) == [], kind


def test_a_dry_run_changes_nothing_on_a_fresh_host(bench: BenchHost, keys: Keys) -> None:
    (bench.folder / "bundle").write_bytes(signed(keys.publisher, good_files()))
    (bench.folder / "tmp").mkdir()
    before = bench.everything()
    done = bench.run("install", "--dry-run", *trusting(keys.publisher), bench.folder / "bundle")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"would install docpipe 1.0 into {bench.home}, in place of nothing; 1 images to load" in done.stdout
    assert f"would trust the key {keys.publisher.fingerprint}" in done.stdout
    assert bench.everything() == before


def test_nor_on_one_with_an_installation(bench: BenchHost, keys: Keys) -> None:
    (bench.folder / "bundle").write_bytes(signed(keys.publisher, good_files()))
    assert bench.run("install", *trusting(keys.publisher), bench.folder / "bundle").returncode == 0
    (bench.folder / "bundle").write_bytes(signed(keys.publisher, good_files() | {"site/new": b"1"}, "1.1"))
    before = bench.everything()
    done = bench.run("install", "--dry-run", bench.folder / "bundle")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"would install docpipe 1.1 into {bench.home}, in place of 1.0; 0 images to load" in done.stdout
    assert bench.everything() == before
    for words in (["--dry-run"], ["--dry-run", *trusting(keys.publisher)]):
        assert bench.run("verify", *words, bench.folder / "bundle").returncode == 0
        assert bench.everything() == before


def test_a_release_takes_the_place_of_the_one_before_file_by_file(bench: BenchHost, keys: Keys) -> None:
    """A folder stays the same folder, for a service that is not made anew has it mounted; what is gone from the release goes."""
    bundle = bench.folder / "bundle"
    bundle.write_bytes(signed(keys.publisher, good_files() | {"site/old/page": b"1", "site/turns": b"1"}))
    assert bench.run("install", *trusting(keys.publisher), bundle).returncode == 0
    folder = (bench.home / "models").stat().st_ino
    (bench.home / "secrets" / "mine").write_text("kept")
    bundle.write_bytes(signed(keys.publisher, good_files() | {"site/turns/page": b"2", "models/new": b"3"}, "1.1"))
    done = bench.run("install", bundle)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (bench.home / "models").stat().st_ino == folder
    assert (bench.home / "models" / "new").read_bytes() == b"3"
    assert (bench.home / "site" / "turns" / "page").read_bytes() == b"2"
    assert not (bench.home / "site" / "old").exists()
    assert (bench.home / "secrets" / "mine").read_text() == "kept"
    assert bench.scratch() == []


def test_only_what_a_killed_run_has_left_is_swept(bench: BenchHost, keys: Keys) -> None:
    (bench.folder / "bundle").write_bytes(signed(keys.publisher, good_files()))
    ended, alive = ".incoming.4194305.17.abcdef", f".incoming.{os.getpid()}.{ticks()}.abcdef"
    others = [".incoming", ".incoming.x.17.abcdef", ".incoming.mine", alive]
    for name in (ended, *others):
        (bench.home / name).mkdir(parents=True)
        (bench.home / name / "file").touch()
    (bench.home / ".incoming.4194305.18.abcdef").symlink_to(bench.folder)
    assert bench.run("install", *trusting(keys.publisher), bench.folder / "bundle").returncode == 0
    left = {path.name for path in bench.home.glob(".incoming*")}
    assert left == {*others, ".incoming.4194305.18.abcdef"}
    assert (bench.folder / "bundle").exists()


def ticks() -> str:
    return Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]


@pytest.mark.parametrize("signal", [2, 9, 15])
def test_a_run_that_is_ended_leaves_nothing_or_the_next_one_sweeps_it(
    signal: int, bench: BenchHost, keys: Keys
) -> None:
    (bench.folder / "bundle").write_bytes(signed(keys.publisher, good_files()))
    bench.stub("sha256sum", f"#!/bin/sh\nkill -{signal} 0\nsleep 5\n")
    done = bench.run("install", *trusting(keys.publisher), bench.folder / "bundle")
    assert done.returncode != 0
    assert bool(bench.scratch()) == (signal == 9)
    (bench.folder / "bin" / "sha256sum").unlink()
    assert bench.run("install", *trusting(keys.publisher), bench.folder / "bundle").returncode == 0
    assert wrong(bench, keys) == []
