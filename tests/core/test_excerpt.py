"""What an example shows of itself."""

from plumbline.report.excerpt import excerpts
from validators.all_rules import ALL_RULES

LONG = "\n".join(["a.yaml:", "  b:", *(f"    k{n}: {n}" for n in range(40)), "c.yaml: {d: 1}"])


def test_lines_that_matter_stay_with_what_they_stand_below() -> None:
    fails, passes = excerpts(LONG, LONG.replace("k20: 20", "k20: 0"))
    shown = [
        "a.yaml:",
        "  b:",
        "    # …",
        "    k18: 18",
        "    k19: 19",
        "    k20: 20",
        "    k21: 21",
        "    k22: 22",
        "    # …",
    ]
    assert fails.split("\n") == shown
    assert passes == fails.replace("k20: 20", "k20: 0")


def test_what_one_side_lacks_leaves_its_neighbours() -> None:
    fails, passes = excerpts(LONG, LONG.replace("    k20: 20\n", ""))
    assert "k20" in fails
    assert "k20" not in passes
    assert "k19" in passes
    assert "k21" in passes


def test_a_short_text_is_whole() -> None:
    assert excerpts("a: 1\nb: 2", "a: 1\nb: 3") == ("a: 1\nb: 2", "a: 1\nb: 3")


def test_every_rule_shows_all_that_its_examples_differ_in() -> None:
    for rule in ALL_RULES.values():
        fails, passes = (set(text.split("\n")) for text in excerpts(rule.failing, rule.passing))
        left, right = (set(text.strip().split("\n")) for text in (rule.failing, rule.passing))
        assert left - right <= fails, rule.id
        assert right - left <= passes, rule.id
