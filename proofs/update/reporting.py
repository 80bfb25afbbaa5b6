"""What the updates' proof says: a line and a row for each outcome, the page and the score. Pure."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from generators.markdown import EvidencePage, code, codes, text
from proofs.update.trying import UpdateOutcome


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """An outcome, as it is written down."""

    store: str
    platform: str
    case: str
    title: str
    way: str
    copies: tuple[str, ...]
    refused: tuple[str, ...]
    """What the plan says that clients see."""
    pause_s: int
    """The longest pause that the plan names."""
    asked: int
    failed: int
    resent: int
    renewed: int
    longest_s: dict[str, float]
    """The longest wait of each kind of clients for a right answer."""
    silent_s: float
    """The longest that one client had no right answer."""
    documents: int
    lost: int
    twice: int
    took_s: float
    """Of the script."""
    failures: tuple[str, ...]
    wrong: tuple[str, ...]


def row_of(store: str, platform: str, outcome: UpdateOutcome) -> UpdateRow:
    """An outcome of a platform with a store of images."""
    seen, goal = outcome.seen, outcome.goal
    return UpdateRow(
        store,
        platform,
        outcome.case.name,
        outcome.case.title,
        outcome.way,
        goal.copies,
        goal.refused,
        goal.pause_s,
        seen.total.asked,
        seen.total.failed,
        seen.total.resent,
        seen.total.renewed,
        {kind: round(each.longest_s, 1) for kind, each in seen.kinds.items()},
        round(seen.total.silent_s, 1),
        len(seen.sent),
        len(outcome.lost),
        len(outcome.twice),
        round(outcome.took_s),
        seen.failures,
        outcome.wrong,
    )


def line(row: UpdateRow) -> str:
    """For a terminal."""
    slowest = ", ".join(f"{kind} {each} s" for kind, each in row.longest_s.items())
    said = "".join(f"\n    {each}" for each in (*row.refused, *row.wrong, *row.failures[:5]))
    return (
        f"{'WRONG' if row.wrong else 'right'}  {row.store}, {row.platform}, {row.case} {row.way}: {row.failed} of {row.asked} "
        f"requests failed, {row.resent} sent again, {row.renewed} with a new token; {row.documents} documents, {row.lost} lost, "
        f"{row.twice} twice; {row.took_s:.0f} s; longest: {slowest}; without an answer {row.silent_s} s{said}"
    )


def score(rows: Sequence[UpdateRow]) -> str:
    """In a line."""
    return f"update proof: {sum(not row.wrong for row in rows)} of {len(rows)} as they have to be"


def as_json(rows: Sequence[UpdateRow], head: str) -> str:
    """All of it."""
    return json.dumps({"seen": head, "rows": [asdict(row) for row in rows]}, indent=1) + "\n"


def as_page(rows: Sequence[UpdateRow], head: str) -> str:
    """The page of the site."""
    page = EvidencePage("update-proof.md", "Updates under load")
    page.add(f"{head}: {score(rows)}.")
    page.add(
        "Releases were changed over on a sealed host while clients asked without pause, there by `install.sh` and back by "
        "`rollback.sh`: on new and on kept connections, with uploads of 20 MB, answers that take 3 s and long polls. The goal of "
        "each row is that of its plan: no request fails, or, where a service is recreated in place, nobody waits longer than the "
        "plan says. «Sent again» counts kept connections that ended between two requests. «Longest wait» is that of a right "
        "answer, without uploads, polls and slow answers; «no answer» is the longest that one client had none."
    )
    headers = [
        "Platform",
        "Store",
        "What changes",
        "Way",
        "Second copy",
        "Plan's pause",
        "Requests",
        "Failed",
        "Sent again",
    ]
    headers += ["Longest wait", "No answer", "Documents", "Lost", "Twice", ""]
    page.table(headers, [(None, _cells(row)) for row in rows])
    told = [f"- {text(row.title)}, {row.way}: {text(each)}" for row in rows for each in (*row.failures, *row.wrong)]
    if told:
        page.add("## What failed")
        page.add("\n".join(dict.fromkeys(told)))
    return page.done().content.decode()


_TAKE_LONG = ("upload-new", "poll-kept", "slow-new")


def _cells(row: UpdateRow) -> list[str]:
    longest = max((each for kind, each in row.longest_s.items() if kind not in _TAKE_LONG), default=0.0)
    documents = [str(each) if row.documents else "–" for each in (row.documents, row.lost, row.twice)]
    return [
        code(row.platform),
        row.store,
        text(row.title),
        row.way,
        codes(row.copies) or "–",
        f"{row.pause_s} s" if row.refused else "none",
        str(row.asked),
        str(row.failed),
        str(row.resent),
        f"{longest} s",
        f"{row.silent_s} s",
        *documents,
        "right" if not row.wrong else "**wrong**",
    ]
