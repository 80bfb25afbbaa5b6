"""Nobody listens, nobody answers, names of any length: surroundings that must not stop a change in its middle."""

import io
import sys
from pathlib import Path

import pytest

from plumbline.provisioning.calls import Refused
from plumbline.provisioning.command import confirm
from plumbline.provisioning.journal import ProvisionJournal
from plumbline.provisioning.labels import name_aside
from plumbline.provisioning.run import ProvisionRun
from tests.cloud.cloud import client, desired, ids, no_pause, project, run_of
from tests.cloud.test_provision import changed

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
