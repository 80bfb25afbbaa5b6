"""The trials themselves: scripts that lose a failure are found out, and honest ones of other shapes are not."""

import pytest

from tests.runbooks.tried import can_try, on_a_blank_system, read, tried, without

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not can_try(), reason="this machine gives a process no namespaces of its own"),
]

LOSES = {
    "a list in a loop": 'for each in a b; do\n  grep -q "$each" list && echo "$each"\ndone',
    "left of a pipe": "dump | pack -o file",
    "an argument": 'remove "$(newest)"',
    "forgiven": "stop || true\nremove",
    "a list that is not the last": "verify file && echo good\ninstall file",
    "a condition": "if verify file; then echo good; fi\ninstall file",
    "a word of a loop": 'for each in $(list); do remove "$each"; done',
    "a function": "both() { one | two; }\nboth",
    "in the background": "serve & \nask",
    "not the first": "one\ntwo || echo 'never mind'\nthree",
}
KEEPS = {
    "the last of a list": "one && two",
    "an end of its own": 'for each in a b; do\n  check "$each" || { echo bad >&2; exit 1; }\ndone',
    "assigned first": 'name=$(newest)\nremove "$name"',
    "a code that is asked for": 'code=0\nask || code=$?\ntest "$code" = 124',
    "a pipe that demands": "ask | grep -q yes",
    "a file that is looked at": 'dump | pack > file\ntest "$(wc -c < file)" -eq 40',
    "two ways": "if command -v one > /dev/null; then one; else two; fi",
    "waiting": 'tried=0\nwhile test "$tried" -lt 3; do\n  code=$(ask || true)\n  tried=$((tried + 1))\ndone\ntest "$code" = 200',
    "a here-document": "cat > file <<END\ntext\nEND\nmv file other",
    "a subshell": "(cd /srv; one)\ntwo",
}


@pytest.mark.parametrize("text", LOSES.values(), ids=LOSES)
def test_a_script_that_loses_a_failure_is_found_out(text: str) -> None:
    assert tried(read(text)).wrong


@pytest.mark.parametrize("text", KEEPS.values(), ids=KEEPS)
def test_an_honest_script_is_not_blamed(text: str) -> None:
    verdict = tried(read(text))
    assert (verdict.wrong, verdict.untried) == ((), ())


@pytest.mark.parametrize("text", ["! tool list | grep -q name", 'test -z "$(tool list)"'])
def test_a_script_that_says_yes_without_its_program_is_found_out(text: str) -> None:
    assert without(read(text), "tool").code == 0
    assert on_a_blank_system(read(text)).code == 0


def test_a_script_cannot_change_this_machine(tmp_path: object) -> None:
    script = read(f"rm -rf {tmp_path}\ntouch /usr/mark")
    assert on_a_blank_system(script).code != 0
    assert __import__("pathlib").Path(str(tmp_path)).is_dir()
