"""A runbook that destroys: whom it names, who is asked, and what is refused before anything is done."""

from pathlib import Path

import pytest

from tests.calling import plumb
from tests.cli.runbook_project import asked, with_runbook

TENANTS = "tenants: {acme: {title: Acme, octet: 1, state: ACTIVE}, globex: {title: Globex, octet: 2, state: FAILED}}\n"
REMOVE = """\
title: Remove
summary: Removes a tenant's file.
modes: [single]
duration_min: 1
parameters:
  tenant: {description: Whose., kind: tenant, states: [ACTIVE], example: acme}
  key: {description: Of the one who signed., kind: fingerprint, example: 0123456789ABCDEF0123456789ABCDEF01234567}
on_failure: Look.
steps:
  - title: Say who signed
    where: host
    run: echo {{ key }}
    expect: The key.
    output: |
      {{ key }}
    undo: "nothing: saying changes nothing."
  - title: Remove it
    where: host
    run: rm '{{ tenant }}.data'
    expect: No output.
    destroys: the data of {{ tenant }}
    undo: "nothing: it is gone."
"""
KEY = "abcd " * 10


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The project with a runbook that destroys: the file that it removes."""
    project = with_runbook(tmp_path)
    (project / "data/runbooks/remove.yaml").write_text(REMOVE)
    (project / "data/tenants.yaml").write_text(TENANTS)
    file = project / "acme.data"
    file.touch()
    return file


REMOVING = ("runbook", "run", "remove", "--set", "tenant=acme", "--set", f"key={KEY}")


def test_who_breaks_off_at_the_name_is_told_whole_commands_to_go_on_by(data: Path) -> None:
    ended, output = asked(data.parent, "\x04", "remove", *REMOVING[3:], "--yes")
    (journal,) = (data.parent / "reports/runbooks").glob("*.jsonl")
    again = f"plumb runbook run remove --journal {journal.relative_to(data.parent)}"
    assert (ended, data.exists()) == (130, True)
    assert f"continue: {again} --resume\n" in output
    assert f"undo the finished steps: {again} --undo\n" in output


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ([], 2, "no terminal to ask"),
        (["--yes"], 2, "then add --confirm acme"),
        (["--yes", "--confirm", "globex"], 2, "belongs to 'acme'"),
        (["--yes", "--confirm", ""], 2, "belongs to 'acme'"),
        (["--confirm", "acme"], 2, "add --yes"),
        (["--yes", "--confirm", "acme"], 0, "done"),
    ],
)
def test_what_destroys_is_done_only_for_the_tenant_that_is_named(
    data: Path, options: list[str], code: int, says: str
) -> None:
    done = plumb(*REMOVING, *options, cwd=data.parent)
    assert done.returncode == code, done.stderr
    assert says in done.stdout + done.stderr
    assert data.exists() == (code != 0)
    assert ("ABCD" * 10 in done.stdout) == (code == 0)  # nothing ran before; the key is as commands expect it


@pytest.mark.parametrize(
    ("reply", "code"), [("y\nacme\n", 0), ("y\nglobex\n", 1), ("y\ny\n", 1), ("y\n\n", 1), ("n\n", 130)]
)
def test_on_a_terminal_the_name_is_typed_at_the_step(data: Path, reply: str, code: int) -> None:
    ended, output = asked(data.parent, reply, *REMOVING[2:])
    assert "step 2 («Remove it») permanently destroys: the data of acme" in output
    assert ended == code, output
    assert data.exists() == (code != 0)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("tenant=acne", "did you mean acme?"),
        ("tenant=nobody", "there are acme, globex"),
        ("tenant=globex", "must be ACTIVE, but is FAILED"),
        ("key=0123", "40 or 64 hexadecimal digits"),
        ("key=" + "g" * 40, "40 or 64 hexadecimal digits"),
    ],
)
def test_a_value_that_names_nothing_is_refused_where_it_is_given(data: Path, value: str, says: str) -> None:
    for verb in ("run", "show"):
        done = plumb("runbook", verb, "remove", "--set", value, cwd=data.parent)
        assert done.returncode == 2
        assert value.split("=", maxsplit=1)[0] in done.stderr
        assert says in done.stderr


def test_a_spec_without_tenants_says_so(data: Path) -> None:
    (data.parent / "data/tenants.yaml").unlink()
    assert plumb("build", cwd=data.parent).returncode == 0
    assert plumb("check", cwd=data.parent).returncode == 0
    done = plumb(*REMOVING, "--yes", cwd=data.parent)
    assert done.returncode == 2
    assert "the spec has no tenants" in done.stderr
