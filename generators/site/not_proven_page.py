"""`docs/auditor/not-proven.md`: features, images, requirements and tests without a proof."""

from collections.abc import Iterable, Iterator

from generators.markdown import Page, Where, code, codes, link, prose, text
from generators.site.decisions_page import has_decisions
from generators.site.requirements_page import requirement_link
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.parity import Feature
from schema.probe import HttpProbe, Probe

PATH = "docs/auditor/not-proven.md"
_SHOWN = {
    "http": "that it answers",
    "tcp": "a connection",
    "address": "where it is published",
    "variable": "a setting",
    "file": "that a file is there",
}
"""What a probe shows that makes nothing happen, by its kind."""
_Row = tuple[Where, list[str]]


def not_proven(spec: Spec) -> Iterable[Artifact]:
    """`docs/auditor/not-proven.md`; a spec without gaps has none."""
    if not has_gaps(spec):
        return
    page = Page(PATH, "What is not proven")
    page.add("Each gap that follows from the spec. Each proof lists what it leaves out.")
    for heading, why, headers, rows in _sections(spec):
        page.add(f"## {heading}").add(why).table(headers, rows)
    if spec.contracts:
        page.add(
            f"How stand-ins differ from images, and what that weakens: {link('images and stand-ins', 'images.md')}."
        )
    if has_decisions(spec):
        page.add(f"What is undecided, or accepted until a date: {link('open decisions and waivers', 'decisions.md')}.")
    yield page.done()


def has_gaps(spec: Spec) -> bool:
    """Whether there is such a page."""
    return bool(_sections(spec))


def _sections(spec: Spec) -> list[tuple[str, str, list[str], list[_Row]]]:
    return [
        (heading, why, headers, rows)
        for heading, why, headers, found in (
            ("Requirements", _ON_REQUIREMENTS, ["Requirement", "What", "Shown by"], _requirements(spec)),
            ("Features without a probe", _ON_UNPROBED, ["Feature", "Declared"], _unprobed(spec)),
            ("Features that are not tried", _ON_UNTRIED, ["Feature", "Declared", "Shown only"], _untried(spec)),
            ("Images that tests replace", _ON_STAND_INS, ["Image", "Played by", "Services"], _stand_ins(spec)),
            ("Images that no registry confirmed", _ON_HEARSAY, ["Image", "Digest", "From"], _hearsay(spec)),
            ("Files without a checksum", _ON_CHECKSUMS, ["Model", "Path", "Source"], _unchecked(spec)),
            ("State that is not read back", _ON_STATE, ["Service", "Volumes"], _untested_state(spec)),
        )
        if (rows := list(found))
    ]


_ON_REQUIREMENTS = "They name no live proof: no running test shows that they are met."
_ON_UNPROBED = "`plumb verify parity` asks nothing about them, in any mode."
_ON_UNTRIED = "Their probes only show that the feature can be reached, not that it works."
_ON_STAND_INS = (
    "If the image cannot be pulled, another program with the same contract runs instead. It proves the "
    "generated project, not the real program."
)
_ON_HEARSAY = "Their digests come from other public sources. `plumb lock` asks their registries."
_ON_CHECKSUMS = "The checksum is fixed when a bundle is built; until then, any content is accepted."
_ON_STATE = "No test writes a value there and reads it again after a restart."


def _requirements(spec: Spec) -> Iterator[_Row]:
    for name, each in spec.requirements.requirements.items():
        kinds = sorted({proof.kind for proof in each.proofs})
        if "live" not in kinds:
            shown = "another document" if each.related else codes(kinds)
            yield path_of("requirements", name), [requirement_link(name, ""), text(each.title), shown]


def _unprobed(spec: Spec) -> Iterator[_Row]:
    for name, each in spec.parity.features.items():
        if not each.probes:
            yield path_of("parity", "features", name), [text(each.title), text(each.parity)]


def _untried(spec: Spec) -> Iterator[_Row]:
    for name, each in spec.parity.features.items():
        if each.probes and not any(_tries(spec, probe) for probe in each.probes):
            yield path_of("parity", "features", name), [text(each.title), text(each.parity), _only(each)]


def _tries(spec: Spec, probe: Probe) -> bool:
    """Whether a probe makes the service do something: a request for its health makes it do nothing."""
    question = probe.question
    if isinstance(question, HttpProbe):
        health = spec.services[question.service].health if question.service in spec.services else None
        return not (health and health.http and health.http.path == question.path)
    # that a way is closed is all that a seal does
    return probe.kind not in _SHOWN or "closed" in probe.answers.values()


def _only(feature: Feature) -> str:
    return text(", ".join(dict.fromkeys(_SHOWN[probe.kind] for probe in feature.probes)))


def _stand_ins(spec: Spec) -> Iterator[_Row]:
    for name, image in sorted(spec.images.images.items()):
        if image.stand_in:
            users = [id for id, service in sorted(spec.services.items()) if service.image == name]
            shown = [link(name, "../architect/images.md"), text(image.stand_in.server), codes(users)]
            yield path_of("images", name, "stand_in"), shown


def _hearsay(spec: Spec) -> Iterator[_Row]:
    for name, image in sorted(spec.images.images.items()):
        evidence = image.evidence
        if image.digest is None:
            yield path_of("images", name, "digest"), [code(name), "none: not published", "–"]
        elif evidence is None or evidence.source != "registry":
            said = f"{evidence.confirmations} public files, {evidence.checked}" if evidence else "nobody says"
            yield path_of("images", name), [code(name), code(f"{image.digest[:19]}…"), prose(said)]


def _unchecked(spec: Spec) -> Iterator[_Row]:
    for name, model in sorted(spec.models.models.items()):
        if model.sha256 is None:
            yield path_of("models", name), [text(model.title), code(model.path), text(model.source)]


def _untested_state(spec: Spec) -> Iterator[_Row]:
    for name, service in sorted(spec.services.items()):
        if service.volumes and not service.state_test:
            where = link(name, f"../architect/services/{name}.md")
            yield path_of("services", name, "volumes"), [where, codes(service.volumes)]
