"""PLB320…: what is published about the pinned versions of images, and when somebody looked."""

from collections.abc import Iterator
from datetime import date, timedelta

from plumbline.spec.finding import Severity
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from plumbline.update.formats import version
from schema.image import Image, Security
from validators.rules.effective_services import placed_services
from validators.rules.registry import Violation, rule

LONGEST = timedelta(days=90)
"""How long a look-up counts: PostgreSQL, for one, publishes fixes once a quarter."""


def _looked(known: str = "{}", day: str = "2999-01-01", more: str = "") -> str:
    """The starter's database, an older version of it, with a look-up."""
    image = f'{{tag: 16.9-alpine, security: {{checked: "{day}", known: {known}}}}}'
    images = f"{{postgres: {image}{more}}}"
    return "images.yaml: {images: " + images + "}\n"


def _hole(fixed_in: str) -> str:
    return f"{{CVE-2025-8714: {{fixed_in: {fixed_in}, note: a dump runs code when it is restored}}}}"


@rule(
    "PLB320",
    title="Pinned version with a vulnerability that a later version fixes",
    why=(
        "The vulnerability and its fix are public, so anyone can find out how to attack this version. A "
        "pinned version gets no fixes, even if its product line is supported."
    ),
    fix=(
        "Pin that tag or a later tag of the same line, or waive the finding in waivers.yaml until the day on which "
        "you will have done so."
    ),
    failing=_looked(_hole("16.10-alpine")),
    passing=_looked(),
)
def fixed_elsewhere(spec: Spec) -> Iterator[Violation]:
    """Vulnerabilities of images that run, fixed by a later tag."""
    for name, image, security in _looked_up(spec):
        for id, hole in security.known.items():
            if hole.fixed_in and not _has_fix(image, hole.fixed_in):
                message = f"{name} {image.tag} has {id}, which {hole.fixed_in} fixes: {hole.note}"
                also = ((path_of("images", name, "tag"), "the pinned tag"),)
                at = path_of("images", name, "security", "known", id)
                yield Violation(at, message, at_key=True, expected=hole.fixed_in, observed=image.tag, also=also)


@rule(
    "PLB321",
    title="Vulnerability look-up older than 90 days",
    why="The spec lacks everything that was published since, so an empty list does not mean that there is nothing.",
    fix="Look up the project's advisories again, and record what is known about the pinned tag, with the day.",
    failing=_looked(day="2001-01-01"),
    passing=_looked(),
    severity=Severity.WARNING,
    dated=True,
)
def looked_up_long_ago(spec: Spec, today: date) -> Iterator[Violation]:
    """Days of look-ups for images that run."""
    for name, _, security in _looked_up(spec):
        age = today - date.fromisoformat(security.checked)
        if age > LONGEST:
            message = f"vulnerabilities of {name} were looked up {age.days} days ago"
            yield Violation(path_of("images", name, "security", "checked"), message, observed=security.checked)


@rule(
    "PLB322",
    title="Image without a vulnerability look-up",
    why=(
        "Other images list their known vulnerabilities. An image without `security` looks safe, although "
        "nobody checked."
    ),
    fix="Look up the project's advisories, and add `security` with the day and what is known about the pinned tag.",
    failing=_looked(),
    passing=_looked(more=', traefik: {security: {checked: "2999-01-01"}}'),
    severity=Severity.WARNING,
)
def never_looked_up(spec: Spec) -> Iterator[Violation]:
    """Published images that run and say nothing, in a catalogue where others do."""
    others = [name for name, image in spec.images.images.items() if image.security]
    if not others:
        return
    also = ((path_of("images", others[0], "security"), "another image's look-up"),)
    for name, image in _running(spec):
        if image.security is None and image.lifecycle.state != "unpublished":
            message = f"the vulnerabilities of {name} {image.tag} were never looked up"
            yield Violation(path_of("images", name), message, at_key=True, also=also)


@rule(
    "PLB323",
    title="Vulnerability that the pinned version no longer has",
    why=(
        "`known` lists the vulnerabilities of the pinned tag. An entry for an older tag is wrong, and "
        "hides whether anybody checked the new one."
    ),
    fix="Delete the entry, or name the tag of the pinned line that has the fix. Then look up the pinned tag again.",
    failing=_looked(_hole("16.9-alpine")),
    passing=_looked(_hole("16.10-alpine")),
)
def fixed_by_the_pin(spec: Spec) -> Iterator[Violation]:
    """Vulnerabilities whose fix is in the pinned tag or in an earlier one."""
    for name, image in spec.images.images.items():
        for id, hole in image.security.known.items() if image.security else ():
            if hole.fixed_in and _has_fix(image, hole.fixed_in):
                also = ((path_of("images", name, "tag"), "the pinned tag"),)
                message = (
                    f"{name} is listed with {id}, but {image.tag} is not older than {hole.fixed_in}, which fixes it"
                )
                at = path_of("images", name, "security", "known", id, "fixed_in")
                yield Violation(at, message, observed=hole.fixed_in, also=also)


def _has_fix(image: Image, fixed_in: str) -> bool:
    return fixed_in == image.tag or () < version(fixed_in) <= version(image.tag)


def _running(spec: Spec) -> Iterator[tuple[str, Image]]:
    """Images that a service runs in some mode."""
    used = {placed.service.image for placed in placed_services(spec)}
    return ((name, image) for name, image in spec.images.images.items() if name in used)


def _looked_up(spec: Spec) -> Iterator[tuple[str, Image, Security]]:
    return ((name, image, image.security) for name, image in _running(spec) if image.security)
