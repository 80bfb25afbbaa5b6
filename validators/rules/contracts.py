"""PLB313, PLB314: contracts of images against the images that are pinned."""

from collections.abc import Iterator

from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from plumbline.update.formats import unread
from validators.rules.effective_services import placed_services
from validators.rules.registry import Violation, rule

TAG = "16.15-alpine"
"""Tag of the starter's database, which the examples are about."""
_DATA = "data: {format: a cluster, read_by: same-major, otherwise: dump and restore}"


def _contract(tag: str, name: str = "postgres", more: str = "") -> str:
    return f'contracts/{name}.yaml: {{read: {{tag: "{tag}"}}{more and ", "}{more}}}\n'


@rule(
    "PLB313",
    title="Contract that was written for another version of the image",
    why=(
        "A new version has other folders, programs and settings. Rules, readers and stand-ins would then "
        "rely on facts about an image that does not run."
    ),
    fix="Read the sources of the pinned tag again, correct the facts, and write its tag and digest in `read`.",
    failing=_contract("16.8-alpine"),
    passing=_contract(TAG),
)
def read_from_another(spec: Spec) -> Iterator[Violation]:
    """Contracts of no image, and those whose tag or digest the image has not."""
    for name, contract in spec.contracts.items():
        at, image, read = path_of("contracts", name), spec.images.images.get(name), contract.read
        if image is None:
            hint = "name the file after an image in images.yaml, or delete it"
            yield Violation(at, f"there is no image {name}", hint)
        elif read.tag != image.tag:
            also = ((path_of("images", name, "tag"), "the pinned tag"),)
            message = f"the contract of {name} was read from {read.tag}, but {image.tag} is pinned"
            yield Violation(path_of(at, "read", "tag"), message, expected=image.tag, observed=read.tag, also=also)
        elif read.digest and image.digest and read.digest != image.digest:
            also = ((path_of("images", name, "digest"), "the pinned digest"),)
            message = f"the contract of {name} was read when another digest was pinned"
            yield Violation(
                path_of(at, "read", "digest"), message, expected=image.digest, observed=read.digest, also=also
            )


@rule(
    "PLB314",
    title="New tag that cannot read the data of the old tag",
    why="The new release starts with the volumes of the old release, and rejects or damages them.",
    fix="Pin a tag that reads this data, or write a runbook that migrates it; then update the contract.",
    failing=_contract("15.4-alpine", more=_DATA),
    passing=_contract("16.4-alpine", more=_DATA),
)
def unreadable_data(spec: Spec) -> Iterator[Violation]:
    """Images of services with volumes, whose tag the contract's data is not read by."""
    keeping = {placed.service.image for placed in placed_services(spec) if placed.service.volumes}
    for name, contract in spec.contracts.items():
        image = spec.images.images.get(name)
        if image is None or contract.data is None or name not in keeping:
            continue
        if wrong := unread(contract.data.read_by, contract.read.tag, image.tag):
            also = ((path_of("contracts", name, "data"), "what it keeps"),)
            hint = f"{contract.data.otherwise}; then read the contract again"
            message = f"{name} {image.tag} does not read what {contract.read.tag} has written: {wrong}"
            yield Violation(path_of("images", name, "tag"), message, hint, observed=image.tag, also=also)
