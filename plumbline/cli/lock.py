"""`plumb lock`: updates image digests from the registries."""

import codecs
from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches

import click

from plumbline.bundle.image_lock import Pin, changes
from plumbline.cli.common import SpecProject, finish, load, report
from plumbline.project.workspace import replace_file
from plumbline.spec.finding import Finding, InputError
from plumbline.spec.yaml_edit import CannotEdit, edit_yaml

FILE = "images.yaml"


@click.command()
@click.option("--image", "chosen", multiple=True, metavar="ID", help="Image to look up; repeatable. Default: all.")
@click.option("--check", "dry", is_flag=True, help="Write nothing; exit code 1 if a tag has moved.")
@click.option(
    "--format",
    type=click.Choice(["text", "json", "sarif", "github", "junit"]),
    default="text",
    show_default=True,
    help="Output format of findings.",
)
@click.pass_context
def lock(context: click.Context, chosen: tuple[str, ...], dry: bool, format: str) -> None:
    """Look up the digest and platforms of each image's tag in its registry, and write them into images.yaml.

    \b
    plumb lock --check               report the tags that have moved
    plumb lock --image postgres      update one image

    Nothing else in the file changes. Credentials come from `docker login`.
    """
    from validators import pins

    context.obj["format"] = format
    project = load(context)
    ids = _ids(project, chosen)
    talks = format == "text"
    published = [id for id in ids if project.spec.images.images[id].lifecycle.state != "unpublished"]
    answers = []
    for answer in pins.ask(project.spec, published):
        answers.append(answer)
        if talks:
            click.echo(_line(project, answer.image, answer.pin))
    for id in ids:
        if talks and id not in published:
            click.echo(f"{id}: in no registry; left unchanged")
    found = [answer.pin for answer in answers if answer.pin]
    if not dry and _write(project, found):
        click.echo(f"wrote {project.folder / FILE}; run `plumb build` to update the artifacts", err=True)
        # findings stand where the file has them now
        project = load(context)
    findings = [*pins.absent(project.spec, answers), *pins.moved_pins(project.spec, found)]
    if findings or not talks:
        report(context, findings, format)
    finish(findings)


def _ids(project: SpecProject, chosen: Sequence[str]) -> list[str]:
    known = list(project.spec.images.images)
    for id in chosen:
        if id not in known:
            close = get_close_matches(id, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"{FILE} has {', '.join(known)}"
            raise InputError([Finding("PLB101", f"there is no image {id!r}", hint=hint)])
    return [id for id in known if id in chosen or not chosen]


def _line(project: SpecProject, id: str, pin: Pin | None) -> str:
    image = project.spec.images.images[id]
    name = f"{id}: {image.repository}:{image.tag}"
    if pin is None:
        return f"{name} is missing"
    if not pin.has_moved(image):
        return f"{name} is what is pinned"
    lines = [f"{name} moved"]
    if pin.digest != image.digest:
        lines += [f"  - {image.digest or 'no digest'}", f"  + {pin.digest}"]
    if set(pin.platforms) != set(image.platforms):
        lines += [f"  - {', '.join(image.platforms)}", f"  + {', '.join(pin.platforms)}"]
    return "\n".join(lines)


def _write(project: SpecProject, found: Sequence[Pin]) -> bool:
    """Whether the file had to be changed. It is replaced whole or not at all."""
    wanted = list(changes(project.spec.images.images, found, datetime.now(UTC).date().isoformat()))
    if not wanted:
        return False
    file = (project.folder / FILE).resolve()
    before = file.read_bytes()
    try:
        after = edit_yaml(before.decode("utf-8-sig"), wanted)
    except CannotEdit as error:
        place = project.spec.at(("images",))
        hint = "write each digest at its own image, without aliases; then run this again"
        raise InputError([Finding("PLB003", str(error), location=place, hint=hint)]) from None
    mark = codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) else b""
    replace_file(file, mark + after.encode(), file.stat().st_mode & 0o777)
    return True
