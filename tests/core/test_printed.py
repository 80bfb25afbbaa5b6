"""What a command printed: held against what a page shows, and what is taken out of it."""

import pytest

from plumbline.runbook.captures import NotCaptured, capture, pattern_problem
from plumbline.spec.printed import as_shown, difference, plain


@pytest.mark.parametrize(
    ("output", "printed", "same"),
    [
        ("one\ntwo", "one\ntwo\n", True),
        ("one\ntwo", "one\ntwo\nthree\n", False),
        ("one\ntwo", "two\none\n", False),
        ("one\ntwo", "", False),
        ("…", "", True),
        ("…\n…", "one\n", True),
        ("a … b … c", "a 1 b 2 c\n", True),
        ("a … b … c", "a 1 c 2 b\n", False),
        ("a…a", "a\n", False),
        ("(.*)", "anything\n", False),
        ("one …, two", "one 1.0, two\n", True),
        ("one\n…\nfour", "one\ntwo\nthree\nfour\n", True),
        ("one\n…\nfour", "one\nfour\n", True),
        ("one\n…\nfour", "four\n", False),
        ("a.b", "axb\n", False),
    ],
)
def test_a_page_shows_what_is_printed(output: str, printed: str, same: bool) -> None:
    assert as_shown(output, printed) is same


def test_a_difference_says_which_lines() -> None:
    shown = "verified: … signed by us\n…\ninstalled"
    assert difference(shown, "verified: 1.0 signed by them\nloading\ninstalled\nwarning\n") == [
        "- verified: … signed by us",
        "  …",
        "  installed",
        "+ warning",
    ]


def test_much_output_takes_little_time_and_is_refused_where_it_is_too_much() -> None:
    shown = "…\n" + "x … x … x\n" * 20 + "…\nend"
    assert difference(shown, "x x x x x x x x\n" * 2000)
    assert "not compared" in difference("…", "line\n" * 6000)[0]


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("10 %\r50 %\r100 %\n", "100 %"),
        ("done\r\n", "done"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07text\n", "red text"),
        ("bell\x07 and \x1b[2K erased\n", "bell and  erased"),
    ],
)
def test_a_line_is_what_a_terminal_leaves(line: str, left: str) -> None:
    assert plain(line) == left


@pytest.mark.parametrize(
    "pattern",
    [
        "exported: (.*)",
        "exported: (/[a-z/.-]+), [0-9]+ bytes",
        r"server \S+ \(id (\d+)\)",
        "([^]]*)",
        "a{2}(b)",
        r"\(a\)+(b)",
    ],
)
def test_a_pattern_that_is_taken(pattern: str) -> None:
    assert pattern_problem(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("exported", "needs one group"),
        ("(a)(b)", "needs one group"),
        ("(a", "not a regular expression"),
        ("[a", "it is invalid from"),
        ("(a|b)", "alternatives"),
        ("(?:a)(b)", "alternatives"),
        (r"(a)\1", "alternatives"),
        ("(a+)+b", "repeated group"),
        ("(a*){9}", "repeated group"),
        (".*.*(.*)", "more than two repeats"),
        ("(a{1,900}b{1,900}c{1,900})", "more than two repeats"),
    ],
)
def test_a_pattern_that_is_not(pattern: str, says: str) -> None:
    assert says in str(pattern_problem(pattern))


def test_a_value_is_taken_from_the_start_of_a_line() -> None:
    assert capture("made: (.*), [0-9]+", "noise\nmade: /a/b, 12\nmade: /a/b, 13\n") == "/a/b"
    with pytest.raises(NotCaptured):
        capture("made: (.*)", "it was not made: /etc\n")
    with pytest.raises(NotCaptured):
        capture("made: (.*)", "made: " + "a" * 2000)
