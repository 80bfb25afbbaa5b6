"""Counts the differences between each stand-in and its image, for reports. The page about images lists them. Pure."""

from collections.abc import Iterable, Mapping

from generators.site.contract_page import PAGE
from plumbline.spec.spec import Spec


def weakened(spec: Spec, images: Iterable[str]) -> dict[str, int]:
    """For each of the images whose stand-in ran, in how many ways it differs, where its contract says any."""
    known = {image: spec.contracts[image].otherwise for image in images if image in spec.contracts}
    return {image: len(otherwise) for image, otherwise in known.items() if otherwise}


def weakness(image: str, differences: Mapping[str, int]) -> str:
    """What a line about a stand-in ends with: that it weakens results, and where to read which; empty where nothing is known."""
    count = differences.get(image)
    if not count:
        return ""
    return f"; {count} difference{'s' if count > 1 else ''} from the image weaken{'' if count > 1 else 's'} results: {PAGE}#{image}"
