"""A tired operator at 3 a.m.: the wrong file, the wrong folder, no root, a full disk, a medium that is pulled out. What do the scripts say?"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from shutil import which

import pytest

from plumbline.bundle import manifest
from tests.bundle.bench_host import BenchHost, bench_host
from tests.bundle.small import described
from tests.bundle.swapping import good_files, trusting
from tests.bundle.tampering import Keys, signed

PROJECT = "docpipe-offline"
pytestmark = [
    pytest.mark.skipif(
        which("gpg") is None or os.geteuid() != 0, reason="needs gpg, and root for a network of its own"
    ),
    pytest.mark.slow,
]


@pytest.fixture
def bench(tmp_path: Path) -> BenchHost:
    """A host with a release on it, as install.sh leaves it; its engine writes down what it is asked for."""
    host = bench_host(tmp_path / "host")
    text = (host.folder / "bin" / "docker").read_text()
    asked = f"#!/bin/sh\necho \"$*\" >> '{host.folder}/bin/asked'\n"
    host.stub("docker", text.replace("#!/bin/sh\n", asked, 1))
    (host.folder / "bin" / "asked").touch()
    install(host)
    return host


def install(host: BenchHost, release: str = "1.0") -> None:
    text = manifest.text_of(described(good_files(), release))
    for path, data in good_files().items():
        file = host.home / path.removeprefix("deployment/")
        if not path.startswith("images/"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    shutil.copy(host.home / ".env.example", host.home / ".env")
    (host.home / "secrets").mkdir(exist_ok=True)
    (host.home / "secrets" / "word").write_text("of nobody")
    (host.home / "MANIFEST.json").write_bytes(text)
    (host.home / "MANIFEST.json.asc").write_text("its signature\n")
    host.state.mkdir(exist_ok=True)
    record = {"at": "2026-01-01", "manifest": hashlib.sha256(text).hexdigest(), "result": "verified"}
    (host.state / "verified.jsonl").write_text(f"{json.dumps(record)}\n")
    (host.folder / "loaded").write_text("all images")


def asked(host: BenchHost) -> list[str]:
    """What its engine was asked for."""
    return (host.folder / "bin" / "asked").read_text().splitlines()


def answer(host: BenchHost, pattern: str, text: str) -> None:
    """Have the engine answer so to calls of a pattern of the shell."""
    docker = (host.folder / "bin" / "docker").read_text()
    host.stub("docker", docker.replace('case "$*" in\n', f'case "$*" in\n  {pattern}) {text} ;;\n', 1))


class TestUninstall:
    """It takes what a release brought, and says what stays."""

    def test_what_an_operator_keeps_in_there_stays(self, bench: BenchHost) -> None:
        mine = {"docpipe-export-2026.tar.zst": "all there is", "site/notes.txt": "mine", ".env": "PORT=1\n"}
        for path, text in mine.items():
            (bench.home / path).write_text(text)
        done = bench.run("uninstall")
        assert done.returncode == 0, done.stderr
        left = {str(path.relative_to(bench.home)) for path in bench.home.rglob("*") if path.is_file()}
        assert left == {*mine, "secrets/word"}
        assert f"kept, for no release brought it: {bench.home}/.env {bench.home}/docpipe-export" in done.stdout

    def test_nothing_else_is_left(self, bench: BenchHost) -> None:
        done = bench.run("uninstall")
        assert done.returncode == 0, done.stderr
        assert [path.name for path in bench.home.iterdir()] == ["secrets"]
        assert f"kept: {bench.home}/secrets, and the volumes" in done.stdout

    def test_data_that_was_to_go_is_not_said_to_be_kept(self, bench: BenchHost) -> None:
        done = bench.run("uninstall", "--delete-data", "docpipe")
        assert (done.returncode, "kept" in done.stdout, bench.home.exists()) == (0, False, False)

    def test_an_image_that_goes_by_the_name_by_now_stays(self, bench: BenchHost) -> None:
        answer(bench, "'image inspect'*", f"echo sha256:{'1' * 64}")
        assert bench.run("uninstall").returncode == 0
        assert not [call for call in asked(bench) if call.startswith("image rm")]

    def test_data_that_an_installation_has_left_can_still_be_deleted(self, bench: BenchHost) -> None:
        assert bench.run("uninstall").returncode == 0
        answer(bench, "'volume ls'*", f"echo {PROJECT}_pgdata")
        told = bench.run("uninstall")
        assert (told.returncode, "kept: its data and secrets" in told.stdout) == (0, True)
        done = bench.run("uninstall", "--delete-data", "docpipe")
        assert (done.returncode, "deleted: all documents" in done.stdout) == (0, True), done.stderr
        assert f"volume rm {PROJECT}_pgdata" in asked(bench)
        assert not bench.home.exists()

    def test_the_data_of_one_that_stands_elsewhere_is_not_touched(self, bench: BenchHost) -> None:
        answer(bench, "'ps --all --quiet'*", "echo container")
        answer(bench, "'volume ls'*", f"echo {PROJECT}_pgdata")
        done = bench.run("uninstall", "--home", bench.folder / "elsewhere", "--delete-data", "docpipe")
        assert (done.returncode, "is --home right?" in done.stderr) == (2, True)
        assert not [call for call in asked(bench) if call.startswith(("volume rm", "rm"))]


class TestStatus:
    """It never says that all is well of what it could not look at."""

    SHUT = ("*create_connection* | *connect_ex*", "echo shut")

    def status(self, host: BenchHost) -> "tuple[int, str]":
        answer(host, "*'ps --all --format {{.Health}}'*", "echo healthy running")
        done = host.run("status")
        return done.returncode, done.stdout + done.stderr

    def test_a_well_host_is_well(self, bench: BenchHost) -> None:
        answer(bench, *self.SHUT)
        code, said = self.status(bench)
        assert (code, said.splitlines()[-1]) == (0, "sealed       nothing gets out"), said

    @pytest.mark.parametrize(
        ("pattern", "text", "why"),
        [
            ("*connect_ex*", "exit 127", "it can not be tried from"),
            ("*connect_ex*", "echo open", "this host is not sealed"),
            ("*'config --services'", "exit 1", "docker compose names none"),
        ],
    )
    def test_what_can_not_be_looked_at_is_not_well(self, pattern: str, text: str, why: str, bench: BenchHost) -> None:
        answer(bench, *self.SHUT)
        answer(bench, pattern, text)
        code, said = self.status(bench)
        assert (code, why in said, said.splitlines()[-1].split()[:2]) == (1, True, ["NOT", "WELL"]), said

    @pytest.mark.parametrize("text", ["", "{}\n"])
    def test_a_manifest_that_says_nothing_is_not_well(self, text: str, bench: BenchHost) -> None:
        (bench.home / "MANIFEST.json").write_text(text)
        answer(bench, *self.SHUT)
        code, said = self.status(bench)
        assert (code, "MANIFEST.json is damaged" in said) == (1, True), said

    def test_a_manifest_that_was_not_verified_here_is_not_well(self, bench: BenchHost) -> None:
        (bench.home / "MANIFEST.json").write_bytes(manifest.text_of(described(good_files(), customer="other")))
        answer(bench, *self.SHUT)
        code, said = self.status(bench)
        assert (code, "this manifest has no record" in said) == (1, True), said


def export(host: BenchHost, without: str = "", release: str = "1.0") -> Path:
    """One that restore.sh takes, but for a file."""
    folder = host.folder / "content"
    names = [word.split()[-1].rstrip(":") for word in _would_export(host)]
    folder.mkdir()
    for name in names:
        if name != without and "." in name:
            (folder / name).write_text(name)
        elif name != without:
            (folder / name).mkdir()
            (folder / name / "one").write_text(name)
    (folder / "RELEASE.json").write_bytes(manifest.text_of(described(good_files(), release)))
    script = f"""cd '{folder}'; find . -type f ! -name SHA256SUMS | sort | xargs sha256sum > SHA256SUMS
        tar -cf - . | zstd -q -o '{host.folder}/export'"""
    subprocess.run(["sh", "-c", script], check=True)
    return host.folder / "export"


def _would_export(host: BenchHost) -> list[str]:
    lines = host.run("export", "--dry-run", host.folder).stdout.splitlines()
    return [line.removeprefix("would export ").partition(":")[0] for line in lines]


class TestRestore:
    """The export is looked at whole before anything is replaced."""

    def put_back(self, host: BenchHost) -> list[str]:
        return [call for call in asked(host) if " exec " in call or " run " in call]

    def test_one_that_lacks_a_store_replaces_nothing(self, bench: BenchHost) -> None:
        lacking = _would_export(bench)[-1]
        done = bench.run("restore", export(bench, without=lacking))
        assert (done.returncode, f"it lacks {lacking}" in done.stderr) == (1, True), done.stdout + done.stderr
        assert self.put_back(bench) == []

    def test_one_of_a_newer_release_replaces_nothing(self, bench: BenchHost) -> None:
        done = bench.run("restore", export(bench, release="1.10"))
        assert (done.returncode, "it is of release 1.10" in done.stderr) == (1, True), done.stdout + done.stderr
        assert self.put_back(bench) == []

    def test_one_of_an_older_release_is_taken(self, bench: BenchHost) -> None:
        done = bench.run("restore", export(bench, release="0.9"))
        assert done.returncode == 0, done.stdout + done.stderr

    def test_a_full_disk_is_not_called_a_damaged_export(self, bench: BenchHost) -> None:
        file = export(bench)
        bench.stub(
            "tar", "#!/bin/sh\ncat > /dev/null\necho 'tar: x: Cannot write: No space left on device' >&2\nexit 2\n"
        )
        done = bench.run("restore", file)
        assert (done.returncode, "there is no room" in done.stderr) == (3, True), done.stderr

    @pytest.mark.parametrize("name", ["/proc/self/mem", "bundle", "cut"])
    def test_what_can_not_be_read_is_told_apart_from_what_is_damaged(self, name: str, bench: BenchHost) -> None:
        (bench.folder / "bundle").write_bytes(bytes(1000))
        (bench.folder / "cut").write_bytes(export(bench).read_bytes()[:-9])
        done = bench.run("restore", name)
        code, why = (3, "can not be read") if name.startswith("/") else (1, "it is damaged, or no export")
        assert (done.returncode, why in done.stderr) == (code, True), done.stderr


class TestInstall:
    """What it says where it can not go on."""

    @pytest.fixture
    def bundle(self, bench: BenchHost, keys: Keys) -> Path:
        shutil.rmtree(bench.home)
        shutil.rmtree(bench.state)
        (bench.folder / "bundle").write_bytes(signed(keys.publisher, good_files()))
        return bench.folder / "bundle"

    @pytest.mark.parametrize("words", [[], ["--dry-run"]])
    def test_who_is_not_root_is_told_so(self, words: list[str], bundle: Path, bench: BenchHost) -> None:
        bench.stub("id", "#!/bin/sh\necho 1000\n")
        done = bench.run("install", *words, bundle)
        assert (done.returncode, "this has to run as root" in done.stderr) == (3, True), done.stderr
        assert not bench.state.exists()

    @pytest.mark.parametrize("script", ["install", "verify"])
    def test_a_medium_that_can_not_be_read_is_not_called_forged(
        self, script: str, bundle: Path, bench: BenchHost, keys: Keys
    ) -> None:
        done = bench.run(script, *trusting(keys.publisher), "/proc/self/mem")
        assert (done.returncode, "can not be read: Input/output error" in done.stderr) == (3, True), done.stderr
        assert not (bench.state / "verified.jsonl").exists()

    def test_a_head_that_reads_too_far_is_the_fault_of_the_host(
        self, bundle: Path, bench: BenchHost, keys: Keys
    ) -> None:
        bench.stub("head", '#!/bin/sh\n[ "$1 $2" != "-c 1" ] || { cat | REAL -c 1; exit; }\nexec REAL "$@"\n')
        done = bench.run("install", *trusting(keys.publisher), bundle)
        assert (done.returncode, "install the coreutils" in done.stderr) == (3, True), done.stderr

    @pytest.mark.parametrize("text", ["", "1.0", "1.0 general\n"])
    def test_a_memory_that_is_damaged_is_not_no_memory(
        self, text: str, bundle: Path, bench: BenchHost, keys: Keys
    ) -> None:
        bench.state.mkdir()
        (bench.state / "newest").write_text(text)
        done = bench.run("install", *trusting(keys.publisher), bundle)
        assert (done.returncode, "does not say which release this host has had" in done.stderr) == (3, True)
        assert not (bench.home / "MANIFEST.json").exists()

    @pytest.mark.parametrize(
        ("answers", "why"),
        [
            ({"*'ps --all --format {{.Service}}'*": "echo 'web  exited'"}, "web  exited"),
            ({"*'ps --all --format {{.Service}}'*": ":"}, "web is not there"),
            ({"*'config --services'": ":"}, "there is no service"),
        ],
    )
    def test_a_service_that_ended_or_is_missing_is_not_healthy(
        self, answers: Mapping[str, str], why: str, bundle: Path, bench: BenchHost, keys: Keys
    ) -> None:
        for pattern, text in answers.items():
            answer(bench, pattern, text)
        bench.stub("sleep", "#!/bin/sh\n")
        done = bench.run("install", *trusting(keys.publisher), bundle)
        assert (done.returncode, why in done.stderr) == (4, True), done.stderr
        assert done.stderr.splitlines()[-1].startswith("stopped in step health")

    def test_folders_in_the_place_of_files_give_way(self, bundle: Path, bench: BenchHost, keys: Keys) -> None:
        """Compose makes such folders where it is called while a file is missing."""
        names = ["compose.yaml", "MANIFEST.json.asc", "secrets/postgres_password"]
        for name in names:
            (bench.home / name).mkdir(parents=True)
        elsewhere = bench.folder / "elsewhere"
        elsewhere.mkdir()
        (bench.home / "MANIFEST.json").symlink_to(elsewhere)
        done = bench.run("install", *trusting(keys.publisher), bundle)
        assert done.returncode == 0, done.stderr
        assert [name for name in [*names, "MANIFEST.json"] if not (bench.home / name).is_file()] == []
        assert list(elsewhere.iterdir()) == []

    def test_an_option_without_its_value_is_named(self, bench: BenchHost) -> None:
        done = bench.run("install", "--fingerprint")
        assert (done.returncode, "--fingerprint needs a value" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [("verify", 3, ["bundle"]), ("restore", 4, ["bundle"])],
)
def test_a_command_that_failed_by_itself_is_no_verdict(
    script: str, code: int, words: list[str], bench: BenchHost, keys: Keys
) -> None:
    """1 says refused; a script that could not look must not say so, nor end without a word."""
    (bench.folder / "bundle").write_bytes(signed(keys.publisher, good_files()))
    bench.stub("mkdir", '#!/bin/sh\ncase "$*" in *.[0-9]*/*) exit 1 ;; esac\nexec REAL "$@"\n')
    done = bench.run(script, *(bench.folder / word for word in words))
    assert (done.returncode, "a command failed" in done.stderr) == (code, True), done.stderr
    assert bench.scratch() == []


def test_who_reads_the_first_line_alone_does_not_break_it_off_unsaid(bench: BenchHost, keys: Keys) -> None:
    (bench.folder / "bundle").write_bytes(signed(keys.publisher, good_files()))
    call = bench.call("install", *trusting(keys.publisher), bench.folder / "bundle")
    piped = ["bash", "-o", "pipefail", "-c", '"$@" | head -n 1', "-", *call]
    done = subprocess.run(piped, env=bench.environment(), cwd=bench.folder, capture_output=True, text=True, check=False)
    assert (done.returncode, "stopped in step" in done.stderr) == (4, True), done.stderr
    assert bench.scratch() == []


def test_a_link_that_others_could_turn_is_refused(bench: BenchHost, keys: Keys) -> None:
    """Where it leads to is safe now; by the time that files are moved it may lead elsewhere."""
    (bench.folder / "bundle").write_bytes(signed(keys.publisher, good_files()))
    safe, theirs = bench.folder / "safe", bench.folder / "theirs"
    safe.mkdir()
    theirs.mkdir()
    (theirs / "link").symlink_to(safe)
    (bench.folder / "first").symlink_to(theirs / "link")
    theirs.chmod(0o777)
    for way in (theirs / "link", bench.folder / "first", theirs / "link" / "deep"):
        done = bench.run("install", "--home", way, *trusting(keys.publisher), bench.folder / "bundle")
        assert (done.returncode, f"others than root may write or own {theirs}" in done.stderr) == (3, True), done.stderr
    assert list(safe.iterdir()) == []
    theirs.chmod(0o1777)
    os.chown(theirs / "link", 65534, 0, follow_symlinks=False)
    done = bench.run("install", "--home", theirs / "link", *trusting(keys.publisher), bench.folder / "bundle")
    assert (done.returncode, f"own {theirs}/link" in done.stderr) == (3, True), done.stderr
    (bench.folder / "round").symlink_to(bench.folder / "round")
    done = bench.run("install", "--home", bench.folder / "round", *trusting(keys.publisher), bench.folder / "bundle")
    assert (done.returncode, "from link to link" in done.stderr) == (3, True), done.stderr
