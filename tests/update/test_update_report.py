"""The page of the updates' proof says what was seen, with what failed."""

import json

from proofs.update.cases import UpdateCase
from proofs.update.goals import UpdateGoal
from proofs.update.reckoning import ClientsSaw, Reckoning
from proofs.update.reporting import UpdateRow, as_json, as_page, line, row_of, score
from proofs.update.trying import UpdateOutcome

SEEN = Reckoning(
    {"settings-new": ClientsSaw(90, longest_s=1.26), "upload-new": ClientsSaw(3, 1, longest_s=7.0)},
    ClientsSaw(93, 1, 2, 3, 7.0, 4.44),
    ("1 × upload-new: 500",),
    frozenset({"x", "y"}),
)


def row(*wrong: str) -> UpdateRow:
    goal = UpdateGoal(("web",), ("store: requests wait",), 59)
    return row_of(
        "classic", "shop", UpdateOutcome(UpdateCase("one", "One | two"), "there", goal, SEEN, 61.7, ("x",), (), wrong)
    )


def test_a_row_says_what_clients_saw_and_what_the_plan_says() -> None:
    page = as_page([row()], "Spec 1")
    assert "Spec 1: update proof: 1 of 1 as they have to be." in page
    shown = next(each for each in page.splitlines() if each.startswith("| `shop`"))
    cells = shown.strip("| ").split(" | ")
    assert cells[0:2] == ["`shop`", "classic"] and cells[3:9] == ["there", "`web`", "59 s", "93", "1", "2"]
    # an upload takes long by itself
    assert cells[9:14] == ["1.3 s", "4.4 s", "2", "1", "0"] and cells[14].startswith("right")
    assert "One \\| two, there: 1 × upload" in page.replace("–", "-")


def test_what_is_wrong_is_told_and_counted() -> None:
    rows = [row(), row("lost: x")]
    assert score(rows) == "update proof: 1 of 2 as they have to be"
    assert "**wrong**" in as_page(rows, "") and "lost: x" in as_page(rows, "")
    assert line(rows[1]).startswith(
        "WRONG  classic, shop, one there: 1 of 93 requests failed, 2 sent again, 3 with a new token"
    )
    assert [each["failed"] for each in json.loads(as_json(rows, ""))["rows"]] == [1, 1]
