"""What a spec names outside of its YAML: artifacts, folders of stand-ins. Pure: callers say what there is."""

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches

from plumbline.finding import Finding
from plumbline.paths import PathText, path_of
from plumbline.spec import Spec
from validators.documented import RealityRule

SURROUNDINGS_RULES = {
    rule.id: rule
    for rule in (
        RealityRule(
            "PLB926",
            "named artifact is not generated from this spec",
            "A requirement that is proven by a file which nothing generates is not proven.",
            "Name one of the files that `plumb build` lists in generated.json.",
        ),
        RealityRule(
            "PLB929",
            "stand-in whose folder is not there",
            "The stack cannot be stood up, and nobody sees it before somebody tries.",
            "Name a folder below the spec's `stand-ins/`, or make it.",
        ),
    )
}
"""Rules about what the spec names beyond itself, by id."""


def unknown_artifacts(spec: Spec, generated: Iterable[str]) -> Iterator[Finding]:
    """A finding for each requirement that is said to be proven by an artifact which nothing generates."""
    known = set(generated)
    for path, ref in _proofs(spec, "artifact"):
        if ref not in known:
            yield _finding(spec, "PLB926", path, f"{ref} is not generated from this spec", ref, known)


def missing_stand_ins(spec: Spec, is_there: Callable[[str], bool]) -> Iterator[Finding]:
    """A finding for each stand-in whose folder is not there; `is_there` is asked for paths relative to the spec's folder."""
    named: dict[PathText, tuple[str, str]] = {}
    for name, image in spec.images.images.items():
        if image.stand_in and image.stand_in.recipe != "contract":
            named[path_of("images", name, "stand_in", "recipe")] = (image.stand_in.recipe, "Dockerfile")
    for name, model in spec.models.models.items():
        if model.stand_in:
            named[path_of("models", name, "stand_in")] = (model.stand_in, "")
    for path, (folder, file) in named.items():
        if not is_there(f"{folder}/{file}"):
            yield _finding(spec, "PLB929", path, f"there is no {folder}/{file}", folder, ())


def _proofs(spec: Spec, kind: str) -> Iterator[tuple[PathText, str]]:
    for id, requirement in spec.requirements.requirements.items():
        for index, proof in enumerate(requirement.proofs):
            if proof.kind == kind:
                yield path_of("requirements", id, "proofs", index, "ref"), proof.ref


def _finding(spec: Spec, rule: str, path: PathText, message: str, named: str, known: Iterable[str]) -> Finding:
    close = get_close_matches(named, known, n=1)
    hint = f"did you mean `{close[0]}`?" if close else SURROUNDINGS_RULES[rule].fix
    return Finding(rule, message, location=spec.at(path), hint=hint, subject=path)
