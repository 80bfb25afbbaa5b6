"""A bundle held against its signature, its manifest and the spec. Every byte of it is read, and nothing is unpacked."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from plumbline.bundle import archive, sbom
from plumbline.bundle.archive import BrokenArchive, Head
from plumbline.bundle.inspection import Layer, blob_path, layers, read_parts
from plumbline.bundle.manifest import NEXT_KEY
from plumbline.bundle.medium import opened
from plumbline.bundle.signing import NotTrusted, Signer, fingerprint_in, signer
from plumbline.deployment import services_of
from plumbline.finding import Finding
from plumbline.location import Location
from plumbline.spec import Spec
from schema.bundle import BundledImage, Manifest
from validators.bundle.rules import BUNDLE_RULES


@dataclass(frozen=True)
class Trust:
    """Whose signature counts."""

    fingerprints: tuple[str, ...]
    key: Path | None
    """File with the public key; None: the user's own keyring."""


@dataclass(frozen=True)
class BundleReport:
    """What came of it."""

    head: Head | None
    """None where not even the head can be read."""
    signer: Signer | None
    findings: tuple[Finding, ...]
    layers: tuple[Layer, ...] = ()
    """Those of each image."""
    sbom: bytes = b""
    """The bill of materials that is in it."""


def verify_bundle(file: Path, spec: Spec, trust: Trust, progress: Callable[[int], None]) -> BundleReport:
    """Signature first, then every file, then the spec. Raises InputError, EnvironmentMissing."""
    place = Location(str(file))
    try:
        with opened(file) as stream:
            head = archive.read_head(stream)
            kept = read_parts(stream, head.manifest, progress)
    except BrokenArchive as error:
        return BundleReport(None, None, (_finding("PLB961", str(error), place),))
    signed_by, findings = None, []
    try:
        signed_by = signer(head.text, head.signature, trust.key, list(trust.fingerprints))
    except NotTrusted as error:
        findings.append(_finding("PLB962", str(error), place))
    findings += [_finding("PLB961", message, place) for message in _next_key(head.manifest, kept)]
    findings += [_finding("PLB963", message, place) for message in _images(spec, head.manifest, kept)]
    findings += [_finding("PLB963", message, place) for message in _rest(spec, head.manifest, kept)]
    findings += [_finding("PLB964", caveat, place) for caveat in head.manifest.caveats]
    return BundleReport(head, signed_by, tuple(findings), tuple(layers(head.manifest, kept)), kept.get(sbom.PATH, b""))


def _finding(rule: str, message: str, place: Location) -> Finding:
    known = BUNDLE_RULES[rule]
    return Finding(rule, message, severity=known.severity, location=place, hint=known.fix)


def _next_key(manifest: Manifest, kept: Mapping[str, bytes]) -> Iterator[str]:
    """The host trusts what it brings by the name that was signed; another key would never count, and nobody would notice."""
    if manifest.next_key and fingerprint_in(kept.get(NEXT_KEY, b"")) != manifest.next_key:
        yield f"{NEXT_KEY} is not the key {manifest.next_key}, which its manifest names"


def _images(spec: Spec, manifest: Manifest, kept: Mapping[str, bytes]) -> Iterator[str]:
    """What is wrong with the images: against the spec, and between manifest and layers."""
    carried = {image.image: image for image in manifest.images}
    used = (
        {service.image for service in services_of(spec, manifest.mode).values()}
        if manifest.mode in spec.modes
        else set()
    )
    yield from (f"image {id} is not in it, and mode {manifest.mode} needs it" for id in sorted(used - carried.keys()))
    yield from (f"image {id} is in it, and nothing in the spec needs it" for id in sorted(carried.keys() - used))
    files = {file.path for file in manifest.files}
    for id in sorted(used & carried.keys()):
        image, pinned = carried[id], spec.images.images[id]
        if image.name != f"{pinned.repository}:{pinned.tag}":
            yield f"image {id} is {image.name}, and the spec says {pinned.repository}:{pinned.tag}"
        if image.stand_in is None and image.index != pinned.digest:
            yield f"image {id} is of {image.index}, and the spec pins {pinned.digest}"
        yield from _layers(image, kept.get(blob_path(image.manifest)), files)


def _layers(image: BundledImage, text: bytes | None, files: set[str]) -> Iterator[str]:
    if text is None:
        yield f"the manifest of image {image.image}, {image.manifest}, is not in it"
        return
    content = json.loads(text)
    if content["config"]["digest"] != image.config:
        yield f"image {image.image} has the configuration {content['config']['digest']}, and the manifest says {image.config}"
    for blob in (content["config"], *content["layers"]):
        if blob_path(blob["digest"]) not in files:
            yield f"{blob['digest']}, a part of image {image.image}, is not in it"


def _rest(spec: Spec, manifest: Manifest, kept: Mapping[str, bytes]) -> Iterator[str]:
    """What is wrong with the rest: spec, models, bill of materials."""
    if manifest.platform != spec.platform.name:
        yield f"it is for platform {manifest.platform}, and this spec is of {spec.platform.name}"
        return
    if manifest.spec != spec.revision:
        yield f"it was made from spec {manifest.spec}, and this one is {spec.revision}"
    sums = {file.sha256 for file in manifest.files}
    for model in manifest.models:
        known = spec.models.models.get(model.model)
        if known is None:
            yield f"model {model.model} is not in the spec"
        elif known.sha256 and not model.substitute and known.sha256 not in sums:
            yield f"model {model.model} has no file with the SHA-256 of the spec, {known.sha256}"
    if manifest.spec == spec.revision:
        others = [file for file in manifest.files if file.path != sbom.PATH]
        if sbom.sbom(spec, manifest.release, manifest.images, manifest.models, others) != kept.get(sbom.PATH):
            yield f"{sbom.PATH} is not the bill of materials of what is in it"
