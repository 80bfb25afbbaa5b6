"""What the host's own runner is made of: the runbooks that it can carry, and how it compares texts as `plumb` does."""

import os
import random
import re
import subprocess
from pathlib import Path

import pytest

from generators.offline.posix_patterns import Untranslatable, posix_pattern
from generators.offline.runbook_steps import carried_runbooks
from plumbline.runbook.listing import steps_text
from plumbline.runbook.rendering import render_runbook
from plumbline.spec.printed import difference
from tests.calling import ROOT, plumb
from tests.generators.test_runbook_pages import spec_of as spec_of_three_modes
from tests.runbooks.runner import TRY, Both, runner, spec_of
from tests.stack.conftest import shipped_spec

pytestmark = pytest.mark.slow


def test_each_runbook_of_the_host_that_ships_is_shown_as_plumb_shows_it(tmp_path: Path) -> None:
    spec = shipped_spec()
    script = runner(spec, "offline", tmp_path / "runbook.sh")
    carried = carried_runbooks(spec, "offline")
    expected = {name for name, each in spec.runbooks.items() if "offline" in each.modes} - {"offline-install"}
    assert set(carried) == expected
    for name in carried:
        given = [
            word for key, each in spec.runbooks[name].parameters.items() for word in ("--set", f"{key}={each.example}")
        ]
        shown = subprocess.run(
            ["sh", str(script), name, *given, "--dry-run"], capture_output=True, text=True, check=True
        )
        ours = plumb("runbook", "run", name, *given, "--at", "offline-host=", "--dry-run", cwd=ROOT)
        assert ours.returncode == 0, ours.stderr
        assert shown.stdout == ours.stdout


def test_so_is_any_other_in_any_shape_of_spec(both: Both, tmp_path: Path) -> None:
    starter, three = spec_of(both.data), spec_of_three_modes(plumb=False)
    tried = 0
    for spec, mode in [(starter, "single"), *((three, mode) for mode in three.topology)]:
        script = runner(spec, mode, tmp_path / "other.sh")
        for name in carried_runbooks(spec, mode):
            examples = {key: each.example for key, each in spec.runbooks[name].parameters.items()}
            given = [word for key, value in examples.items() for word in ("--set", f"{key}={value}")]
            shown = subprocess.run(
                ["sh", str(script), name, *given, "--dry-run"], check=False, capture_output=True, text=True
            )
            assert shown.stdout == steps_text(render_runbook(spec, name, mode, examples)), shown.stderr
            tried += 1
    assert tried == 2 + 4  # each with the one of `plumb init`


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Try «it»", "title: Try {{ name | upper }}"),
        ("'{{ name }}' greeting", "'{% if name == \"x\" %}{{ name }}{% endif %}' greeting"),
        ("'kept: (\\S+), ", "'kept: (.+?), "),
        ("duration_min: 1", "duration_min: 1\nbefore_install: true"),
    ],
)
def test_what_a_shell_can_not_do_alike_is_left_out(both: Both, old: str, new: str) -> None:
    assert old in TRY
    both.change(TRY.replace(old, new))
    assert set(carried_runbooks(spec_of(both.data), "single")) == {"start"}


def test_what_is_compared_is_compared_alike(both: Both) -> None:
    """Random texts of few words, many of which fit."""
    chance = random.Random(19)
    shell = both.script.read_text().replace(
        'main "$@"', 'work=$1 output=$(cat "$1/shown"; echo .) && output=${output%.} && difference'
    )
    script = both.folder / "difference.sh"
    script.write_text(shell)
    for _ in range(60):
        shown = "\n".join(
            chance.choice(["…", "a…", "a…b", "…b…a", "ab", "", " a ", "…é"]) for _ in range(chance.randint(1, 5))
        )
        lines = [chance.choice(["a", "ab", "aab", "ba", "", "b a", "é  "]) for _ in range(chance.randint(0, 6))]
        printed = "".join(f"{line}\n" for line in lines)
        (both.folder / "shown").write_text(shown)
        (both.folder / "printed").write_text(printed)
        done = subprocess.run(["sh", str(script), str(both.folder)], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines() == difference(shown, printed), (shown, printed)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(\S+) (\d{2,3})x?", "ab 123x"),
        (r"[\w.-]+", "a_b.c-d"),
        (r"[^a-f\s]+", "xyz"),
        (r"(?:a|bc)+\.", "abca."),
        (r"[]^-]+", "]^-"),
        (r"a{,2}\$", "aa$"),
        (r"ü.", "üx"),
    ],
)
def test_a_pattern_means_the_same(pattern: str, text: str) -> None:
    beyond = "" if r"\w" in pattern else "é"  # of which a shell knows no letters beyond ASCII
    for tried in (text, f"{text} ", f"{beyond}{text}", text[1:], "", "a b", "ab 1234"):
        found = subprocess.run(
            ["grep", "-q", "-x", "-E", "-e", posix_pattern(pattern)],
            input=f"{tried}\n".encode(),
            env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
            check=False,
        )
        assert (found.returncode == 0) == bool(re.fullmatch(pattern, tried)), tried


@pytest.mark.parametrize("pattern", [r"a*?", r"ü+", r"\bx", r"(?=a)", r"[\\a]", r"[[:x]", r"a{1}{2}"])
def test_a_pattern_that_posix_has_no_words_for_is_told(pattern: str) -> None:
    with pytest.raises(Untranslatable):
        posix_pattern(pattern)
