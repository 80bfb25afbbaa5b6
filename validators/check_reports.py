"""What reports of checks have in common, whatever was looked at. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import PurePath
from typing import Any, ClassVar, Protocol, get_args

from pydantic import TypeAdapter

from generators.markdown import Page, code, link, text
from plumbline.report.fact import Check, Outcome
from plumbline.report.junit import JunitCase, SuiteTotals, document
from plumbline.spec.foreign import printable


class CheckReport(Protocol):
    """A dataclass whose `checks` are what was compared."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every comparison."""
        ...


def as_json(report: CheckReport) -> str:
    """Every field of the report, with an outcome for each check; the checks last, one per line."""
    data = {key: value for key, value in asdict(report).items() if key != "checks"}
    data["outcomes"] = dict(Counter(check.outcome for check in report.checks))
    return with_checks(data, (asdict(check) | {"outcome": check.outcome} for check in report.checks))


def with_checks(data: Mapping[str, Any], checks: Iterable[Mapping[str, Any]]) -> str:
    """JSON in which a changed check changes one line."""
    rows = [f"  {json.dumps(check, ensure_ascii=False)}" for check in checks]
    head = json.dumps({**data, "checks": []}, indent=1, ensure_ascii=False)
    return head.removesuffix("[]\n}") + "[\n" + ",\n".join(rows) + "\n ]\n}\n"


def json_schema(report: type[CheckReport]) -> str:
    """The JSON Schema (draft 2020-12) of such a report as JSON."""
    schema = TypeAdapter(report).json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$defs"]["Check"]["properties"]["outcome"] = {"enum": list(get_args(Outcome))}
    schema["properties"]["outcomes"] = {"type": "object", "additionalProperties": {"type": "integer"}}
    return json.dumps(schema, indent=1) + "\n"


def junit(
    name: str, checks: Sequence[Check], began: str, seconds: Mapping[str, float], facts: Mapping[str, str]
) -> str:
    """JUnit XML with a suite for each kind of fact and a case for each check; what cannot be read is skipped, not passed."""
    cases = [_case(check) for check in checks]
    return document(
        SuiteTotals(name, began, sum(seconds.values()), facts),
        cases or [JunitCase("plumb", "plumb", "nothing to check")],
    )


def _case(check: Check) -> JunitCase:
    classname = f"{check.where}/{check.subject}" if check.where else check.subject
    case = JunitCase(check.attribute.partition(".")[0], classname, check.attribute, seconds=check.seconds)
    if check.outcome == "matches":
        return case
    said = replace(case, message=check.difference, text=check.difference)
    return (
        replace(said, ended="skipped")
        if check.outcome == "unreadable"
        else replace(said, ended="failure", type=check.outcome)
    )


def add_facts(page: Page, checks: Sequence[Check], where: str, subject: str) -> None:
    """What does not match, in a table; all facts are thousands, and stand in the report's JSON beside the page."""
    file = f"{PurePath(page.path).stem}.json"
    page.add("## Facts")
    page.add(f"Every fact, with its expected and observed value: {link(file, file)}, one per line.")
    odd = [check for check in checks if check.outcome != "matches"]
    if not odd:
        page.add("All match.")
        return
    page.add("Those that do not match:")
    page.table(
        [where, subject, "Fact", "Result", "Expected", "Observed"],
        [
            (
                None,
                [
                    text(check.where or "–"),
                    code(check.subject),
                    code(check.attribute),
                    text(check.outcome),
                    *sides(check),
                ],
            )
            for check in odd
        ],
    )


def sides(check: Check) -> list[str]:
    """What was expected and what was seen, as cells of a table."""
    return [
        code(printable(side)) if side else "–" if side is None else "empty" for side in (check.expected, check.observed)
    ]
