"""PLB546, PLB869: days that have not come, and days that are too long ago."""

from collections.abc import Iterator
from datetime import date, timedelta

from plumbline.spec.finding import Severity
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.cloud_examples import cloud_example
from validators.rules.registry import Violation, rule

_LOOKED = 'images.yaml: {{images: {{postgres: {{evidence: {{confirmations: 2, checked: "{day}"}}}}}}}}\n'


@rule(
    "PLB546",
    title="Look-up date in the future",
    why="The date shows how old a fact is. A date in the future hides that the fact has to be looked up again.",
    fix="Write the day of the look-up.",
    failing=_LOOKED.format(day="2999-01-01"),
    passing=_LOOKED.format(day="2001-01-01"),
    dated=True,
)
def looked_up_in_the_future(spec: Spec, today: date) -> Iterator[Violation]:
    days = {path_of("catalogue", "date"): spec.catalogue.date}
    for name, image in spec.images.images.items():
        if image.evidence:
            days[path_of("images", name, "evidence", "checked")] = image.evidence.checked
        if image.security:
            days[path_of("images", name, "security", "checked")] = image.security.checked
    for path, day in days.items():
        # east of here it may be tomorrow already
        if day and str(day) > (today + timedelta(days=1)).isoformat():
            yield Violation(path, f"{day} is in the future")


_RECORDED = 'date: "2026-11-23"'


@rule(
    "PLB869",
    title="Recorded prices that are too old",
    severity=Severity.WARNING,
    why="The provider may have changed its prices since. The plan and the pages may show wrong costs.",
    fix=(
        "Look up the prices (`plumb verify cloud --live-prices` compares them), correct them, and set `date` to "
        "that day."
    ),
    failing=cloud_example().replace(_RECORDED, 'date: "2001-01-01"'),
    passing=cloud_example().replace(_RECORDED, 'date: "2999-01-01"'),
    dated=True,
)
def old_prices(spec: Spec, today: date) -> Iterator[Violation]:
    """A catalogue that is older than it may be, where a mode orders from it."""
    catalogue = spec.catalogue
    age = (today - date.fromisoformat(catalogue.date)).days
    if spec.says("catalogue") and age > catalogue.max_age_days and any(each.cloud for each in spec.topology.values()):
        yield Violation(
            path_of("catalogue", "date"),
            f"the prices are from {catalogue.date}, {age} days old",
            expected=f"at most {catalogue.max_age_days} days",
        )
