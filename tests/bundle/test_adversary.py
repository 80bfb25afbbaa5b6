"""What an operator types wrong, and what somebody else has put around the scripts: environment, folders, links, a script cut off."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.bundle.bench_host import SCRIPTS, BenchHost, bench_host
from tests.bundle.swapping import good_files, trusting, wrong
from tests.bundle.tampering import Keys, signed

ALL = sorted(path.stem for path in SCRIPTS.glob("*.sh"))
pytestmark = [
    pytest.mark.usefixtures("gpg"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a network of its own"),
]


@pytest.fixture
def bench(tmp_path: Path, keys: Keys) -> BenchHost:
    """A host with a bundle beside it."""
    host = bench_host(tmp_path / "host")
    (host.folder / "bundle").write_bytes(signed(keys.publisher, good_files()))
    return host


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--key", "bundle"], "--key and --fingerprint go together"),
        (["--fingerprint", "A" * 40], "--key and --fingerprint go together"),
        (["--key", "bundle", "--fingerprint", "A" * 39], "a fingerprint has 40 digits"),
        (["--key", "bundle", "--fingerprint", "." * 40], "0 to 9 and A to F"),
        (["--key", "bundle", "--fingerprint", f"{'A' * 40}\n{'B' * 40}"], "0 to 9 and A to F"),
        (["--key", "nothing", "--fingerprint", "A" * 40], "there is no nothing"),
        (["another"], "one bundle, and not"),
    ],
)
@pytest.mark.parametrize("script", ["install", "verify"])
def test_a_wrong_call_is_told_before_anything_happens(
    script: str, words: list[str], why: str, bench: BenchHost
) -> None:
    before = bench.everything()
    done = bench.run(script, *words, bench.folder / "bundle")
    assert (done.returncode, why in done.stderr) == (2, True), done.stderr
    assert {**bench.everything(), "tmp": ""} == {**before, "tmp": ""}


@pytest.mark.parametrize("script", ALL)
def test_a_script_that_is_cut_off_does_nothing(script: str, bench: BenchHost) -> None:
    text = (SCRIPTS / f"{script}.sh").read_text()
    before = bench.everything()
    for share in (0.3, 0.9, 0.999):
        cut = bench.folder / "bin" / "cut.sh"
        cut.write_text(text[: int(len(text) * share)])
        done = subprocess.run(["sh", cut], cwd=bench.folder, capture_output=True, check=False, stdin=subprocess.DEVNULL)
        assert done.returncode == 2
        assert bench.everything() == before


@pytest.mark.parametrize("path", [".:/usr/bin", "/usr/bin:", ":/usr/bin", "/usr/bin::/bin", "bin:/usr/bin"])
def test_a_path_that_depends_on_the_folder_is_refused(path: str, bench: BenchHost) -> None:
    (bench.folder / "date").write_text(f"#!/bin/sh\ntouch '{bench.folder}/owned'\n")
    (bench.folder / "date").chmod(0o755)
    script = SCRIPTS / "install.sh"
    done = subprocess.run(
        ["/bin/sh", script, "bundle"], env={"PATH": path}, cwd=bench.folder, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert not (bench.folder / "owned").exists()


def test_no_setting_of_the_callers_changes_what_happens(bench: BenchHost, keys: Keys) -> None:
    odd = {
        "TAR_OPTIONS": f"--to-command=touch\\ {bench.folder}/owned",
        "GNUPGHOME": str(bench.folder / "nowhere"),
        "POSIXLY_CORRECT": "1",
        "LC_ALL": "tr_TR.UTF-8",
        "TZ": "Pacific/Kiritimati",
        "CDPATH": "/",
        "IFS": "0",
        "ZSTD_CLEVEL": "99",
        "COMPOSE_FILE": "/etc/passwd",
        "COMPOSE_IGNORE_ORPHANS": "1",
        "DOCKER_DEFAULT_PLATFORM": "linux/s390x",
        "DOCKER_CONTENT_TRUST": "1",
        "work": "/etc",
        "locked": "1",
        "dry_run": "1",
    }
    asked = bench.folder / "bin" / "asked"
    bench.stub("env-seen", "")
    docker = bench.folder / "bin" / "docker"
    docker.write_text(docker.read_text().replace("#!/bin/sh\n", f"#!/bin/sh\nenv >> '{asked}'\n", 1))
    done = bench.run("install", *trusting(keys.publisher), bench.folder / "bundle", **odd)
    assert done.returncode == 0, done.stderr
    assert wrong(bench, keys) == []
    assert not [name for name in ("COMPOSE_", "DOCKER_DEFAULT", "DOCKER_CONTENT") if name in asked.read_text()]
    assert not (bench.folder / "owned").exists()


def test_files_are_what_they_have_to_be_under_any_umask(bench: BenchHost, keys: Keys) -> None:
    before = os.umask(0)
    try:
        done = bench.run("install", *trusting(keys.publisher), bench.folder / "bundle")
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    open_to_all = [path for path in (bench.home, *bench.home.rglob("*"), bench.state) if path.stat().st_mode & 0o022]
    assert open_to_all == []
    assert (bench.home / "site" / "one").stat().st_mode & 0o777 == 0o644
    assert (bench.state / "keyring").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("where", ["home", "state", "tmp"])
def test_a_folder_that_others_may_write_is_refused(where: str, bench: BenchHost, keys: Keys) -> None:
    folder = bench.folder / "theirs"
    folder.mkdir()
    folder.chmod(0o777)
    words = [f"--{where}", folder / "deep"] if where != "tmp" else ["--dry-run"]
    done = bench.run("install", *words, *trusting(keys.publisher), bench.folder / "bundle", TMPDIR=str(folder))
    assert (done.returncode, "others than root may write or own" in done.stderr) == (3, True), done.stderr
    assert list(folder.iterdir()) == []
    os.chown(folder, 65534, 0)
    folder.chmod(0o755)
    done = bench.run("install", *words, *trusting(keys.publisher), bench.folder / "bundle", TMPDIR=str(folder))
    assert done.returncode == 3


def test_a_home_that_is_a_link_to_another_disk_is_fine(bench: BenchHost, keys: Keys) -> None:
    (bench.folder / "big").mkdir()
    bench.home.symlink_to(bench.folder / "big")
    done = bench.run("install", *trusting(keys.publisher), bench.folder / "bundle")
    assert done.returncode == 0, done.stderr
    assert (bench.folder / "big" / "compose.yaml").exists()
    assert bench.scratch() == []


def test_a_link_in_the_place_of_a_folder_is_not_followed(bench: BenchHost, keys: Keys) -> None:
    outside = bench.folder / "outside"
    outside.mkdir()
    (outside / "mine").write_text("kept")
    assert bench.run("install", *trusting(keys.publisher), bench.folder / "bundle").returncode == 0
    shutil.rmtree(bench.home / "site")
    (bench.home / "site").symlink_to(outside)
    (bench.home / "models" / "link").symlink_to(outside / "mine")
    assert bench.run("install", bench.folder / "bundle").returncode == 0
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"mine": "kept"}
    assert wrong(bench, keys) == []
