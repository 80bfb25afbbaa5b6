"""The README's first five minutes, as it words them: files, texts and commands are taken from it, and tried in a copy."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from plumbline.stack.engine import Engine

ROOT = Path(__file__).parents[2]
QUOTED = re.compile(r"`([^`]+)`")


def steps() -> dict[int, str]:
    """The steps by their number, each on one line."""
    section = (
        (ROOT / "README.md").read_text().partition("## Five minutes to the first change\n")[2].partition("\n## ")[0]
    )
    found = re.findall(r"^(\d+)\. (.*?)(?=^\d+\. |\Z)", section, re.MULTILINE | re.DOTALL)
    return {int(number): " ".join(text.split()) for number, text in found}


STEPS = steps()


class ProjectCopy:
    """A copy of the project with a history, in which a reader follows the README."""

    def __init__(self, folder: Path):
        self.folder = folder
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in filter(None, listed.decode().split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        self.does("git init -q . && git add -A && git -c user.name=r -c user.email=r@example.com commit -qm copy")

    def run(self, command: str) -> "subprocess.CompletedProcess[str]":
        """What a reader types; `plumb` is that of this project."""
        plumb = f"{shlex.quote(sys.executable)} -m plumbline"
        typed = re.sub(r"(^|&& )plumb\b", lambda found: found[1] + plumb, command)
        return subprocess.run(
            ["bash", "-c", typed],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    def does(self, command: str) -> str:
        """What a command that has to end well prints."""
        done = self.run(command)
        assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def change(self, step: int) -> None:
        """In `FILE` change `OLD` to `NEW`."""
        match = re.search(r"in `([^`]+)` change `([^`]+)` to `([^`]+)`", STEPS[step], re.IGNORECASE)
        assert match, f"step {step} does not say what to change in which file"
        path, old, new = self.folder / match[1], match[2], match[3]
        assert path.read_text().count(old) == 1
        path.write_text(path.read_text().replace(old, new))


@pytest.fixture
def copy(tmp_path: Path) -> ProjectCopy:
    """The project, copied."""
    return ProjectCopy(tmp_path)


def commands(step: int) -> list[str]:
    """The commands of a step."""
    return [text for text in QUOTED.findall(STEPS[step]) if text.startswith(("plumb ", "git "))]


def test_there_are_the_steps_that_are_tried_here() -> None:
    assert list(STEPS) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.slow
def test_the_steps_do_what_they_say(copy: ProjectCopy) -> None:
    copy.change(1)

    check = copy.run(commands(2)[0])
    assert check.returncode == 1
    out_of_date = set(re.findall(r"^(\S+?):\d+:\d+: error PLB921", check.stdout, re.MULTILINE))
    assert "+++ from the spec" in check.stdout
    assert "data/services/serving.yaml:" in check.stdout

    build, diff = commands(3)
    copy.does(build)
    followed = {text for text in QUOTED.findall(STEPS[3]) if "/" in text and not text.startswith(("plumb", "git"))}
    assert set(copy.does(diff).splitlines()) - {"data/services/serving.yaml"} == followed == out_of_date
    compose = (copy.folder / "deploy/offline/compose.yaml").read_text().partition("\n  serving:\n")[2]
    assert '"8090"' in compose.partition("healthcheck")[0]
    assert "127.0.0.1:8090/health" in compose

    file, why = QUOTED.findall(STEPS[5])[0], commands(5)[1]
    line = int(why.rpartition(":")[2])
    lines = (copy.folder / file).read_text().splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].rstrip("\n") + " # by hand\n"
    (copy.folder / file).write_text("".join(lines))
    check = copy.run(commands(5)[0])
    assert check.returncode == 1
    (place,) = re.findall(rf"line {line} comes from .*\((data/\S+:\d+):\d+\)", check.stdout)
    assert place in copy.does(why)
    copy.does(build)

    copy.change(6)
    wrong = copy.run("plumb check --no-drift")
    assert wrong.returncode == 1
    assert re.findall(r"error (PLB\d+)", wrong.stdout) == ["PLB101"]
    assert "did you mean `postgres`?" in STEPS[6]
    assert "did you mean `postgres`?" in wrong.stdout
    assert "^" * len("postgress") in wrong.stdout
    assert "Why" in copy.does(commands(6)[0])

    copy.does(commands(7)[0])
    assert copy.does("git status --porcelain") == ""


@pytest.mark.live
def test_the_changed_stack_becomes_healthy(copy: ProjectCopy, engine: Engine) -> None:
    copy.change(1)
    copy.does(commands(3)[0])
    assert "healthy" in STEPS[4]
    copy.does(commands(4)[0])
