"""Hand-written pages against the project: commands, options, files, targets and links that they mention exist."""

import ast
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from plumbline.cli.app import cli
from plumbline.provisioning.command import _parser

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "docs/commands.md", "docs/auditor/proofs.md", "docs/architect/how-to.md")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"\.?[\w<>.-]+(/[\w<>.-]+)*/?")
ENDINGS = (".py", ".md", ".sh", ".txt", ".yaml", ".yml", ".json", ".toml", ".svg", ".j2")
MADE = ("site/", ".venv/", "wheels/")
"""Folders that are there once something has run."""
OPTIONAL = ("mkdocs.yml", "wheels.txt", ".j2")
"""Files that a project may have, and an ending."""


def spans(text: str) -> list[str]:
    """Inline code, and the commands of shell blocks."""
    shell = [
        line.partition(" # ")[0].strip()
        for kind, body in FENCE.findall(text)
        if kind == "sh"
        for line in body.splitlines()
    ]
    return [*re.findall(r"`([^`\n]+)`", FENCE.sub("", text)), *filter(None, shell)]


def walk(command: click.Command, name: str = "plumb") -> Iterator[tuple[str, click.Command]]:
    """Every command below one, by what a user types."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            found = command.get_command(context, each)
            assert found is not None
            yield from walk(found, f"{name} {each}")


def options(command: click.Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts} | {"--help", "-vv"}


@cache
def every_option() -> set[str]:
    """Those of all commands and of the standalone script."""
    script = {option for action in _parser()._actions for option in action.option_strings}
    return script.union(*(options(command) for _, command in walk(cli)))


@cache
def tracked() -> set[str]:
    """The project's files, and the folders that hold them."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = listed.stdout.splitlines()
    return {*files, *(str(folder) for file in files for folder in Path(file).parents)}


def wrong_words(words: list[str]) -> Iterator[str]:
    """What plumb does not know in a call; a placeholder is in capitals."""
    command: click.Command = cli
    for word in words[1:]:
        if word.startswith("-"):
            if word not in options(command) | options(cli):
                yield f"no option {word} in `{shlex.join(words)}`"
        elif isinstance(command, click.Group) and word != "…" and not word.isupper():
            found = command.get_command(click.Context(command), word)
            if found is None:
                yield f"no command {word} in `{shlex.join(words)}`"
                return
            command = found


def wrong_calls(text: str) -> Iterator[str]:
    """Commands, options and targets of make that do not exist."""
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for span in spans(text):
        for call in span.replace("[", " ").replace("]", " ").split(" && "):
            words = call.split()
            if words[:1] == ["plumb"]:
                yield from wrong_words(words)
            elif words[:1] == ["make"]:
                yield from (f"no target {word}" for word in words[1:] if word not in targets)
            elif words and (words[0].startswith("--") or words[0].endswith("provision.py")):
                yield from (f"no option {word}" for word in words if word[:2] == "--" and word not in every_option())


def exists(path: str) -> bool:
    """Whether the project has it; `<id>` stands for any name, and a name alone for a file in any folder."""
    if path.startswith(MADE) or path in OPTIONAL:
        return True
    pattern = re.compile(("" if "/" in path else "(.*/)?") + re.sub(r"<\w+>", "[^/]+", re.escape(path.rstrip("/"))))
    return any(pattern.fullmatch(each) for each in tracked())


def wrong_paths(text: str) -> Iterator[str]:
    """Files, folders and modules that do not exist."""
    for span in spans(text):
        words = span.split()
        module = words[2].replace(".", "/") if words[:2] == ["python", "-m"] else ""
        if module and not (exists(f"{module}.py") or exists(f"{module}/__main__.py")):
            yield f"no module {words[2]}"
        for word in words:
            if PATH.fullmatch(word) and ("/" in word or word.endswith(ENDINGS)) and not exists(word):
                yield f"no file {word}"


def wrong_links(text: str, page: Path) -> Iterator[str]:
    """Links to files of the project that do not exist."""
    for target in re.findall(r"\]\(([^)#]+)", FENCE.sub("", text)):
        if "://" not in target and not (page.parent / target).exists():
            yield f"no file {target}"


def wrong_names(text: str) -> Iterator[str]:
    """Classes in Python examples and in the text that the project does not have."""
    files = [ROOT / each for each in tracked() if each.endswith(".py")]
    sources = "\n".join(file.read_text("utf-8") for file in files if file != Path(__file__))
    blocks = [ast.parse(body) for kind, body in FENCE.findall(text) if kind == "python"]
    named = {node.id for block in blocks for node in ast.walk(block) if isinstance(node, ast.Name)}
    named |= {span for span in spans(text) if re.fullmatch(r"([A-Z][a-z]+)+s?|[A-Z]+(_[A-Z]+)+", span)}
    for name in sorted(each for each in named if each[0].isupper()):
        if not re.search(rf"^(\s*class {name}\b|{name} *[=:]|.*\bimport .*\b{name}\b)", sources, re.MULTILINE):
            yield f"no class {name}"


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_mentions_exists(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    wrong = [*wrong_calls(text), *wrong_paths(text), *wrong_links(text, ROOT / page), *wrong_names(text)]
    assert not wrong, wrong
    assert spans(text)


WRONG = {
    "`plumb verfy stack`": "no command verfy",
    "`plumb verify stck --mode MODE`": "no command stck",
    "`plumb build --mode MODE`": "no option --mode",
    "`plumb --spec DIR bild`": "no command bild",
    "`git status && plumb chek`": "no command chek",
    "```sh\nplumb provision aply  # do it\n```\n": "no command aply",
    "with `--atach PROJECT`": "no option --atach",
    "`deploy/online/provision.py --tennant T`": "no option --tennant",
    "`make evidnce`": "no target evidnce",
    "`validators/rules/hardning.py`": "no file validators/rules/hardning.py",
    "`data/serwices/<id>.yaml`": "no file data/serwices/<id>.yaml",
    "`hardning.py`": "no file hardning.py",
    "`.venv/bin/pytest tests/runboks`": "no file tests/runboks",
    "`python -m tests.bundle.prof faults`": "no module tests.bundle.prof",
    "it is `Untold`": "no class Untold",
    "[why](docs/decisions/0000.md)": "no file docs/decisions/0000.md",
    "```python\nclass New(NoSuchKind):\n    pass\n```\n": "no class NoSuchKind",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_does_not_exist_is_found(text: str) -> None:
    (wrong,) = [*wrong_calls(text), *wrong_paths(text), *wrong_links(text, ROOT / "README.md"), *wrong_names(text)]
    assert wrong.startswith(WRONG[text])


def test_every_command_is_on_the_page_of_commands() -> None:
    page = (ROOT / "docs/commands.md").read_text("utf-8")
    calls = [" ".join(span.split()) for span in spans(page)]
    for name, command in walk(cli):
        if not isinstance(command, click.Group):
            assert any(call.startswith(name) for call in calls), name


def test_every_command_and_option_has_help() -> None:
    for name, command in walk(cli):
        assert command.help, name
        for parameter in command.params:
            assert not isinstance(parameter, click.Option) or parameter.help, (name, parameter.name)
