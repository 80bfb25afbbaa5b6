"""A bundle held against its signature, its manifest and the spec. Every byte of it is read, and nothing is unpacked."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from plumbline.bundle import sbom
from plumbline.bundle.head import Head, read_head
from plumbline.bundle.inspection import Layer, blob_path, image_manifest, layers, read_parts
from plumbline.bundle.manifest import NEXT_KEY
from plumbline.bundle.medium import open_medium
from plumbline.bundle.refusal import BundleRefused
from plumbline.bundle.signing import Signer, fingerprint_in, signer
from plumbline.effective.deployment import is_sealed, services_of
from plumbline.spec.finding import Finding
from plumbline.spec.location import Location
from plumbline.spec.spec import Spec
from schema.bundle import BundledImage, Manifest
from validators.bundle.rules import BUNDLE_RULES

_RULES = dict.fromkeys(
    (
        "unsigned",
        "armor",
        "signatures",
        "unknown-key",
        "bad-signature",
        "signature-kind",
        "weak-digest",
        "weak-key",
        "expired-key",
        "revoked-key",
        "expired-signature",
        "future",
    ),
    "PLB962",
) | {"platform": "PLB963", "mode": "PLB963"}
"""Rules of reasons; of the others PLB961."""


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
    """None where it is refused: nothing that it says of itself is believed then."""
    signer: Signer | None
    findings: tuple[Finding, ...]
    layers: tuple[Layer, ...] = ()
    """Those of each image."""
    sbom: bytes = b""
    """The bill of materials that is in it."""
    refused: str = ""
    """The reason where it is refused, of plumbline/bundle/refusal.py; the scripts of the host refuse by the same."""


def verify_bundle(file: Path, spec: Spec, trust: Trust, progress: Callable[[int], None]) -> BundleReport:
    """Signature first, then every file, then the spec. Raises InputError, EnvironmentMissing."""
    place = Location(str(file))
    try:
        with open_medium(file) as stream:
            head = read_head(stream)
            signed_by = signer(head.text, head.signature, trust.key, list(trust.fingerprints))
            manifest = head.manifest
            _is_for(manifest, spec)
            kept = read_parts(stream, manifest, progress)
        _brings_its_next_key(manifest, kept)
    except BundleRefused as error:
        rule = _RULES.get(error.reason, "PLB961")
        return BundleReport(None, None, (_finding(rule, str(error), place),), refused=error.reason)
    findings = [_finding("PLB963", message, place) for message in _images(spec, manifest, kept)]
    findings += [_finding("PLB963", message, place) for message in _rest(spec, manifest, kept)]
    findings += [_finding("PLB964", caveat, place) for caveat in manifest.caveats]
    return BundleReport(head, signed_by, tuple(findings), tuple(layers(manifest, kept)), kept.get(sbom.PATH, b""))


def _finding(rule: str, message: str, place: Location) -> Finding:
    known = BUNDLE_RULES[rule]
    return Finding(rule, message, severity=known.severity, location=place, hint=known.fix)


def _is_for(manifest: Manifest, spec: Spec) -> None:
    """A host's scripts are of one platform and mode, and take no other's. Raises Refused."""
    if manifest.platform != spec.platform.name:
        raise BundleRefused("platform", manifest.platform)
    if manifest.mode not in spec.modes or not is_sealed(spec, manifest.mode):
        raise BundleRefused("mode", manifest.mode)


def _brings_its_next_key(manifest: Manifest, kept: Mapping[str, bytes]) -> None:
    """The host trusts what it brings by the name that was signed, and nothing else. Raises Refused."""
    if manifest.next_key and fingerprint_in(kept.get(NEXT_KEY, b"")) != manifest.next_key:
        raise BundleRefused("next-key", manifest.next_key)


def _images(spec: Spec, manifest: Manifest, kept: Mapping[str, bytes]) -> Iterator[str]:
    """What is wrong with the images: against the spec, and between manifest and layers."""
    carried = {image.image: image for image in manifest.images}
    used = {service.image for service in services_of(spec, manifest.mode).values()}
    yield from (f"image {id} is missing, but mode {manifest.mode} needs it" for id in sorted(used - carried.keys()))
    yield from (f"image {id} is included, but nothing in the spec needs it" for id in sorted(carried.keys() - used))
    files = {file.path for file in manifest.files}
    for id in sorted(used & carried.keys()):
        image, pinned = carried[id], spec.images.images[id]
        if image.name != f"{pinned.repository}:{pinned.tag}":
            yield f"image {id} is {image.name}, but the spec says {pinned.repository}:{pinned.tag}"
        if image.stand_in is None and image.index != pinned.digest:
            yield f"image {id} has the digest {image.index}, but the spec pins {pinned.digest}"
        yield from _layers(image, kept.get(blob_path(image.manifest)), files)


def _layers(image: BundledImage, text: bytes | None, files: set[str]) -> Iterator[str]:
    if text is None:
        yield f"the manifest of image {image.image}, {image.manifest}, is missing"
        return
    try:
        content = image_manifest(text)
    except ValueError:
        yield f"the manifest of image {image.image}, {image.manifest}, is not an image manifest"
        return
    if content["config"]["digest"] != image.config:
        yield f"image {image.image} has the configuration {content['config']['digest']}, but the manifest says {image.config}"
    for blob in (content["config"], *content["layers"]):
        if blob_path(blob["digest"]) not in files:
            yield f"{blob['digest']}, a part of image {image.image}, is missing"


def _rest(spec: Spec, manifest: Manifest, kept: Mapping[str, bytes]) -> Iterator[str]:
    """What is wrong with the rest: spec, models, bill of materials."""
    if manifest.spec != spec.revision:
        yield f"it was built from spec {manifest.spec}, but this one is {spec.revision}"
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
            yield f"{sbom.PATH} is not the bill of materials of this bundle"
