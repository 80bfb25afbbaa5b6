"""Nobody listens, nobody answers, names of any length: surroundings that must not stop a change in its middle."""

import io
import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from plumbline.provisioning.calls import Lacking, Refused
from plumbline.provisioning.command import confirm
from plumbline.provisioning.journal import ProvisionJournal, journal_folder
from plumbline.provisioning.labels import name_aside
from plumbline.provisioning.run import ProvisionRun
from proofs.cloud_faults import ALL
from tests.cloud.cloud import client, desired, ids, no_pause, project, run_of
from tests.cloud.test_provision import changed

ROOT = Path(__file__).parents[2]
WORKER = "tenant-acme-worker-1"


@pytest.mark.parametrize(
    "gone", [BrokenPipeError(32, "Broken pipe"), OSError(5, "I/O error"), UnicodeEncodeError("ascii", "→", 0, 1, "no")]
)
def test_a_terminal_that_closes_does_not_stop_a_replacement_half_way(gone: Exception, tmp_path: Path) -> None:
    def say(_: str) -> None:
        raise gone

    with project() as cloud:
        run_of(cloud, desired(), tmp_path / "j").apply()
        other = changed(desired(), WORKER, user_data="#cloud-config\n")
        assert (
            ProvisionRun(client(cloud), other, ProvisionJournal(tmp_path / "j"), say, [WORKER], no_pause).apply() == []
        )
        assert len(ids(cloud)["servers"]) == 3


def test_the_end_of_the_input_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(Refused, match="nothing was changed"):
        confirm("apply", yes=False)


def test_names_of_those_that_step_aside_are_short_and_differ() -> None:
    long = "tenant-" + "x" * 56
    assert name_aside(long, 123) != name_aside(long, 124)
    assert len(name_aside(long, 1234567890)) == 63


def test_an_object_that_a_list_gives_twice_is_one(tmp_path: Path) -> None:
    with project() as cloud:
        run_of(cloud, desired(), tmp_path / "j").apply()
        api = client(cloud)
        honest = api.servers.get_all
        api.servers.get_all = lambda **options: honest(**options) * 2  # type: ignore[method-assign]
        assert run_of(cloud, desired(), tmp_path / "j", api=api).plan() == []


def test_labels_that_were_swapped_end_with_all_servers_running_by_word(tmp_path: Path) -> None:
    with project() as cloud:
        run_of(cloud, desired(), tmp_path / "j").apply()
        servers = {it["name"]: it for it in cloud.objects("servers").values()}
        one, other = servers[WORKER], servers["tenant-acme-db-1"]
        one["labels"], other["labels"] = other["labels"], one["labels"]
        assert run_of(cloud, desired(), tmp_path / "j", servers).apply() == []
        assert {it["status"] for it in cloud.objects("servers").values()} == {"running"}


def test_unlock_breaks_the_lock_that_was_shown_and_no_other(tmp_path: Path) -> None:
    def lock(holder: str) -> None:
        labels = {"plumbline_lock": "acme", "plumbline_holder": holder}
        client(cloud).placement_groups.create("tenant-acme-lock", "spread", labels)

    with project() as cloud:
        lock("crashed")
        run = run_of(cloud, desired(), tmp_path / "j")
        assert "crashed" in run.holder()
        (shown,) = cloud.objects("placement_groups")
        cloud.remove("placement_groups", shown)
        lock("at-work")
        with pytest.raises(Refused, match="somebody else holds it now: locked by at-work"):
            run.unlock()
        assert len(cloud.objects("placement_groups")) == 1


def test_an_answer_without_the_selector_makes_nobody_ours(tmp_path: Path) -> None:
    with project() as cloud:
        for tenant in ("acme", "globex"):
            run_of(cloud, desired(tenant), tmp_path / tenant).apply()
        honest = cloud._answer

        def deaf(incoming: Any) -> Any:
            incoming.query.pop("label_selector", None)
            return honest(incoming)

        cloud._answer = deaf
        assert run_of(cloud, desired(), tmp_path / "acme").plan() == []
        run_of(cloud, desired(), tmp_path / "acme", ALL).destroy()
        cloud._answer = honest
        assert run_of(cloud, desired("globex"), tmp_path / "globex").plan() == []


@pytest.mark.parametrize("home", [None, "", "relative"])
def test_without_a_home_the_journal_has_no_place(home: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    with pytest.raises(Lacking, match="no home folder for the journal"):
        journal_folder()


@pytest.mark.parametrize(("closed", "code"), [("<&-", 2), (">&-", 2), ("2>&-", 2), (">/dev/full", 2), ("| true", 2)])
def test_streams_that_are_closed_are_no_fault_and_no_yes(closed: str, code: int, tmp_path: Path) -> None:
    script = f"{sys.executable} {ROOT / 'deploy/online/provision.py'} --tenant acme destroy {closed}"
    env = {
        "HCLOUD_TOKEN": "x",
        "HCLOUD_ENDPOINT": "http://127.0.0.1:9",
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
    }
    command = ["bash", "-c", f"{script}; exit ${{PIPESTATUS[0]}}"]
    ended = subprocess.run(command, check=False, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False), ended


@pytest.mark.parametrize("call", ["check", "why README.md:1"])
def test_plumb_without_any_stream_ends_as_with_them(call: str) -> None:
    command = f"{sys.executable} -m plumbline --spec {ROOT}/data {call}"
    codes = [
        subprocess.run(["bash", "-c", command + closed], check=False, cwd=ROOT, capture_output=True).returncode
        for closed in ("", " <&- >&- 2>&-")
    ]
    assert codes[0] == codes[1] != 70


def test_who_stops_reading_has_not_said_that_all_is_well() -> None:
    command = f"{sys.executable} -m plumbline schema service | true; exit ${{PIPESTATUS[0]}}"
    assert subprocess.run(["bash", "-c", command], check=False, cwd=ROOT, capture_output=True).returncode == 130
