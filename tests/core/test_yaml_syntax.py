"""What is no YAML is reported where something opens, and in words."""

import pytest

from plumbline.spec.yaml_tree import YamlProblem, parse_tree

WRONG = {
    "a quote that the next one ends": ('title: "Web\nsummary: s\nuser: "1:1"\n', 1, 8, "`\"` opens here, and the text ends only in line 3"),
    "a quote that nothing ends": ("a: 1\nb: 'c\nd: 1\n", 2, 4, "`'` opens here"),
    "a quote in a list": ('a:\n  - "b\n  - c\n  - "d"\n', 2, 5, "the text ends only in line 4"),
    "a map that stays open": ("a: {b: 1, c: 2\nd: [e]\n", 1, 4, "`{` opens here, and it is open until line 2"),
    "a list that stays open": ("a: [b, c\nd: 1\n", 1, 4, "`[` opens here"),
    "a comma in a list of lines": ("a: [\n  b,\n  'c' d,\n  e]\n", 3, 7, "`,` or `]`"),
    "a comma in one line": ("a: {b: 1 c: 2}\n", 1, 11, "`,` or `}`"),
    "a key without a colon": ("a: 1\nb c\nd: 1\n", 2, 1, "a key without a colon"),
    "a second colon": ("title: Web: more\n", 1, 11, "a second colon"),
    "a tab": ("a:\n\tb: 1\n", 2, 1, "no value can begin with this character"),
    "an escape": ('a: "b\\q"\n', 1, 6, "unknown escape"),
    "a text of several lines, and a fault below it": ('a: "b\n  c"\nd e\nf: 1\n', 3, 1, "a key without a colon"),
    "a list that is open at the end": ("a: 1\nd: [\n", 2, 4, "`[` opens here"),
    "line ends that only YAML sees": ('a: "x\u0085y"\nb: c\nd: [\ne: 1\n', 3, 4, "`[` opens here"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_shown_where_it_begins(name: str) -> None:
    text, line, column, words = WRONG[name]
    with pytest.raises(YamlProblem) as raised:
        parse_tree(text, "f.yaml")
    place = raised.value.finding.location
    assert place is not None
    assert (place.line, place.column) == (line, column)
    assert words in raised.value.finding.message
    assert "while" not in raised.value.finding.message
