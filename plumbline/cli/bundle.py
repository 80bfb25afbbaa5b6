"""`plumb bundle`: make, sign, look into and update the archive for a host that nothing reaches."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plumbline.bundle.image_lock import KNOWN
from plumbline.cli import completing
from plumbline.cli.common import SpecProject, load
from plumbline.spec.finding import EnvironmentMissing, Finding, InputError
from plumbline.spec.location import Location
from schema.image import Platform

if TYPE_CHECKING:
    from plumbline.bundle.build import Gather

_UNITS = {"K": 10**3, "M": 10**6, "G": 10**9}
FILE = click.Path(path_type=Path, dir_okay=False)


class Size(click.ParamType[int]):
    """A number of bytes: `4000000000`, `700M`, `4G`."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Bytes; K, M and G are powers of 1000, as media are sold."""
        text = str(value).upper()
        number, unit = (text[:-1], _UNITS[text[-1]]) if text[-1:] in _UNITS else (text, 1)
        if not number.isdecimal() or int(number) * unit < 2**20:
            self.fail(f"{value!r} is not a size of at least 1 MiB; for example 4G", param, ctx)
        return int(number) * unit


@click.group()
def bundle() -> None:
    """Build, sign, inspect and update the archive for an air-gapped host."""


@bundle.command()
@click.option(
    "--mode",
    metavar="MODE",
    shell_complete=completing.modes,
    help="Mode to bundle. Default: the only mode without egress.",
)
@click.option("--release", metavar="VERSION", help="Release version. Default: the platform's version.")
@click.option(
    "--customer", default="general", show_default=True, metavar="ID", help="Customer ID written into the manifest."
)
@click.option("--models", type=click.Path(path_type=Path, file_okay=False), help="Folder with the model files.")
@click.option(
    "--images",
    type=click.Choice(["engine", "registry"]),
    default="engine",
    show_default=True,
    help="Source of the images.",
)
@click.option("--platform", type=click.Choice(KNOWN), help="Platform of images from registries. Default: the engine's.")
@click.option("--stand-ins", is_flag=True, help="For tests: stand-ins for images that the engine does not have.")
@click.option("--substitutes", is_flag=True, help="For tests: small substitutes for missing model files.")
@click.option("--sign", "key", metavar="KEY", help="Fingerprint of the signing key in your GnuPG keyring.")
@click.option("--next-key", type=FILE, help="File with the public key for later releases; hosts will trust it too.")
@click.option("--max-part-size", type=Size(), help="Maximum size of a part, for example 4G or 700M.")
@click.option("--encrypt-to", metavar="RECIPIENT", help="age recipient (public key) for whom the bundle is encrypted.")
@click.option(
    "--out",
    default="dist",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write into.",
)
@click.pass_context
def build(
    context: click.Context,
    mode: str | None,
    release: str | None,
    customer: str,
    models: Path | None,
    images: str,
    platform: Platform | None,
    stand_ins: bool,
    substitutes: bool,
    key: str | None,
    next_key: Path | None,
    max_part_size: int | None,
    encrypt_to: str | None,
    out: Path,
) -> None:
    """Build a bundle: images, models, deployment, scripts, site and bill of materials under one signed manifest.

    \b
    plumb bundle build --models /srv/models --sign 0123…CDEF
    plumb bundle build --stand-ins --substitutes          to try it out
    plumb bundle build … --max-part-size 4G               for media with a file size limit

    The same inputs give the same bytes, except for the signature.
    """
    from plumbline.bundle import build as building
    from plumbline.bundle import medium, sealing, signing

    project = load(context)
    chosen = building.sealed_mode(project.spec, mode)
    with tempfile.TemporaryDirectory(prefix="plumb-bundle-") as folder:
        stage = Path(folder)
        gather, architecture = _images(project, chosen, images, platform, stand_ins)
        wanted = building.BundleRequest(
            mode=chosen,
            release=release or project.spec.platform.version,
            customer=customer,
            architecture=architecture,  # type: ignore[arg-type]
            models=models,
            substitutes=substitutes,
            next_key=next_key,
        )
        site = _site(context, stage / "site")
        with _input_errors():
            contents = building.gather(project.spec, project.folder, site, stage, wanted, gather)
            with _progress(context, "writing", sum(member.size for member in contents.members)) as advance:
                packed = building.pack(contents, out, advance)
        file = building.write(packed, lambda text: signing.sign(text, key) if key else b"")
    if encrypt_to:
        file = sealing.encrypt(file, encrypt_to)
    for part in medium.split(file, max_part_size) if max_part_size else [file]:
        click.echo(f"{part}  {_mb(part.stat().st_size)}")
    for caveat in contents.manifest.caveats:
        click.echo(f"not for a customer: {caveat}", err=True)
    if not key:
        click.echo(f"not signed: plumb bundle sign {file} --key FINGERPRINT", err=True)


@contextmanager
def _input_errors() -> Iterator[None]:
    """What cannot be bundled is the input's fault, or the engine's that lacks an image."""
    from plumbline.bundle.images import NotSaved
    from plumbline.bundle.refusal import BundleRefused

    try:
        yield
    except NotSaved as error:
        raise EnvironmentMissing(str(error), "check the image's name and platform in images.yaml") from None
    except BundleRefused as error:
        hint = "no host would accept it: check the names and sizes of its files"
        raise InputError([Finding("PLB960", str(error), hint=hint)]) from None
    except ValueError as error:
        hint = "check --release, --customer and the file names"
        raise InputError([Finding("PLB960", str(error), hint=hint)]) from None


@bundle.command()
@click.argument("file", type=FILE)
@click.option("--key", required=True, metavar="KEY", help="Fingerprint of the signing key in your GnuPG keyring.")
def sign(file: Path, key: str) -> None:
    """Sign a bundle, or replace its signature."""
    from plumbline.bundle import signing
    from plumbline.bundle.head import Head, head_frame, read_head
    from plumbline.bundle.medium import open_medium, parts_of
    from plumbline.bundle.placing import written_once
    from plumbline.bundle.refusal import BundleRefused

    if len(parts_of(file)) > 1:
        message, hint = "is a part; only a whole bundle can be signed", "join the parts first: cat BUNDLE.* > BUNDLE"
        raise InputError([Finding("PLB960", message, location=Location(str(file)), hint=hint)])
    try:
        with written_once(file.parent) as partial:
            with open_medium(file) as stream, partial.open("wb") as out:
                head = read_head(stream)
                head.manifest  # noqa: B018 what is no manifest is not signed
                out.write(head_frame(Head(head.text, signing.sign(head.text, key))))
                shutil.copyfileobj(stream, out)
            shutil.copymode(file, partial)
            partial.replace(file)
    except BundleRefused as error:
        raise _broken(file, error) from None
    click.echo(f"{file} is signed by {key}")


@bundle.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.option("--out", type=FILE, help="File to write. Default: a file beside NEW.")
@click.option("--dry-run", is_flag=True, help="Show the size only; write nothing.")
def delta(old: Path, new: Path, out: Path | None, dry_run: bool) -> None:
    """Write what NEW has and OLD lacks. A host that has OLD rebuilds NEW from it, byte for byte."""
    from plumbline.bundle import delta as deltas
    from plumbline.bundle.delta import WrongDelta
    from plumbline.bundle.frames import BrokenFrame
    from plumbline.bundle.placing import settle, written_once

    try:
        made = deltas.plan(old, new)
    except BrokenFrame as error:
        raise _broken(new, error) from None
    share = made.size / made.new.size
    click.echo(f"{_mb(made.size)} in place of {_mb(made.new.size)} ({share:.1%})")
    if dry_run:
        return
    target = out or new.with_name(f"{made.old.name.removesuffix('.tar.zst')}-to-{_release(made.new.name)}.delta")
    try:
        with written_once(target.parent) as partial:
            with partial.open("wb") as stream:
                deltas.write(made, new, stream)
            settle(partial, target)
    except WrongDelta as error:
        raise _broken(new, error) from None
    click.echo(str(target))


@bundle.command()
@click.argument("old", type=FILE)
@click.argument("delta", type=FILE)
@click.option("--out", default=Path(), type=click.Path(path_type=Path, file_okay=False), help="Folder to write into.")
def apply(old: Path, delta: Path, out: Path) -> None:
    """Rebuild the new bundle from OLD and DELTA. Verify the result like any other bundle.

    The file is named after the release in its manifest. An existing file is never overwritten.
    """
    from shutil import disk_usage

    from plumbline.bundle import delta as deltas
    from plumbline.bundle.delta import WrongDelta
    from plumbline.bundle.head import read_head
    from plumbline.bundle.manifest import file_name
    from plumbline.bundle.medium import open_medium
    from plumbline.bundle.placing import settle, written_once
    from plumbline.bundle.refusal import BundleRefused

    try:
        with delta.open("rb") as stream, written_once(out) as partial:
            with partial.open("wb") as target:
                made = deltas.apply(old, stream, target, disk_usage(out).free)
            with open_medium(partial) as rebuilt:
                name = file_name(read_head(rebuilt).manifest)
            if name != made.new.name:
                raise WrongDelta(f"the result is {name}, but the delta calls it {made.new.name}")
            settle(partial, out / name)
    except (WrongDelta, BundleRefused) as error:
        hint = "the delta's first lines say which bundle it is for"
        raise InputError([Finding("PLB960", str(error), location=Location(str(delta)), hint=hint)]) from None
    click.echo(f"{out / made.new.name}  {_mb(made.new.size)}")


@bundle.command()
@click.argument("file", type=FILE)
@click.option("--against", type=FILE, metavar="OLD", help="Older bundle; shows what a delta from it would carry.")
@click.option("--layers", "deep", is_flag=True, help="Show every layer of every image too; reads the whole bundle.")
def inspect(file: Path, against: Path | None, deep: bool) -> None:
    """Show what a bundle holds: release, images, models and sizes. Reads only the head and verifies nothing."""
    from plumbline.bundle import delta as deltas
    from plumbline.bundle import inspection
    from plumbline.bundle.frames import BrokenFrame
    from plumbline.bundle.head import read_head
    from plumbline.bundle.medium import open_medium
    from plumbline.bundle.refusal import BundleRefused

    try:
        with open_medium(file) as stream:
            head = read_head(stream)
            click.echo(inspection.as_text(head))
            if deep:
                found = inspection.layers(head.manifest, inspection.read_parts(stream, head.manifest, lambda _: None))
                click.echo(f"\n{inspection.layers_as_text(found)}")
        if against:
            with open_medium(against) as stream:
                old = read_head(stream)
            made = deltas.plan(against, file)
            click.echo(f"\na delta from {made.old.name}: {_mb(made.size)} of {_mb(made.new.size)}")
            click.echo(inspection.carried_as_text(old.manifest, head.manifest))
    except (BundleRefused, BrokenFrame) as error:
        raise _broken(file, error) from None


def _images(
    project: SpecProject, mode: str, source: str, platform: Platform | None, stand_ins: bool
) -> "tuple[Gather, str]":
    """Where images come from, and what for. Registries need no engine, but for images that are in none."""
    from plumbline.stack.engine import find_engine
    from validators.bundle.gathering import from_engine, from_registries

    try:
        engine = find_engine()
    except EnvironmentMissing:
        if source == "engine" or platform is None:
            raise
        return from_registries(platform, project.spec, None), platform
    own = engine.versions.platform
    others = from_engine(engine, project.spec, project.folder, mode, stand_ins)
    if source == "registry":
        chosen = platform or own
        return from_registries(chosen, project.spec, others if chosen == own else None), chosen
    if platform and platform != own:
        raise EnvironmentMissing(f"the engine is for {own}", "take the images from registries: --images registry")
    return others, own


def _site(context: click.Context, target: Path) -> Path:
    """The site without evidence: what stands in a bundle depends on the spec alone."""
    from plumbline.cli.site import build_plain

    build_plain(context, target)
    return target


@contextmanager
def _progress(context: click.Context, title: str, total: int) -> Iterator[Callable[[int], None]]:
    if context.obj["quiet"] or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda count: bar.advance(task, count)


def _broken(file: Path, error: Exception) -> InputError:
    hint = "copy it again from its origin, and do not install it"
    return InputError([Finding("PLB961", str(error), location=Location(str(file)), hint=hint)])


def _release(name: str) -> str:
    return name.removesuffix(".tar.zst").rpartition("-")[2]


def _mb(size: int) -> str:
    return f"{size / 10**6:.1f} MB"
