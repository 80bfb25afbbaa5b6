"""What reports of checks have in common, whatever was looked at. Pure."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Protocol, get_args
from xml.etree import ElementTree

from pydantic import TypeAdapter

from generators.markdown import code
from plumbline.fact import Check, Outcome
from plumbline.foreign import printable
from plumbline.reporters.machine import xml_safe


class CheckReport(Protocol):
    """A dataclass whose `checks` are what was compared."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every comparison."""
        ...


def as_json(report: CheckReport) -> str:
    """Every field of the report, with an outcome for each check."""
    data = asdict(report)
    data["checks"] = [asdict(check) | {"outcome": check.outcome} for check in report.checks]
    data["outcomes"] = dict(Counter(check.outcome for check in report.checks))
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


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
    """JUnit XML with one test case per check; what cannot be read is skipped, not passed."""
    failures = sum(1 for check in checks if check.outcome not in ("matches", "unreadable"))
    suite = ElementTree.Element(
        "testsuite",
        name=name,
        tests=str(len(checks)),
        failures=str(failures),
        skipped=str(sum(1 for check in checks if check.outcome == "unreadable")),
        time=str(round(sum(seconds.values()), 2)),
        timestamp=began,
    )
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in facts.items():
        ElementTree.SubElement(properties, "property", name=key, value=xml_safe(value))
    for check in checks:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f"{check.where}/{check.subject}" if check.where else check.subject,
            name=xml_safe(check.attribute),
        )
        if check.seconds is not None:
            case.set("time", f"{check.seconds:.2f}")
        if check.outcome == "unreadable":
            ElementTree.SubElement(case, "skipped", message=xml_safe(check.difference))
        elif check.outcome != "matches":
            message = xml_safe(check.difference)
            ElementTree.SubElement(case, "failure", message=message, type=check.outcome).text = message
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def sides(check: Check) -> list[str]:
    """What was expected and what was seen, as cells of a table."""
    return [
        code(printable(side)) if side else "–" if side is None else "empty" for side in (check.expected, check.observed)
    ]
