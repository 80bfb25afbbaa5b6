"""Entries of the shipped spec that contradict themselves, each found once and where it was edited."""

import click
import pytest

from plumbline.cli.app import cli
from tests.rules.edited import edited
from validators.rules.plumb_commands import PLUMB

pytestmark = pytest.mark.slow

ONLINE, UPDATE = "topology/online.yaml", "update.yaml"
WRONG = {
    "a variant of itself": (ONLINE, "    variant_of: db\n", "    variant_of: db-heavy\n", "PLB530"),
    "a role of one node that grows": (ONLINE, "- {role: worker, direction: h", "- {role: control, direction: h", "PLB538"),
    "a role without a larger one": (ONLINE, "- {role: db, direction: v", "- {role: gateway, direction: v", "PLB538"),
    "a successor that nobody has": ("catalogue.yaml", "removed: {cx22: cx23", "removed: {cx22: cx99", "PLB536"),
    "a store that is drained": (UPDATE, "drain: [parse-worker", "drain: [postgres, parse-worker", "PLB537"),
    "a job that is drained": (UPDATE, "drain: [parse-worker", "drain: [migrate, parse-worker", "PLB537"),
    "a canary twice": (UPDATE, "canaries: [acme]", "canaries: [acme, acme]", "PLB537"),
    "a proof by no command": ("requirements.yaml", "plumb verify parity", "plumb verfy parity", "PLB539"),
    "a proof by no option": ("requirements.yaml", "plumb verify parity", "plumb verify parity --tenants acme", "PLB539"),
    "a step by no option": ("runbooks/online-provision.yaml", "plumb provision apply --yes --tenant", "plumb provision apply --yes --tennant", "PLB849"),
    "a service that tolerates itself": ("services/minio.yaml", "after:", "tolerates: [minio]\nafter:", "PLB109"),
    "a proof in no mode": ("requirements.yaml", "stack --mode online", "stack --mode onlin", "PLB539"),
    "two models at one path": ("models.yaml", "path: models/pii", "path: models/clamav", "PLB115"),
    "one secret for all tenants": ("secrets.yaml", "scope: tenant", "scope: platform", "PLB227"),
}  # fmt: skip
LEGAL = {
    "a key of each tenant's, issued elsewhere": ("secrets.yaml", "scope: platform", "scope: tenant"),
    "a role that may grow": (ONLINE, "    max_count: 8\n", "    max_count: 2\n"),
    "a proof by another program": ("requirements.yaml", "ref: make bundle-proof", "ref: tests/prove.sh --all"),
    "two canaries": (UPDATE, "canaries: [acme]", "canaries: [acme, globex]"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_contradiction_is_found_once_where_it_was_edited(name: str) -> None:
    file, old, new, rule = WRONG[name]
    found = edited(file, old, new)
    assert found.rules == [rule]
    assert found.is_near


@pytest.mark.parametrize("name", LEGAL)
def test_an_ordinary_change_is_left_alone(name: str) -> None:
    assert edited(*LEGAL[name]).found == []


def commands(group: click.Group, before: str = "") -> dict[str, str]:
    """The long options of each command."""
    context = click.Context(group)
    found: dict[str, str] = {}
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            found |= commands(command, f"{before}{name} ")
        elif command:
            options = {word for each in command.params for word in (*each.opts, *each.secondary_opts)}
            found[before + name] = " ".join(sorted(word for word in options if word.startswith("--")))
    return found


def test_the_commands_that_a_spec_may_name_are_those_of_the_command_line() -> None:
    known = commands(cli)
    assert {name: known.get(name) for name in PLUMB} == PLUMB
    assert {name for name in known if name.startswith("verify ")} <= set(PLUMB)
