"""Two runs that are started together: one does it, the other says who does. The lock ends with the run, however that ends."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bundle.bench_host import BenchHost, bench_host
from tests.bundle.swapping import good_files, trusting
from tests.bundle.tampering import Keys, signed

TRIES = 100
ALL = ("install", "export", "restore", "uninstall")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("gpg"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a network of its own"),
]


@pytest.fixture
def bench(gpg: None, tmp_path: Path) -> Iterator[BenchHost]:
    """A host whose engine does not answer to a first question until `go` is there; each question is noted."""
    host = bench_host(tmp_path / "host")
    answer = (host.folder / "bin" / "docker").read_text().removeprefix("#!/bin/sh\n")
    waits = (
        f"echo $$ >> '{host.folder}/asked'\nn=0\n"
        # bounded: a run that was killed leaves nobody to say `go`
        f"while [ ! -e '{host.folder}/go' ] && [ $((n += 1)) -lt 15000 ]; do sleep 0.02; done\n"
    )
    host.stub("docker", f"#!/bin/sh\n{waits}{answer}")
    yield host
    (host.folder / "go").touch()


def started(host: BenchHost, script: str, *words: str | Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        host.call(script, *words),
        env=host.environment(),
        cwd=host.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def until(condition: "object", *arguments: object) -> None:
    while not condition(*arguments):  # type: ignore[operator]
        time.sleep(0.01)


def end(process: "subprocess.Popen[str]") -> str:
    os.killpg(process.pid, signal.SIGKILL)
    return process.communicate()[1]


def test_of_two_that_are_started_together_one_gets_in(bench: BenchHost) -> None:
    """A hundred times; the engine keeps the first one waiting until the second has ended."""
    let_in = []
    for _ in range(TRIES):
        both = [started(bench, "install", bench.folder / "bundle") for _ in range(2)]
        until(lambda pair: any(each.poll() is not None for each in pair), both)
        ended = [each for each in both if each.poll() is not None]
        running = [each for each in both if each.poll() is None]
        let_in.append(len(running))
        for each in ended:
            said = each.communicate()[1]
            assert each.returncode == 3, said
            assert f"another run is at work: install.sh, process {running[0].pid}, since 2" in said
        for each in running:
            end(each)
    assert let_in == [1] * TRIES


@pytest.mark.parametrize("script", ALL)
def test_whatever_is_at_work_keeps_the_others_out(script: str, bench: BenchHost) -> None:
    """The first is install.sh, which waits for its engine. It takes the lock before it asks."""
    bench.home.mkdir()
    (bench.home / "MANIFEST.json").write_text("{}\n")
    (bench.folder / "bundle").touch()
    first = started(bench, "install", bench.folder / "bundle")
    until((bench.folder / "asked").exists)
    bench.stub("docker", "#!/bin/sh\necho 99.0\n")
    words = {"install": [bench.folder / "bundle"], "export": [bench.folder], "restore": [bench.folder / "bundle"]}
    done = bench.run(script, *words.get(script, []))
    assert (done.returncode, f"install.sh, process {first.pid}, since" in done.stderr) == (3, True), done.stderr
    dry = bench.run(script, "--dry-run", *words.get(script, []))
    assert script in ("export", "uninstall") or (dry.returncode, "another run" in dry.stderr) == (3, True), dry.stderr
    end(first)


def test_a_run_that_was_killed_keeps_nobody_out(bench: BenchHost, keys: Keys) -> None:
    (bench.folder / "bundle").write_bytes(signed(keys.publisher, good_files()))
    first = started(bench, "install", *trusting(keys.publisher), bench.folder / "bundle")
    until((bench.folder / "asked").exists)
    end(first)
    (bench.folder / "go").touch()
    done = bench.run("install", *trusting(keys.publisher), bench.folder / "bundle")
    assert done.returncode == 0, done.stderr
    assert (bench.state / "lock").read_text() == ""


@pytest.mark.parametrize(
    "left", ["", "1\n", "OURS 1 2026 install.sh\n", "4194305 17 2026 x\n", "nonsense\n", "1 $(id) x\n"]
)
def test_what_stands_in_the_lock_keeps_nobody_out(left: str, bench: BenchHost) -> None:
    """Also where a later process has the owner's number, as after a restart of the host."""
    (bench.folder / "go").touch()
    bench.state.mkdir()
    (bench.state / "lock").write_text(left.replace("OURS", str(os.getpid())))
    done = bench.run("install", bench.folder / "bundle")
    assert "another run" not in done.stderr
    assert ": nothing was changed" in done.stderr
    assert (bench.state / "lock").read_text() == ""


def test_nor_do_two_that_remember_in_different_places_work_on_one_installation(bench: BenchHost, keys: Keys) -> None:
    (bench.folder / "go").touch()
    (bench.folder / "bundle").write_bytes(signed(keys.publisher, good_files()))
    bench.home.mkdir()
    held = subprocess.Popen(["flock", str(bench.home), "sleep", "60"])
    until(lambda: subprocess.run(["flock", "-n", str(bench.home), "true"], check=False).returncode == 1)
    done = bench.run("install", *trusting(keys.publisher), bench.folder / "bundle")
    held.kill()
    held.wait()
    assert (done.returncode, "one with another --state" in done.stderr) == (3, True), done.stderr
