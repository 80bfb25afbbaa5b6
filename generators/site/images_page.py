"""`docs/architect/images.md`: what each image is, where it comes from, and what it may be used for."""

from collections.abc import Iterable, Iterator

from generators.markdown import Page, Where, code, codes, link, prose, text
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.image import Image


def images(spec: Spec) -> Iterable[Artifact]:
    """`docs/architect/images.md`."""
    page = Page("docs/architect/images.md", "Images")
    page.add(
        "Each image is pinned by the digest of its manifest list. An unpublished image has none; tests replace it "
        "with a stand-in."
    )
    page.table(
        ["Image", "Reference", "State", "Known vulnerabilities", "Licence", "Stand-in in tests"],
        [
            (
                path_of("images", name),
                [
                    code(name),
                    code(f"{image.repository}:{image.tag}"),
                    text(image.lifecycle.state),
                    _how_many(image),
                    text(image.licence),
                    text(image.stand_in.server) if image.stand_in else "–",
                ],
            )
            for name, image in sorted(spec.images.images.items())
        ],
    )
    for name, image in sorted(spec.images.images.items()):
        path = path_of("images", name)
        page.add(f"## {text(name)}", path)
        page.table(["", ""], [*_facts(path, image), *_known(path, image)])
    yield page.done()


def _facts(path: PathText, image: Image) -> Iterable[tuple[Where, list[str]]]:
    state, decision = image.lifecycle, image.lifecycle.decision
    yield path_of(path, "digest"), ["Digest", code(image.digest) if image.digest else "none: not published"]
    yield path_of(path, "platforms"), ["Platforms", codes(image.platforms)]
    yield path_of(path, "http_client"), ["Client for health checks", code(image.http_client)]
    yield path_of(path, "lifecycle"), ["Lifecycle", prose(f"{state.state}. {state.note or ''}".strip())]
    if decision:
        yield path_of(path, "lifecycle", "decision"), ["Open decision", link(decision, "../auditor/decisions.md")]
    if evidence := image.evidence:
        note = f". {evidence.note}" if evidence.note else ""
        asked = evidence.source == "registry"
        said = "its registry, asked" if asked else f"{evidence.confirmations} public sources, looked up"
        yield path_of(path, "evidence"), ["Evidence", prose(f"{said} {evidence.checked}{note}")]


NEVER = "never looked up"


def _how_many(image: Image) -> str:
    if image.lifecycle.state == "unpublished":
        return "–"
    return (str(len(image.security.known)) if image.security.known else "none") if image.security else NEVER


def _known(path: PathText, image: Image) -> Iterator[tuple[Where, list[str]]]:
    """When somebody looked for vulnerabilities of the pinned tag, and a row for each."""
    security = image.security
    if security is None:
        if image.lifecycle.state != "unpublished":
            yield path, ["Known vulnerabilities", NEVER]
        return
    found = f"{len(security.known)}" if security.known else "none"
    note = f". {prose(security.note)}" if security.note else ""
    yield path_of(path, "security"), ["Known vulnerabilities", f"{found}, looked up {text(security.checked)}{note}"]
    for id, hole in sorted(security.known.items()):
        fix = f"fixed in {code(hole.fixed_in)}" if hole.fixed_in else "no published image has the fix"
        yield path_of(path, "security", "known", id), [text(id), f"{fix}. {prose(hole.note)}"]
