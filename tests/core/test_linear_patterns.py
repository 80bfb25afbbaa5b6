"""Patterns of a spec mean what `re` makes of them, and no text takes them long."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plumbline.expressions import linear_patterns
from plumbline.expressions.linear_patterns import MOST_STATES, NotLinear, fits, problem

ORDINARY = {
    r"[a-z]+": "abc", r"[a-z][a-z0-9-]*": "web-1", r"[a-z][a-z0-9]*(-[a-z0-9]+)*": "a-b-c", r"\d+": "42", r"\d{4}-\d{2}-\d{2}": "2026-11-26",
    r"[0-9]{1,3}(\.[0-9]{1,3}){3}": "10.0.0.1", r"([0-9]{1,3}\.){3}[0-9]{1,3}(/[0-9]{1,2})?": "10.0.0.0/8", r"v?\d+(\.\d+)*": "v1.2.3",
    r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?": "1.2.3-rc.1+b", r"[0-9a-f]{40}": "0a" * 20,
    r"([0-9a-f]{2}:){5}[0-9a-f]{2}": "00:11:22:aa:bb:cc", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}": "01234567-89ab-cdef-0123-456789abcdef",
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+": "ops@a.example.com", r"https?://[a-z0-9.-]+(:\d+)?(/\S*)?": "http://a.b:80/c",
    r"(?i)yes|no": "Yes", r"(true|false)": "true", r"small|medium|large": "large", r"(?:eu|us)-(?:east|west)-[1-9]": "eu-west-1",
    r"/[a-z]+(/[a-z]+)*/?": "/a/b/", r"(/[A-Za-z0-9._-]+)+": "/srv/data", r"[^/]+": "abc", r"[^\s,]+(,[^\s,]+)*": "a,b", r"\w+(=\w+)?": "a=b",
    r"(?!-)[a-z0-9-]{1,63}(?<!-)": "a-b", r"(?=.*\d)(?=.*[a-z]).{8,20}": "abcdefg1", r"(?:(?!--)[a-z-])+": "a-b-c", r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$": "DE89370400440532013000",
    r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*": "a.example-1.com", r"P(\d+D)?(T(\d+H)?(\d+M)?)?": "P1DT2H",
    r"\d+(s|m|h|d)": "15m", r"\d+(\.\d+)?%?": "0.5%", r"[+-]?\d*\.?\d+([eE][+-]?\d+)?": "-1.5e3", r"\A[a-f]*\Z": "abc", r"\bdb\b": "db",
    r"[a-z]{3}\d{2,}": "abc123", r"(a+)+": "aaa", r"(\w+:)*\w+": "a:b:c", r"(?P<tenant>[a-z]+)@(?P<host>[a-z]+)": "a@b", r".*": "x", r"": "",
    r"[A-Z]+(_[A-Z]+)*": "A_B", r"([a-z]+\.)?[a-z]+/[a-z]+:[a-z0-9.]+": "r.io/a:1.0", r"T-[0-9]{3,6}": "T-1234", r"(ab|cd)*": "abcd",
    r"key=(\"[^\"]*\"|[^\" ]+)": "key=v", r"(?s:.)+": "a\nb", r"(?x) [a-z]+  # letters": "abc", r"(?:[01]\d|2[0-3]):[0-5]\d": "23:59",
}  # fmt: skip
"""What people write for names, versions, addresses, days and the like, each with a text of its."""

RUNAWAY = [
    r"(a|a)*b", r"(a|ab)*c", r"(\w|\d)+$", r"(a+)+b", r"(a*)*b", r"(a?){30}a{30}", r"((a?)?)*b", r"(a|aa)+b", r"(a|b|ab)*c", r"([a-z]+)*\d",
    r"(.*)*x", r"(.*.*.*.*)+x", r"(x+x+)+y", r"(a|a?)+b", r"(?:a{1,30}){1,30}b", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(([a-z]*)*)*1", r"(a(b?)a?)*c",
    r"(?:(?:a|a)|a)*b", r"(?i)(a|A)*b", r"(?=(a|a)*b)a*c", r"(\w+\s?)*!", r"((ab)*|a*)*c", r"(a{0,9}){0,9}(a{0,9}){0,9}b",
]  # fmt: skip
NEAR = [unit * (1000 // len(unit)) for unit in ("a", "ab", "aa ", "A", "x", "a1")]


def test_there_are_ordinary_patterns_enough() -> None:
    assert len(ORDINARY) >= 40


@pytest.mark.parametrize("pattern", ORDINARY)
def test_an_ordinary_pattern_is_taken_and_means_what_re_makes_of_it(pattern: str) -> None:
    text = ORDINARY[pattern]
    assert problem(pattern) is None
    assert fits(pattern, text) and re.fullmatch(pattern, text)
    for other in (text + "-", "-" + text, text[1:], text[:-1], text * 2, text.swapcase(), "", text + "\n", " "):
        assert fits(pattern, other) == (re.fullmatch(pattern, other) is not None), other


@pytest.mark.parametrize("pattern", RUNAWAY)
def test_no_pattern_runs_away(pattern: str) -> None:
    assert problem(pattern) is None
    for text in NEAR:
        fits(pattern, text + "!")  # raises NotLinear beyond MOST_STEPS
    for text in ("aaab", "ababc", "ab12", "b", "", "aaaa", "xxy", "aac", "a b!"):
        assert fits(pattern, text) == (re.fullmatch(pattern, text) is not None), text


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        (r"(a)\1", "back-references"), (r"(?>a+)b", "atomic"), (r"a++b", "atomic"), (r"(a)?(?(1)b|c)", "conditions"), ("(", "not a regular expression"),
        (f"a{{{MOST_STATES + 1}}}", "repeats too much"), (r"((a{60}){60}){60}", "repeats too much"), ("(" * 3000 + ")" * 3000, "nested too deeply"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused_and_says_why(pattern: str, says: str) -> None:
    assert says in (problem(pattern) or "")


def test_a_repeat_of_nothing_ends() -> None:
    assert fits("(?:){4000000000}a", "a")


def test_looking_ahead_at_every_place_has_an_end() -> None:
    with pytest.raises(NotLinear, match="too long"):
        fits("(?:(?=" + "(?:a?){60}" * 8 + "!)a|a)*", "a" * 1000)


PARTS = st.sampled_from(
    [r"a", r"b", r"[ab]", r"\w", r"\d", r".", r"[^a]", r"^", r"$", r"\b", r"(?=a)", r"(?!b)", r"(?<=a)", r"(?<!b)"]
)
PATTERNS = st.recursive(
    PARTS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,2}", "*?", "{2,}"])).map(lambda two: f"(?:{two[0]}){two[1]}"),
        inner.map(lambda one: f"(?i:{one})"),
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(PATTERNS, st.text("abAB1 \n", max_size=6))
def test_any_pattern_means_what_re_makes_of_it(pattern: str, text: str) -> None:
    assert fits(pattern, text) == (re.fullmatch(pattern, text) is not None)


def test_a_step_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear_patterns, "MOST_STEPS", 100)
    with pytest.raises(NotLinear, match="too long"):
        fits("[a-z]*", "a" * 1000)
