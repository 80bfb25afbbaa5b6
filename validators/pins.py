"""PLB99x: the images of images.yaml compared with their registries."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from plumbline.bundle.image_lock import Pin, known_platforms
from plumbline.spec.finding import Finding
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.documented import RealityRule

_RULES = (
    RealityRule(
        "PLB991",
        "Tag that points to another image than the pinned one",
        "A pull by tag gets an image that nobody here has reviewed. A pull by digest misses its fixes.",
        "Read what changed, run `plumb lock` (or `plumb lock --image ID` for only this image), and build.",
    ),
    RealityRule(
        "PLB992",
        "Image missing from its registry",
        "A host without a local copy of the image can no longer be installed from this spec.",
        "Look for the image's new location or a newer tag. Keep a copy of what you have: `docker save`.",
    ),
)

PIN_RULES = {rule.id: rule for rule in _RULES}
"""Rules of the catalogue against registries by id."""


@dataclass(frozen=True)
class RegistryAnswer:
    """What came of asking for an image."""

    image: str
    """Id in images.yaml."""
    pin: Pin | None
    """None where the registry has not got it."""
    missing: str = ""
    """What is not there."""


def ask(spec: Spec, ids: Iterable[str]) -> Iterator[RegistryAnswer]:
    """Ask each image's registry for its tag. Raises EnvironmentMissing where a registry does not answer."""
    # it brings an HTTP client along, which a check has no use for
    from plumbline.bundle.registry import NotThere, Registry, split_name

    registries: dict[str, Registry] = {}
    for id in ids:
        host, path = split_name(spec.images.images[id].repository)
        registry = registries.setdefault(host, Registry(host))
        try:
            found = registry.resolve(path, spec.images.images[id].tag)
        except NotThere as error:
            yield RegistryAnswer(id, None, str(error))
            continue
        platforms = known_platforms(found.platforms)
        if platforms:
            yield RegistryAnswer(id, Pin(id, found.digest, platforms))
        else:
            yield RegistryAnswer(
                id, None, f"the tag points to images for {', '.join(found.platforms) or 'no platform'} only"
            )


def absent(spec: Spec, answers: Iterable[RegistryAnswer]) -> Iterator[Finding]:
    """A finding for each image that its registry has not got."""
    for answer in answers:
        if answer.pin is None:
            image = spec.images.images[answer.image]
            yield _finding(spec, "PLB992", answer.image, "tag", f"{image.repository}:{image.tag}: {answer.missing}")


def moved_pins(spec: Spec, pins: Iterable[Pin]) -> Iterator[Finding]:
    """A finding for each image whose tag leads elsewhere, or to other platforms."""
    for pin in pins:
        image = spec.images.images[pin.image]
        if pin.has_moved(image):
            yield _finding(
                spec,
                "PLB991",
                pin.image,
                "digest",
                f"{image.repository}:{image.tag} has moved",
                f"{image.digest or 'no digest'}, {', '.join(image.platforms)}",
                f"{pin.digest}, {', '.join(pin.platforms)}",
            )


def _finding(
    spec: Spec, rule: str, id: str, field: str, message: str, expected: str | None = None, observed: str | None = None
) -> Finding:
    path = path_of("images", id, field)
    known = PIN_RULES[rule]
    return Finding(
        rule,
        message,
        severity=known.severity,
        location=spec.at(path),
        hint=known.fix,
        subject=path,
        expected=expected,
        observed=observed,
    )
