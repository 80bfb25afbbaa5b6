"""PLB546: days that have not come."""

from collections.abc import Iterator
from datetime import date, timedelta

from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.registry import Violation, rule

_LOOKED = 'images.yaml: {{images: {{postgres: {{evidence: {{confirmations: 2, checked: "{day}"}}}}}}}}\n'


@rule(
    "PLB546",
    title="Look-up date in the future",
    why="The date says how far a fact can be trusted. A future date says nothing, and hides that the fact needs another "
    "look-up.",
    fix="Write the day on which somebody looked.",
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
