"""PLB134, PLB135, PLB612, PLB613: stores whose image is known, and whether they are set up so that they start and keep what they hold."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import PurePosixPath

from plumbline.effective.deployment import deployments
from plumbline.effective.volumes import volume_mounts
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once, placed_services, raw
from validators.rules.known_images import KnownImage, known_image
from validators.rules.registry import Violation, rule


@rule(
    "PLB134",
    title="Store without a volume for its data",
    why=(
        "The root file system is read-only and is deleted with the container: the store does not start, or starts "
        "empty each time."
    ),
    fix="Mount a volume where the image writes, or set the image's variable or option to the volume's path.",
    failing="services/db.yaml: {volumes: {data: /var/lib/pgsql}}",
    passing="services/db.yaml: {volumes: {data: /var/lib/postgresql/data}}",
)
def keeps_nothing(spec: Spec) -> Iterator[Violation]:
    """Known images with nothing mounted where they write, and services that are tried for their state and have no volume."""
    yield from once(_without_a_place(spec))


def _without_a_place(spec: Spec) -> Iterator[Violation]:
    for placed in _stores(spec):
        service, image = placed.service, known_image(spec, placed.service)
        path = placed.path("volumes") if service.volumes else path_of("services", placed.id)
        folder = _data(placed, image) if image else ""
        if folder and not _is_covered(placed, folder):
            message = f"image {service.image} writes to {folder}, but nothing is mounted there"
            yield Violation(path, message, at_key=not service.volumes, expected=folder)
        elif service.state_test and not service.volumes and not any(not each.read_only for each in service.mounts):
            message = f"`{placed.id}` has a state test but no volume to keep state in"
            yield Violation(path_of("services", placed.id, "state_test"), message, at_key=True)


def _stores(spec: Spec) -> Iterator[Placed]:
    """What keeps running: a job, such as a migration, uses a store's image for its client."""
    return (placed for placed in placed_services(spec) if placed.service.kind != "job")


def _data(placed: Placed, image: KnownImage) -> str:
    """Where a known image writes; empty where nothing says it."""
    service = placed.service
    if image.moved_by in service.environment:
        moved = service.environment[image.moved_by]
        return moved if isinstance(moved, str) else ""
    words = [raw(word) for word in (*(service.entrypoint or ()), *(service.command or ()))]
    if words[:1] == ["server"] and not image.data:  # of MinIO, whose folder stands in its call
        return next((word for word in words[1:] if word.startswith("/") and "{" not in word), "")
    told = any("data" in word and "/" in word for word in words)
    return "" if told else image.data


def _is_covered(placed: Placed, folder: str) -> bool:
    """Whether something is mounted at a folder, above or below it; a configuration that names a mounted folder is believed."""
    service = placed.service
    volumes = (each.target for each in volume_mounts(placed.id, service) if not each.read_only)
    writable = [*volumes, *service.tmpfs, *service.models.values()]
    writable += [mount.target for mount in service.mounts]
    wanted = PurePosixPath(folder)
    if any(wanted.is_relative_to(each) or PurePosixPath(each).is_relative_to(wanted) for each in writable):
        return True
    texts = [placed.spec.templates.get(each.source, "") for each in service.config]
    return any(target in text for text in texts for target in service.volumes.values() if target != "/")


_EXPORTS = "exports: [{file: state.dump, title: State, command: [/bin/dump]}]"


@rule(
    "PLB135",
    title="Exports with the same file name",
    why="The second export overwrites the first, so one of the two stores is missing from every export.",
    fix="Give each export a file name of its own.",
    failing=f"services/web.yaml: {{{_EXPORTS}}}\nservices/db.yaml: {{{_EXPORTS}}}",
    passing=f"services/web.yaml: {{{_EXPORTS}}}\nservices/db.yaml: {{{_EXPORTS.replace('state', 'db')}}}",
)
def same_export(spec: Spec) -> Iterator[Violation]:
    """Files that several exports of one deployment have."""
    yield from once(_same_exports(spec))


def _same_exports(spec: Spec) -> Iterator[Violation]:
    for deployment in deployments(spec):
        taken: dict[str, PathText] = {}
        for name, service in deployment.services.items():
            for index, each in enumerate(service.exports):
                path = path_of("services", name, "exports", index, "file")
                if each.file in taken:
                    other = taken[each.file]
                    message = f"`{each.file}` is also an export of `{other.parts[1]}`"
                    yield Violation(path, message, also=((other, "the other"),))
                taken.setdefault(each.file, path)


@rule(
    "PLB612",
    title="Image without the password it needs to start",
    why="With an empty data folder, the container exits at once. The first start of every installation fails.",
    fix="Pass a secret through the variable that the image reads, e.g. `{variable: POSTGRES_PASSWORD_FILE}`.",
    failing="services/db.yaml: {secrets: {db_password: {variable: null}}}",
    passing="services/db.yaml: {secrets: {db_password: {variable: POSTGRES_PASSWORD_FILE}}}",
)
def without_password(spec: Spec) -> Iterator[Violation]:
    """Known images of which none of the variables is set."""
    yield from once(
        Violation(
            placed.path("secrets") if placed.service.secrets else path_of("services", placed.id),
            f"image {placed.service.image} needs one of {', '.join(sorted(image.password))}",
        )
        for placed in _stores(spec)
        if (image := known_image(spec, placed.service)) and image.password and not image.password & _variables(placed)
    )


@rule(
    "PLB613",
    title="Variable that the image does not read",
    why="The secret file exists, but the image ignores it. It starts with another password, or with none.",
    fix="Spell the variable as in the image's manual.",
    failing="services/db.yaml: {secrets: {db_password: {variable: POSTGRES_PASS_FILE}}}",
    passing="services/db.yaml: {secrets: {db_password: {variable: POSTGRES_PASSWORD_FILE}}}",
)
def unread_variable(spec: Spec) -> Iterator[Violation]:
    """Variables of secrets that begin as those of a known image do, and are none of them."""
    yield from once(_unread(spec))


def _unread(spec: Spec) -> Iterator[Violation]:
    for placed in placed_services(spec):
        image = known_image(spec, placed.service)
        for secret, use in placed.service.secrets.items():
            if not image or not image.files or use.variable is None or use.variable in image.files:
                continue
            prefix = next(iter(image.files)).partition("_")[0]
            if use.variable.startswith(f"{prefix}_"):
                close = get_close_matches(use.variable, image.files, n=1)
                hint = f"did you mean `{close[0]}`?" if close else None
                message = f"image {placed.service.image} has no variable `{use.variable}`"
                yield Violation(
                    path_of(placed.path("secrets", secret), "variable"), message, hint, observed=use.variable
                )


def _variables(placed: Placed) -> set[str]:
    uses = placed.service.secrets.values()
    return {*placed.service.environment, *(name for use in uses for name in (use.variable, use.environment) if name)}
