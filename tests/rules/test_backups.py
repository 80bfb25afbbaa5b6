"""What the rules about backups tell apart, beyond their examples."""

from datetime import date

import pytest

from validators.rules.backup_examples import kept_on_servers
from validators.rules.examples import example_spec
from validators.rules.registry import RULES


def found(rule: str, example: str) -> list[str]:
    """Messages of a rule about a spec."""
    return [each.message for each in RULES[rule].findings(example_spec(example), date.today())]


@pytest.mark.parametrize(
    ("take", "wrong"),
    [
        ("[tar, -cf, '-', /var/lib/postgresql/data]", True),
        ("[tar, -C, /var/lib/postgresql/data/, -cf, '-', .]", True),
        ("[sh, -ec, 'tar -cf - /var/lib/postgresql/data']", True),
        # a snapshot that the store itself has written, and a dump into the folder
        ("[sh, -ec, 'cat /var/lib/postgresql/data/dump.rdb']", False),
        ("[pg_dump, /var/lib/postgresql/data]", False),
    ],
)
def test_a_copy_of_a_whole_volume_is_told_from_one_of_its_files(take: str, wrong: bool) -> None:
    assert bool(found("PLB875", kept_on_servers(("take: [dump]", f"take: {take}")))) == wrong


def test_an_expression_in_a_command_has_to_resolve() -> None:
    example = kept_on_servers(("take: [dump]", "take: [dump, {template: \"{{ port('db', 'no') }}\"}]"))
    assert [each for each in found("PLB107", example) if "no" in each]


def test_a_spec_that_does_not_speak_of_backups_is_left_alone() -> None:
    example = kept_on_servers().partition("backups.yaml")[0]
    assert found("PLB870", example) == []
