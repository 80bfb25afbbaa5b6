"""Steps of the shipped runbooks, followed by hand on inputs that are wrong: tampered media, older files, another tenant, missing tools."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from plumbline.runbook.rendering import RenderedStep, render_runbook
from tests.bundle.keys import Key, end_agent, make_key
from tests.bundle.tampering import signed
from tests.stack.conftest import shipped_spec

BUNDLE = "release.tar.zst"
SCRIPTS = {"scripts/install.sh": b"echo installed\n", "scripts/verify.sh": b"echo verified\n"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Key, Key]]:
    """The publisher's key and a stranger's."""
    ring = tmp_path_factory.mktemp("ring")
    yield make_key(ring, "release"), make_key(ring, "stranger")
    end_agent(ring)


def by_hand(
    text: str, folder: Path, programs: Mapping[str, str] | None = None, **values: str
) -> subprocess.CompletedProcess[str]:
    """A script of a page, whose folders below / are below another one; `programs` are stubs, by name."""
    own = folder / "programs"
    own.mkdir(exist_ok=True)
    for name, script in (programs or {}).items():
        (own / name).write_text(f"#!/bin/sh\n{script}\n")
        (own / name).chmod(0o755)
    moved = re.sub(r"(?<![\w}/.])/(root|opt|var|media)/", rf"{folder}/\1/", text)
    return subprocess.run(
        ["sh", "-e", "-c", moved],
        env={"PATH": f"{own}:{os.environ['PATH']}", "HOME": str(folder), **values},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def steps(runbook: str, **values: str) -> list[RenderedStep]:
    """The steps of a runbook."""
    return list(render_runbook(shipped_spec(), runbook, None, values).steps)


class Medium:
    """A medium with a release, and a host that takes it in."""

    def __init__(self, folder: Path, key: Key, content: Mapping[str, bytes] = SCRIPTS, fingerprint: str | None = None):
        self.folder = folder
        for each in ("media/docpipe", "root", "var/backups"):
            (folder / each).mkdir(parents=True)
        (folder / "media/docpipe" / BUNDLE).write_bytes(signed(key, dict(content)))
        (folder / "media/docpipe/release-key.asc").write_bytes(key.public.read_bytes())
        self.steps = steps("offline-install", bundle=BUNDLE, fingerprint=fingerprint or key.fingerprint)

    def follow(self, number: int, part: str = "run") -> int:
        """Follow a step; its exit code."""
        done = by_hand(getattr(self.steps[number - 1], part), self.folder)
        print(done.stdout)
        return done.returncode


def test_a_sound_medium_passes(tmp_path: Path, keys: tuple[Key, Key]) -> None:
    medium = Medium(tmp_path, keys[0])
    for number, part in ((1, "run"), (1, "verify"), (2, "run"), (2, "verify"), (2, "run")):
        assert medium.follow(number, part) == 0, (number, part)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_forged_script_stops_the_second_step(script: str, tmp_path: Path, keys: tuple[Key, Key]) -> None:
    medium = Medium(tmp_path, keys[0])
    assert medium.follow(1) == 0
    (tmp_path / "root/release" / script).write_text("echo EVIL\n")
    assert medium.follow(2) != 0
    assert medium.follow(2, "verify") != 0


def test_a_strangers_signature_stops_the_second_step(tmp_path: Path, keys: tuple[Key, Key]) -> None:
    publisher, stranger = keys
    medium = Medium(tmp_path, stranger, fingerprint=publisher.fingerprint)
    assert medium.follow(1) == 0
    assert medium.follow(2) != 0
    assert medium.follow(2, "verify") != 0


def test_a_forged_manifest_stops_the_second_step(tmp_path: Path, keys: tuple[Key, Key]) -> None:
    medium = Medium(tmp_path, keys[0])
    assert medium.follow(1) == 0
    (tmp_path / "root/release/MANIFEST.json").open("a").write("\n")
    assert medium.follow(1, "verify") != 0
    assert medium.follow(2) != 0


def test_a_medium_without_a_script_stops_the_first_step(tmp_path: Path, keys: tuple[Key, Key]) -> None:
    medium = Medium(tmp_path, keys[0], {"scripts/install.sh": b"echo\n"})
    assert medium.follow(1) != 0
    assert medium.follow(1, "verify") != 0


def test_what_somebody_began_before_is_not_taken_for_this_release(tmp_path: Path, keys: tuple[Key, Key]) -> None:
    medium = Medium(tmp_path, keys[0])
    (tmp_path / "root/release").mkdir()
    assert medium.follow(1) != 0


def test_a_kept_bundle_is_not_overwritten(tmp_path: Path, keys: tuple[Key, Key]) -> None:
    medium = Medium(tmp_path, keys[0])
    kept = tmp_path / "var/backups" / BUNDLE
    kept.write_text("an older one\n")
    assert medium.follow(4) != 0
    assert medium.follow(4, "verify") != 0
    assert kept.read_text() == "an older one\n"


def test_the_undo_of_an_export_removes_this_runs_alone(tmp_path: Path) -> None:
    target, scripts = tmp_path / "media/export", tmp_path / "opt/docpipe/scripts"
    for each in (target, scripts):
        each.mkdir(parents=True)
    older = [target / f"docpipe-export-2026-0{month}-01T000000Z.tar.zst" for month in (1, 2)]
    for each in older:
        each.write_text("older\n")
    (scripts / "export.sh").write_text('f=$1/docpipe-export-9.tar.zst; echo new > "$f"; echo "exported: $f, 4 bytes"\n')
    step = steps("offline-export")[0]
    done = by_hand(step.run, tmp_path)
    found = re.search(rf"^{step.capture['export']}", done.stdout, re.M)
    assert found and step.verify and step.undo
    assert by_hand(step.verify, tmp_path, captured_export=found[1]).returncode == 0
    assert by_hand(step.verify, tmp_path).returncode != 0, "the older ones do not verify this run"
    assert by_hand(step.undo, tmp_path).returncode != 0, "without the name nothing is removed"
    assert by_hand(step.undo, tmp_path, captured_export=found[1]).returncode == 0
    assert sorted(target.iterdir()) == older


NO_TOKEN = "echo 'plumb: no token' >&2; exit 3"
ACME = 'case "$*" in *acme*) echo {}; esac'


@pytest.mark.parametrize("runbook", ["online-deprovision", "online-provision", "suspend-tenant", "resume-tenant"])
def test_no_verification_passes_without_its_tools_or_for_another_tenant(runbook: str, tmp_path: Path) -> None:
    """Programs that answer for acme alone, whatever they are asked for: those of a system on which globex was not touched."""
    answers = ("ACTIVE", "SUSPENDED", "DEPROVISIONING", "DEPROVISIONED", "PENDING", "PROVISIONING", "0", "1")
    for step in steps(runbook, tenant="globex"):
        if step.verify is None or step.place.shells != ("",):
            continue
        failing = dict.fromkeys(
            ("plumb", "psql", "curl", "ssh", "ansible", "docker", "sops", "age", "age-keygen"), NO_TOKEN
        )
        assert by_hand(
            step.verify, tmp_path, failing, DOCPIPE_CONTROL_DB_URL="x", captured_recipient="age1x"
        ).returncode, step.title
        for answer in answers:
            others = {name: ACME.format(answer) for name in failing}
            done = by_hand(step.verify, tmp_path, others, DOCPIPE_CONTROL_DB_URL="x", captured_recipient="age1x")
            assert done.returncode, (step.title, answer)


def test_nothing_is_left_only_where_the_provider_says_so(tmp_path: Path) -> None:
    step = next(each for each in steps("online-deprovision") if each.title == "Check that nothing is left")
    gone = "server           tenant-acme-db-1        missing\\nvolume   tenant-acme-data   missing\\nssh_key  admin   there\\n"
    said = {
        f"printf '{gone}'; exit 4": 0,
        "exit 0": 1,
        "exit 3": 1,
        f"printf '{gone}'; exit 1": 1,
        f"printf '{gone}volume tenant-acme-other there\\n'; exit 4": 1,
        f"printf '{gone}' | sed s/missing/running/; exit 0": 1,
    }
    for script, code in said.items():
        assert bool(by_hand(step.run, tmp_path, {"plumb": script}).returncode) == bool(code), script


@pytest.mark.parametrize(("code", "others", "isolated"), [(124, "", True), (1, "", False), (0, "", False)])
def test_only_a_time_out_shows_that_a_tenant_is_out_of_reach(
    code: int, others: str, isolated: bool, tmp_path: Path
) -> None:
    step = next(each for each in steps("online-provision") if "out of reach" in each.title)
    own = shipped_spec().tenants.tenants["acme"].octet
    timeout = f'case "$*" in *10.{own}.1.*) exit 0 ;; *) exit {code} ;; esac'
    assert (by_hand(step.run, tmp_path, {"timeout": timeout}).returncode == 0) is isolated
    assert by_hand(step.run, tmp_path, {"timeout": "exit 124"}).returncode != 0, "its own database has to be reached"
