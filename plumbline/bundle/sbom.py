"""What a bundle consists of, as CycloneDX. It carries no clock and no chance: the same bundle, the same text."""

import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.model.vulnerability import BomTarget, Vulnerability
from cyclonedx.output.json import JsonV1Dot6
from license_expression import ExpressionError, get_spdx_licensing
from packageurl import PackageURL

from plumbline.spec.spec import Spec
from schema.bundle import BundledFile, BundledImage, BundledModel

PATH = "sbom.cdx.json"
_NAMESPACE = uuid.UUID("6c6e6f74-7069-5572-b86c-696e65000000")


def sbom(
    spec: Spec,
    release: str,
    images: Iterable[BundledImage],
    models: Iterable[BundledModel],
    files: Iterable[BundledFile],
) -> bytes:
    """The bill of materials of a release, CycloneDX 1.6 in JSON."""
    root = Component(name=spec.platform.name, version=release, type=ComponentType.APPLICATION, bom_ref="release")
    images = list(images)
    parts = [*(_image(spec, each) for each in images), *_models(spec, models, list(files))]
    bom = Bom(components=parts, vulnerabilities=[hole for each in images for hole in _vulnerabilities(spec, each)])
    bom.metadata.component = root
    bom.register_dependency(root, parts)
    data: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    data["metadata"].pop("timestamp", None)
    data.pop("serialNumber", None)
    text = json.dumps(data, sort_keys=True)
    data["serialNumber"] = f"urn:uuid:{uuid.uuid5(_NAMESPACE, text)}"
    return (json.dumps(data, sort_keys=True, indent=1) + "\n").encode()


def _image(spec: Spec, image: BundledImage) -> Component:
    pinned = spec.images.images[image.image]
    repository, tag = image.name.rpartition(":")[::2]
    return Component(
        name=repository,
        version=tag,
        type=ComponentType.CONTAINER,
        bom_ref=f"image/{image.image}",
        purl=PackageURL("oci", name=repository.rpartition("/")[2], version=image.manifest, qualifiers={"tag": tag}),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=image.manifest.removeprefix("sha256:"))],
        licenses=[_licence(pinned.licence)],
        properties=[Property(name="plumbline:stand-in", value=image.stand_in)] if image.stand_in else [],
    )


def _vulnerabilities(spec: Spec, image: BundledImage) -> Iterator[Vulnerability]:
    """Those that the spec knows of the pinned tag; of what runs in a stand-in it knows nothing."""
    security = spec.images.images[image.image].security
    if security is None or image.stand_in:
        return
    for id, hole in security.known.items():
        yield Vulnerability(
            bom_ref=f"vulnerability/{image.image}/{id}",
            id=id,
            description=hole.note,
            recommendation=f"Update to {hole.fixed_in}." if hole.fixed_in else None,
            affects=[BomTarget(ref=f"image/{image.image}")],
        )


def _models(spec: Spec, models: Iterable[BundledModel], files: list[BundledFile]) -> list[Component]:
    found = []
    for model in models:
        inside = [file for file in files if file.path.startswith(f"{model.path}/")]
        parts = [
            Component(
                name=file.path,
                type=ComponentType.FILE,
                bom_ref=f"file/{file.path}",
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=file.sha256)],
            )
            for file in inside
        ]
        found.append(
            Component(
                name=spec.models.models[model.model].title,
                type=ComponentType.MACHINE_LEARNING_MODEL,
                bom_ref=f"model/{model.model}",
                licenses=[_licence(spec.models.models[model.model].licence)],
                components=parts,
                properties=[Property(name="plumbline:substitute", value="true")] if model.substitute else [],
            )
        )
    return found


def _licence(text: str) -> LicenseExpression | DisjunctiveLicense:
    """An SPDX expression where it is one, else the licence's name."""
    try:
        get_spdx_licensing().parse(text, validate=True)
    except ExpressionError:
        return DisjunctiveLicense(name=text)
    return LicenseExpression(value=text)
