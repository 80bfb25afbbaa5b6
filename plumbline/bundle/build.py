"""Gathers what a bundle holds, and writes it. Everything comes from where it already is; only images are staged."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from plumbline.bundle import archive, images, manifest, sbom
from plumbline.bundle.archive import Member
from plumbline.bundle.head import Head, head_frame
from plumbline.bundle.images import Layout, Saved
from plumbline.bundle.signing import fingerprint_of
from plumbline.effective.deployment import deployments, is_sealed, services_of
from plumbline.spec.finding import Finding, InputError
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.bundle import BundledFile, BundledImage, BundledModel, Manifest
from schema.image import ModelFile, Platform

_PIECE = 2**20
_PLAIN = str.maketrans('"\\[]’–—', "'/()'--", "".join(map(chr, (*range(32), 127))))
_NOT_OFFLINE = ("sitemap.xml", "sitemap.xml.gz")
"""Files of the site that only a search engine reads; they hold the day of the build."""


@dataclass(frozen=True)
class BundleRequest:
    """What a bundle is to be."""

    mode: str
    release: str
    customer: str
    architecture: Platform
    models: Path | None
    """Folder with the models, each at its path."""
    substitutes: bool
    """Whether a model that is not there may be replaced by its substitute for tests."""
    next_key: Path | None
    """Public key that will sign later releases."""


@dataclass(frozen=True)
class Gathered:
    """An image in the layout, and where it came from."""

    saved: Saved
    from_registry: bool
    stand_in: str | None


Gather = Callable[[Layout, Iterable[str]], Mapping[str, Gathered]]
"""Fills a layout with images of the catalogue; the result is by their ids."""


@dataclass(frozen=True)
class Contents:
    """Everything of a bundle but its bytes."""

    manifest: Manifest
    """Without the checksum of the body, which is not written yet."""
    members: tuple[Member, ...]

    @property
    def name(self) -> str:
        """File name of the bundle."""
        return manifest.file_name(self.manifest)


@dataclass(frozen=True)
class Packed:
    """A bundle that lacks only its head."""

    manifest: Manifest
    body: Path

    @property
    def text(self) -> bytes:
        """What is signed."""
        return manifest.text_of(self.manifest)


def sealed_mode(spec: Spec, mode: str | None) -> str:
    """The mode that bundles are made for: the one named, else the only sealed one. Raises InputError."""
    sealed = [name for name in spec.modes if is_sealed(spec, name) and len(list(deployments(spec, name))) == 1]
    if mode is None and len(sealed) == 1:
        return sealed[0]
    if mode in sealed:
        return str(mode)
    hint = f"modes with `egress: false` and one project: {', '.join(sealed) or 'none'}"
    raise InputError([Finding("PLB960", f"no bundle can be built for mode {mode or '(none named)'}", hint=hint)])


def gather(
    spec: Spec, spec_folder: Path, site: Path, stage: Path, wanted: BundleRequest, images_of: Gather
) -> Contents:
    """Stage the images, find everything else, and describe it. Raises InputError, EnvironmentMissing, NotSaved."""
    (deployment,) = deployments(spec, wanted.mode)
    committed = spec_folder.resolve().parent / deployment.folder
    models, substituted = _models(spec, spec_folder, wanted)
    layout = Layout(stage / images.FOLDER)
    used = sorted({service.image for service in services_of(spec, wanted.mode).values()})
    gathered = images_of(layout, used)
    names = {id: f"{spec.images.images[id].repository}:{spec.images.images[id].tag}" for id in used}
    layout.finish({names[id]: gathered[id].saved for id in used})
    bundled = tuple(_image(spec, layout, id, names[id], gathered[id]) for id in used)
    carried = tuple(
        BundledModel(model=id, path=spec.models.models[id].path, substitute=id in substituted) for id in sorted(models)
    )
    members = [
        *_tree(layout.folder, images.FOLDER),
        *_tree(committed / "scripts", "scripts"),
        *(member for member in _tree(committed, "deployment") if not member.path.startswith("deployment/scripts/")),
        *_tree(site, "site"),
        *(member for id, folder in models.items() for member in _tree(folder, spec.models.models[id].path)),
        Member("LICENCES.md", len(text := _licences(spec, bundled, carried)), text),
    ]
    if wanted.next_key:
        members.append(Member(manifest.NEXT_KEY, wanted.next_key.stat().st_size, wanted.next_key))
    files = [_described(member) for member in members]
    bill = sbom.sbom(spec, wanted.release, bundled, carried, files)
    members.append(Member(sbom.PATH, len(bill), bill))
    files.append(_described(members[-1]))
    described = Manifest(
        format=manifest.FORMAT,
        platform=spec.platform.name,
        mode=wanted.mode,
        release=wanted.release,
        customer=wanted.customer,
        spec=spec.revision,
        architecture=wanted.architecture,
        next_key=fingerprint_of(wanted.next_key) if wanted.next_key else None,
        body=hashlib.sha256().hexdigest(),
        caveats=tuple(map(_line, _caveats(bundled, carried))),
        images=bundled,
        models=carried,
        files=tuple(sorted(files, key=lambda file: file.path)),
    )
    return Contents(described, tuple(sorted(members, key=lambda member: member.path)))


def pack(contents: Contents, folder: Path, progress: Callable[[int], None]) -> Packed:
    """Write the body into a folder, as a file that `write` takes."""
    folder.mkdir(parents=True, exist_ok=True)
    body = folder / f"{contents.name}.body"
    try:
        with body.open("wb") as out:
            digest = archive.write_body(out, contents.members, progress)
        found = contents.manifest.model_copy(update={"body": digest})
        # what would not be read must not be signed
        manifest.parse(manifest.text_of(found))
    except BaseException:
        body.unlink(missing_ok=True)
        raise
    return Packed(found, body)


def write(packed: Packed, sign: Callable[[bytes], bytes]) -> Path:
    """Put the head before the body, whole or not at all; the body is gone then. `sign` gives a signature, or nothing."""
    target = packed.body.with_suffix("")
    partial = target.with_name(f"{target.name}.partial")
    try:
        signature = sign(packed.text)
        with partial.open("wb") as out, packed.body.open("rb") as body:
            out.write(head_frame(Head(packed.text, signature)))
            shutil.copyfileobj(body, out, _PIECE)
        partial.rename(target)
        return target
    finally:
        partial.unlink(missing_ok=True)
        packed.body.unlink(missing_ok=True)


def _line(words: str) -> str:
    """Words as a manifest takes them: plain ASCII, without what JSON escapes."""
    return words.translate(_PLAIN).encode("ascii", "replace").decode()


def _image(spec: Spec, layout: Layout, id: str, name: str, gathered: Gathered) -> BundledImage:
    return BundledImage(
        image=id,
        name=name,
        config=gathered.saved.config,
        manifest=gathered.saved.manifest,
        index=None if gathered.stand_in else spec.images.images[id].digest,
        origin="registry" if gathered.from_registry else "engine",
        size=layout.size(gathered.saved),
        stand_in=_line(gathered.stand_in) if gathered.stand_in else None,
    )


def _models(spec: Spec, spec_folder: Path, wanted: BundleRequest) -> tuple[dict[str, Path], set[str]]:
    """The folder of each model that the mode uses, and which of them are substitutes. Raises InputError."""
    used = {model for service in services_of(spec, wanted.mode).values() for model in service.models}
    found: dict[str, Path] = {}
    substituted: set[str] = set()
    findings: list[Finding] = []
    for id in sorted(used):
        model = spec.models.models[id]
        folder = wanted.models / model.path.removeprefix("models/") if wanted.models else None
        wrong = _wrong(model, folder)
        if wrong and wanted.substitutes and model.stand_in:
            found[id] = spec_folder / model.stand_in
            substituted.add(id)
        elif wrong or folder is None:
            hint = f"put it there ({model.source}), or allow its substitute by --substitutes, for tests"
            findings.append(
                Finding("PLB960", f"{model.title}: {wrong}", location=spec.at(path_of("models", id)), hint=hint)
            )
        else:
            found[id] = folder
    if findings:
        raise InputError(findings)
    return found, substituted


def _wrong(model: ModelFile, folder: Path | None) -> str:
    """Why a folder is not that of the model; empty when it is."""
    if folder is None:
        return "no folder of models was given (--models)"
    files = [file for file in folder.rglob("*") if file.is_file()] if folder.is_dir() else []
    if not files:
        return f"{folder} is missing or empty"
    if model.sha256 and model.sha256 not in {_sha256(file) for file in files}:
        return f"no file in {folder} has the SHA-256 {model.sha256}"
    return ""


def _tree(folder: Path, prefix: str) -> Iterator[Member]:
    """The files of a folder. Raises InputError for a link or anything else that is no file."""
    for base, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(base) / name
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise InputError(
                    [Finding("PLB960", f"{path} is not a regular file", hint="put a copy of the file there")]
                )
        for name in names:
            path = Path(base) / name
            if name not in _NOT_OFFLINE:
                yield Member(f"{prefix}/{path.relative_to(folder).as_posix()}", path.stat().st_size, path)


def _described(member: Member) -> BundledFile:
    source = member.source
    digest = hashlib.sha256(source).hexdigest() if isinstance(source, bytes) else _sha256(source)
    return BundledFile(path=member.path, size=member.size, sha256=digest)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _caveats(bundled: Iterable[BundledImage], carried: Iterable[BundledModel]) -> Iterator[str]:
    for image in bundled:
        if image.stand_in:
            yield f"image {image.image} is a stand-in: {image.stand_in}"
    for model in carried:
        if model.substitute:
            yield f"model {model.model} is a small substitute"


def _licences(spec: Spec, bundled: Iterable[BundledImage], carried: Iterable[BundledModel]) -> bytes:
    lines = [f"# Licences of what {spec.platform.title} consists of", ""]
    for image in bundled:
        what = f"stand-in, {image.stand_in}; the release image: " if image.stand_in else ""
        lines.append(f"- image {image.name}: {what}{spec.images.images[image.image].licence}")
    for model in carried:
        of = spec.models.models[model.model]
        lines.append(f"- {of.title}: {of.licence}, from {of.source}")
    return ("\n".join(lines) + "\n").encode()
