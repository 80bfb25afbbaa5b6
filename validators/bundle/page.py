"""The page of a release: what a verified bundle holds, by its manifest. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from generators.markdown import EvidencePage, code, link, prose, table, text
from plumbline.bundle.inspection import Layer, layer_sharing, mb, parts
from plumbline.bundle.signing import Signer
from plumbline.spec.finding import Finding
from schema.bundle import BundledImage, Manifest


def page_name(manifest: Manifest) -> str:
    """Name of the page's file, without its ending."""
    return f"release-{manifest.release}"


def bill_name(manifest: Manifest) -> str:
    """Name of the bill of materials beside the page."""
    return f"{page_name(manifest)}.cdx.json"


def as_markdown(
    manifest: Manifest, signer: Signer, findings: Sequence[Finding], layers: Sequence[Layer], file: str
) -> str:
    """The page. `file`: name of the bundle."""
    page = EvidencePage(f"{page_name(manifest)}.md", f"Release {manifest.release}")
    page.add(f"The content of {code(file)}, as read by `plumb verify bundle`: the signature, then every byte.")
    page.table(["", ""], [(None, row) for row in _about(manifest, signer)])
    page.add("## Findings")
    # what a caveat says has a place of its own
    wrong = [each for each in findings if each.message not in manifest.caveats]
    if wrong:
        page.table(
            ["", "Rule", "What"],
            [(None, [text(each.severity), code(each.rule), prose(each.message)]) for each in wrong],
        )
    else:
        page.add("None: the signature, the format, every file and the spec match.")
    if manifest.caveats:
        page.add("## Not for a customer")
        page.add("\n".join(f"- {prose(caveat)}" for caveat in manifest.caveats))
    page.add("## Images")
    page.add(
        "*List* is what the spec pins; *manifest* is the image's ID in the containerd store, *configuration* in the "
        "classic one."
    )
    page.table(["Image", "MB", "From", "Digests"], [(None, _image(image)) for image in manifest.images])
    page.add(text(layer_sharing(manifest)))
    _folded(page, "Layers", ["Image", "Layer", "MB", "Shared with"], (_layer(layer) for layer in layers))
    page.add("## Models and signatures")
    page.table(
        ["Model", "Folder", ""],
        [
            (None, [code(each.model), code(each.path), "small substitute" if each.substitute else ""])
            for each in manifest.models
        ],
    )
    page.add("## Files")
    page.table(
        ["Part", "Files", "MB"],
        [
            (None, [code(name), str(len(files)), mb(sum(file.size for file in files))])
            for name, files in parts(manifest).items()
        ],
    )
    rows = ([code(each.path), str(each.size), code(each.sha256)] for each in manifest.files)
    _folded(page, "Every file", ["Path", "Bytes", "SHA-256"], rows)
    page.add(f"Bill of materials, CycloneDX: {link(bill_name(manifest), bill_name(manifest))}.")
    return page.done().content.decode()


def _about(manifest: Manifest, signer: Signer) -> list[list[str]]:
    signed = datetime.fromtimestamp(signer.seconds, UTC)
    return [
        ["Platform", f"{code(manifest.platform)}, mode {code(manifest.mode)}, for customer {code(manifest.customer)}"],
        ["Signed by", code(signer.fingerprint)],
        ["Signed on", f"{signed:%Y-%m-%d %H:%M} UTC"],
        ["Next key", code(manifest.next_key) if manifest.next_key else "none: later releases have the same signer"],
        ["Spec", code(manifest.spec)],
        ["Images for", code(manifest.architecture)],
        ["Unpacked", f"{mb(sum(file.size for file in manifest.files))} MB"],
    ]


def _image(image: BundledImage) -> list[str]:
    digests = [("list", image.index), ("manifest", image.manifest), ("configuration", image.config)]
    shown = "<br>".join(f"{name} {code(digest)}" for name, digest in digests if digest)
    origin = f"{text(image.origin)}; stand-in: {text(image.stand_in)}" if image.stand_in else text(image.origin)
    return [code(image.name), mb(image.size), origin, shown]


def _layer(layer: Layer) -> list[str]:
    return [code(layer.image), code(layer.digest), mb(layer.size), text(layer.sharers)]


def _folded(page: EvidencePage, title: str, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A long table that a reader opens."""
    page.add(f'<details markdown="1">\n<summary>{title}</summary>\n\n{table(headers, list(rows))}\n\n</details>')
