"""Images for a bundle: from the engine's store, or from their registries."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from plumbline.bundle.build import Gather, Gathered
from plumbline.bundle.images import Layout, NotSaved, Saved, take_saved
from plumbline.bundle.registry import Registry, split_name
from plumbline.effective.deployment import image_reference
from plumbline.spec.finding import EnvironmentMissing
from plumbline.spec.spec import Spec
from plumbline.stack.engine import Engine
from plumbline.stack.stand_ins import SERVER_LABEL, build, recipe_of


def from_engine(engine: Engine, spec: Spec, spec_folder: Path, mode: str, stand_ins: bool) -> Gather:
    """Images that the engine has; with `stand_ins`, also a stand-in for each that it has not."""

    def gather(layout: Layout, ids: Iterable[str]) -> Mapping[str, Gathered]:
        references = {id: _reference(engine, spec, spec_folder, mode, id, stand_ins) for id in ids}
        saved = _saved(engine, layout, sorted({reference for reference, _ in references.values()}))
        return {id: Gathered(saved[reference], False, stand_in) for id, (reference, stand_in) in references.items()}

    return gather


def from_registries(platform: str, spec: Spec, others: Gather | None) -> Gather:
    """Published images by digest, as their registries' own bytes; the others, which are in no registry, from elsewhere."""

    def gather(layout: Layout, ids: Iterable[str]) -> Mapping[str, Gathered]:
        found: dict[str, Gathered] = {}
        unpublished: list[str] = []
        for id in ids:
            image = spec.images.images[id]
            if image.digest is None:
                unpublished.append(id)
                continue
            host, path = split_name(image.repository)
            found[id] = Gathered(Registry(host).fetch(layout, path, image.digest, platform), True, None)
        if unpublished and others is None:
            message = f"{unpublished[0]} is in no registry, and no engine for {platform} answers"
            raise EnvironmentMissing(message, "start Docker on such a machine")
        return found | (dict(others(layout, unpublished)) if others and unpublished else {})

    return gather


def _reference(
    engine: Engine, spec: Spec, spec_folder: Path, mode: str, id: str, stand_ins: bool
) -> tuple[str, str | None]:
    """What the engine calls an image, and what really runs inside where it is a stand-in."""
    image = spec.images.images[id]
    own = image_reference(spec, mode, image)
    pinned = f"{own}@{image.digest}" if image.digest else own
    if found := engine.image(pinned):
        if (engine.image(own) or {}).get("Id") != found["Id"]:
            raise EnvironmentMissing(
                f"{own} is another image here than the one that the spec pins", f"docker tag {pinned} {own}"
            )
        return own, ((found.get("Config") or {}).get("Labels") or {}).get(SERVER_LABEL)
    if not stand_ins or image.stand_in is None:
        raise EnvironmentMissing(f"the engine has no image {pinned}", f"docker pull {pinned}; for tests: --stand-ins")
    return build(engine, recipe_of(spec, spec_folder, mode, id)), image.stand_in.server


def _saved(engine: Engine, layout: Layout, references: list[str]) -> Mapping[str, Saved]:
    process = engine.save(references)
    if process.stdout is None or process.stderr is None:
        raise EnvironmentMissing("docker image save writes nothing", "check the docker command")
    with process:
        try:
            return take_saved(layout, process.stdout, references, engine.versions.platform)
        except (NotSaved, OSError) as error:
            process.terminate()
            said = process.stderr.read().decode(errors="replace").strip().splitlines()[-1:]
            raise EnvironmentMissing(
                f"the engine does not save its images: {' '.join(said) or error}", "docker image save"
            ) from None
