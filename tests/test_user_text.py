"""No text that a user reads has one of the words that a native reader has to decode (tests/user_text.py lists them)."""

from collections.abc import Iterator

import click
import pytest

from plumbline.cli.app import cli
from tests.user_text import ROOT, docstrings, lines_of, private_words, texts_of_code, texts_of_data

NOT_READ = (
    "generators/offline/",  # the host's scripts, which live proofs hold byte for byte
    "generators/markdown.py",  # a pattern with comments
)


def _to_decode(texts: Iterator[tuple[str, str]]) -> list[str]:
    return [
        f"{where}: {word} in «{' '.join(text.split())[:120]}»"
        for where, text in texts
        if not where.startswith(NOT_READ)
        for word in private_words(text)
    ]


@pytest.mark.parametrize("room", ["plumbline", "generators", "validators"])
def test_messages_titles_fixes_and_pages_have_no_private_words(room: str) -> None:
    assert _to_decode(texts_of_code(room)) == []


def test_descriptions_of_fields_have_no_private_words() -> None:
    assert _to_decode(docstrings("schema")) == []


@pytest.mark.parametrize("folder", ["data", "plumbline/starter"])
def test_a_specs_prose_has_no_private_words(folder: str) -> None:
    assert _to_decode(texts_of_data(folder)) == []


def test_hand_written_pages_have_no_private_words() -> None:
    decisions = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "docs/decisions").glob("*.md"))
    pages = (
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/index.md",
        "docs/commands.md",
        "docs/auditor/proofs.md",
    )
    assert _to_decode(each for each in lines_of(*pages, *decisions) if not each[1].startswith("{")) == []


def test_help_has_no_private_words() -> None:
    assert _to_decode(_helps(cli, click.Context(cli, info_name="plumb"))) == []


def _helps(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child
            yield from _helps(child, click.Context(child, info_name=name, parent=context))


@pytest.mark.parametrize(
    "text",
    [
        "The container is made anew.",
        "Mend the file.",
        "A stranger's object is left alone.",
        "The dearest type of the list.",
        "Loki keeps every line for ever.",
        "A time zone that is none.",
        "None of the types can be had.",
        "`x` is no scheme of a URL.",
        "It says nothing of a database.",
        "rollback.sh goes back to the release before.",
        "Run it again to go on.",
        "Nobody knows whose it is.",
        "It is replaced, for the type is sold out.",
        "The file stands beside the script.",
        "There is data behind the last file.",
        "Services that tell no metrics.",
        "Settings are held against the spec.",
        "Heal a sick service.",
        "The way back ends there.",
        "The alert fires, and nobody is told.",
        "The group is looked at again after 300 s.",
    ],
)
def test_a_text_to_decode_is_found(text: str) -> None:
    assert private_words(text)


@pytest.mark.parametrize(
    "text",
    [
        "There is no service `x`; did you mean `y`?",
        "The volume is no longer attached.",
        "A stand-in keeps its contract.",
        "`…` stands for any lines.",
        "A backend is behind its entry.",
        "Check the host before it starts.",
    ],
)
def test_plain_text_is_not(text: str) -> None:
    assert private_words(text) == []
