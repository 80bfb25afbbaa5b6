"""PLB135, PLB153, PLB612, PLB613: stores whose image is known, and whether they start and are exported."""

from collections.abc import Iterator
from difflib import get_close_matches

from plumbline.effective.deployment import deployments
from plumbline.effective.graphs import reachable
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once, placed_services
from validators.rules.known_images import known_image
from validators.rules.registry import Violation, rule

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


_AFTER = "services/db.yaml: {exports: [{file: a, title: A, command: [/bin/a]}, {file: b, title: B, after: [%s], command: [/bin/b]}]}"


@rule(
    "PLB153",
    title="Export that must follow a missing export, or itself",
    why="The exports cannot run in that order. An export could then contain rows without their objects.",
    fix="Name the file of another export of the same mode, without a cycle.",
    failing=_AFTER % "c",
    passing=_AFTER % "a",
)
def unkept_order(spec: Spec) -> Iterator[Violation]:
    """Names in `after` of an export that no export of the deployment has, and files that are after themselves."""
    yield from once(_unkept(spec))


def _unkept(spec: Spec) -> Iterator[Violation]:
    makers = {each.file: name for name, service in spec.services.items() for each in service.exports}
    for deployment in deployments(spec):
        after = {each.file: each.after for service in deployment.services.values() for each in service.exports}
        for name, service in deployment.services.items():
            for index, each in enumerate(service.exports):
                path = path_of("services", name, "exports", index, "after")
                for file in each.after:
                    if file not in after:
                        close = get_close_matches(file, after, n=1)
                        hint = f"; did you mean `{close[0]}`?" if close else ""
                        hint = f": `{makers[file]}` does, and is not placed there" if file in makers else hint
                        yield Violation(path, f"no export of mode {deployment.mode} makes `{file}`{hint}")
                if each.file in reachable(after, each.file):
                    yield Violation(path, f"`{each.file}` is after itself")


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
        for placed in placed_services(spec)
        if placed.service.kind != "job"  # a migration uses a store's image for its client
        and (image := known_image(spec, placed.service))
        and image.password
        and not image.password & _variables(placed)
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
            if not image or use.variable is None or use.variable in image.files:
                continue
            if image.file_ending and not use.variable.endswith(image.file_ending):
                yield Violation(
                    path_of(placed.path("secrets", secret), "variable"),
                    f"image {placed.service.image} reads a file by a variable that ends in `{image.file_ending}` alone",
                    observed=use.variable,
                )
            if not image.files:
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
