"""PLB301…: images and models: pinned, supported, used, and fit for what the services ask of them."""

import re
from collections.abc import Iterator

from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.image import Image
from schema.service import Service
from validators.rules.effective_services import Placed, once, placed_services, raw
from validators.rules.registry import Violation, rule

VERSION = re.compile(r"(?<![0-9])[0-9]+\.[0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2}")

IMAGE = """\
images.yaml:
  images:
    sample:
      repository: docker.io/library/sample
      tag: {tag}
      digest: {digest}
      licence: MIT
      lifecycle: {lifecycle}
      http_client: {http_client}
"""
DIGEST = "sha256:" + "0f" * 32
USED = "services/web.yaml: {image: sample}\n"
STAND_IN = "      stand_in: {recipe: contract, server: stub}\n"


def _example(
    tag: str = "1.4.3", digest: str = DIGEST, lifecycle: str = "{state: supported}", http_client: str = "wget"
) -> str:
    return IMAGE.format(tag=tag, digest=digest, lifecycle=lifecycle, http_client=http_client)


def _published(spec: Spec) -> Iterator[tuple[str, Image]]:
    return ((name, image) for name, image in spec.images.images.items() if image.lifecycle.state != "unpublished")


@rule(
    "PLB301",
    title="Published image without a digest",
    why="A tag can be moved to other content, a digest cannot: with a digest, every host runs what was reviewed.",
    fix="Run `plumb lock`, or copy the digest of the manifest list from two independent sources.",
    failing=_example(digest="null") + USED,
    passing=_example() + USED,
)
def published_image_without_digest(spec: Spec) -> Iterator[Violation]:
    for name, image in _published(spec):
        if image.digest is None:
            yield Violation(
                path_of("images", name), f"image {name} ({image.repository}:{image.tag}) has no digest", at_key=True
            )


@rule(
    "PLB302",
    title="Tag that does not name one version",
    why=(
        "`latest`, or a tag without a full version (`16-alpine`), is something else next month and tells a reader "
        "nothing about what runs."
    ),
    fix="Use the full version of the release, for example `16.15-alpine`.",
    failing=_example(tag="latest") + USED,
    passing=_example(tag="16.15-alpine") + USED,
)
def moving_tag(spec: Spec) -> Iterator[Violation]:
    for name, image in spec.images.images.items():
        if image.tag == "latest" or (image.digest is None and not VERSION.search(image.tag)):
            yield Violation(
                path_of("images", name, "tag"),
                f"tag `{image.tag}` of image {name} does not name a version",
                observed=image.tag,
            )


@rule(
    "PLB303",
    title="Unpublished image with a digest or without a stand-in",
    why=(
        "An image that is in no registry has no digest, so a given one was invented. Without a stand-in, the "
        "stack cannot start before the image exists."
    ),
    fix="Set `digest` to null and add `stand_in`. Once the image is published, change `lifecycle.state`.",
    failing=_example(digest="null", lifecycle="{state: unpublished}") + USED,
    passing=_example(digest="null", lifecycle="{state: unpublished}") + STAND_IN + USED,
)
def unpublished_image(spec: Spec) -> Iterator[Violation]:
    for name, image in spec.images.images.items():
        if image.lifecycle.state != "unpublished":
            continue
        if image.digest is not None:
            yield Violation(path_of("images", name, "digest"), f"image {name} is unpublished but has a digest")
        if image.stand_in is None:
            yield Violation(path_of("images", name), f"image {name} is unpublished and has no stand-in", at_key=True)


@rule(
    "PLB304",
    title="Image past its end of life",
    why="Nobody fixes its vulnerabilities any more.",
    fix=(
        "Move to a supported successor, or waive the finding in waivers.yaml until the day on which you will have "
        "done so."
    ),
    failing=_example(lifecycle="{state: end-of-life, note: archived}") + USED,
    passing=_example() + USED,
)
def end_of_life_image(spec: Spec) -> Iterator[Violation]:
    users = _users(spec)
    for name, image in spec.images.images.items():
        if image.lifecycle.state == "end-of-life" and users.get(name):
            note = f" ({image.lifecycle.note})" if image.lifecycle.note else ""
            yield Violation(
                path_of("images", name),
                f"image {name} is past its end of life{note} and runs as {', '.join(users[name])}",
                at_key=True,
            )


@rule(
    "PLB305",
    title="Image past its end of life without an open decision",
    why="Readers need to see that somebody is choosing a successor, from which options, and what the delay costs.",
    fix="Write the question in platform.yaml under `open_decisions`, and name it in `lifecycle.decision`.",
    failing=_example(lifecycle="{state: end-of-life}") + USED,
    passing="platform.yaml:\n  open_decisions:\n    successor:\n      question: What replaces it?\n"
    "      options: [one, other]\n      impact: no security fixes\n"
    + _example(lifecycle="{state: end-of-life, decision: successor}")
    + USED,
)
def end_of_life_without_decision(spec: Spec) -> Iterator[Violation]:
    for name, image in spec.images.images.items():
        if image.lifecycle.state == "end-of-life" and image.lifecycle.decision is None:
            yield Violation(
                path_of("images", name, "lifecycle"),
                f"image {name} is past its end of life but names no decision about its successor",
            )


@rule(
    "PLB306",
    title="Unused image",
    why="An image that no service runs is still mirrored, scanned and bundled.",
    fix="Remove it from images.yaml, or name it in a service.",
    failing=_example(),
    passing=_example() + "services/web.yaml: {modes: {single: {image: sample}}}\n",
)
def unused_image(spec: Spec) -> Iterator[Violation]:
    used = {image for service in spec.services.values() for image in _images_of(service)}
    for name in spec.images.images:
        if name not in used:
            yield Violation(path_of("images", name), f"no service uses image {name}", at_key=True)


MODEL = """\
models.yaml:
  models:
    weights: {title: Weights, path: models/weights.bin, size_mb: 10, source: example, licence: MIT}
"""


@rule(
    "PLB307",
    title="Unused model",
    why="A model that no service loads still makes every bundle larger.",
    fix="Remove it from models.yaml, or name it in a service under `models`.",
    failing=MODEL,
    passing=MODEL + "services/web.yaml: {models: {weights: /models/weights.bin}}\n",
)
def unused_model(spec: Spec) -> Iterator[Violation]:
    used = {model for service in spec.services.values() for model in _models_of(service)}
    for name in spec.models.models:
        if name not in used:
            yield Violation(path_of("models", name), f"no service loads model {name}", at_key=True)


@rule(
    "PLB308",
    title="HTTP health check in an image without an HTTP client",
    why="The check runs in the container. Without a client it always fails, and nothing that needs the service starts.",
    fix="Use `command` with a program of the image, or correct `http_client` in images.yaml.",
    failing=_example(http_client="none") + "services/web.yaml: {image: sample, ports: {http: 8080}, "
    "health: {http: {port: http, path: /health}, command: null}}\n",
    passing=_example(http_client="none")
    + "services/web.yaml: {image: sample, health: {http: null, command: [/bin/ok]}}\n",
)
def http_check_without_client(spec: Spec) -> Iterator[Violation]:
    return once(found for placed in placed_services(spec) for found in _without_client(placed))


def _without_client(placed: Placed) -> Iterator[Violation]:
    health, image = placed.service.health, placed.spec.images.images.get(placed.service.image)
    if health and health.http and image and image.http_client == "none":
        yield Violation(
            path_of(placed.path("health"), "http"),
            f"service {placed.id} has an HTTP health check, but image {placed.service.image} has no HTTP client",
        )


@rule(
    "PLB309",
    title="Stand-in without a program that the spec calls",
    why=(
        "A stub has none of the real image's programs. A check or an entry point that it lacks fails only when "
        "the stack starts."
    ),
    fix="Add the program to `stand_in.commands` of the image.",
    failing=_example(digest="null", lifecycle="{state: unpublished}")
    + STAND_IN
    + "services/web.yaml: {image: sample, entrypoint: [/usr/bin/sample]}\n",
    passing=_example(digest="null", lifecycle="{state: unpublished}")
    + "      stand_in: {recipe: contract, server: stub, commands: [/usr/bin/sample, /bin/ok]}\n"
    + "services/web.yaml:\n  {image: sample, entrypoint: [/usr/bin/sample], health: {http: null, command: [/bin/ok]}}\n",
)
def stand_in_without_program(spec: Spec) -> Iterator[Violation]:
    return once(found for placed in placed_services(spec) for found in _without_program(placed))


def _without_program(placed: Placed) -> Iterator[Violation]:
    image = placed.spec.images.images.get(placed.service.image)
    if image is None or image.stand_in is None or image.stand_in.recipe != "contract":
        return
    health = placed.service.health
    calls = (("entrypoint", placed.service.entrypoint), ("health", health.command if health else None))
    for field, arguments in calls:
        program = raw(arguments[0]) if arguments else None
        if program is not None and program not in image.stand_in.commands:
            yield Violation(
                placed.path(field),
                f"service {placed.id} calls `{program}`, but the stand-in of image "
                f"{placed.service.image} does not have it",
            )


def _users(spec: Spec) -> dict[str, list[str]]:
    """Services that run each image in some mode."""
    users: dict[str, list[str]] = {}
    for placed in placed_services(spec):
        names = users.setdefault(placed.service.image, [])
        if placed.id not in names:
            names.append(placed.id)
    return users


def _images_of(service: Service) -> Iterator[str]:
    yield service.image
    yield from (override.image for override in service.modes.values() if override.image)


def _models_of(service: Service) -> Iterator[str]:
    yield from service.models
    for override in service.modes.values():
        yield from (name for name, target in (override.models or {}).items() if target is not None)


@rule(
    "PLB310",
    title="Images with the same digest",
    why=(
        "A digest identifies the content: one of the two was copied from the other, and what runs is not what its "
        "name says."
    ),
    fix="Run `plumb lock`, or copy the digest of each from its own page.",
    failing=_example()
    + '    other: {repository: docker.io/library/other, tag: 2.0.0, digest: "'
    + DIGEST
    + '", licence: MIT,'
    " lifecycle: {state: supported}, http_client: wget}\n" + USED + "services/db.yaml: {image: other}\n",
    passing=_example() + USED,
)
def same_digest(spec: Spec) -> Iterator[Violation]:
    first: dict[str, str] = {}
    for name, image in spec.images.images.items():
        other = first.setdefault(image.digest or name, name)
        if spec.images.images[other].repository != image.repository:
            also = ((path_of("images", other, "digest"), "the other image"),)
            yield Violation(
                path_of("images", name, "digest"), f"image {name} has the same digest as {other}", also=also
            )
