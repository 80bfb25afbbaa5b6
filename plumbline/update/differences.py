"""What differs between two releases of a deployment, service by service, and why. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from plumbline.effective.graphs import in_order, reachable
from schema.release import ReleaseFacts, ServiceFacts

Action = Literal["anew", "new", "removed"]


@dataclass(frozen=True, slots=True)
class DeployedRelease:
    """A release of a deployment: its facts, and what only a bundle's manifest says."""

    facts: ReleaseFacts
    images: Mapping[str, str] = field(default_factory=dict)
    """Id of each image by the reference that the compose file has."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Checksum of each file of the models, by path."""


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """A service or job that is not as it was."""

    service: str
    action: Action
    reasons: tuple[str, ...]
    """What changed, each in a few words."""


def changes(old: DeployedRelease, new: DeployedRelease) -> tuple[ServiceChange, ...]:
    """What is made anew, new or removed: each behind what it needs; what is removed comes last."""
    before, after = old.facts.services, new.facts.services
    found = [*_changed(old, new), *(ServiceChange(name, "new", ("new",)) for name in after if name not in before)]
    by_name = {each.service: each for each in found}
    removed = (ServiceChange(name, "removed", ("removed",)) for name in reversed(sort_by_needs(old.facts)))
    return (
        *(by_name[name] for name in sort_by_needs(new.facts) if name in by_name),
        *(each for each in removed if each.service not in after),
    )


def sort_by_needs(facts: ReleaseFacts) -> list[str]:
    """All services and jobs, each behind those that it needs."""
    return in_order({name: service.needs for name, service in facts.services.items()}, sorted(facts.services))


def needed_by(facts: ReleaseFacts, name: str) -> set[str]:
    """Everything that a service needs, through others too."""
    return reachable({each: service.needs for each, service in facts.services.items()}, name)


def unknown_images(old: DeployedRelease, new: DeployedRelease) -> list[str]:
    """References of images that both releases name, without a digest or a manifest to say whether they are one."""
    return sorted(
        {
            service.reference
            for name, service in new.facts.services.items()
            if (was := old.facts.services.get(name)) and was.reference == service.reference
            if not (was.digest and service.digest)
            and not (service.reference in old.images and service.reference in new.images)
        }
    )


def _changed(old: DeployedRelease, new: DeployedRelease) -> Iterator[ServiceChange]:
    for name, service in new.facts.services.items():
        was = old.facts.services.get(name)
        if was and (reasons := tuple(_reasons(old, new, was, service))):
            yield ServiceChange(name, "anew", reasons)


def _reasons(old: DeployedRelease, new: DeployedRelease, was: ServiceFacts, now: ServiceFacts) -> Iterator[str]:
    if was.reference != now.reference:
        yield f"image {was.reference} → {now.reference}"
    elif _differ(was.digest, now.digest) or _differ(*(each.images.get(now.reference) for each in (old, new))):
        yield f"image {now.reference}: different content"
    if was.entry != now.entry:
        yield "its entry in the compose file"
    for path in sorted({*was.files, *now.files}):
        if was.files.get(path) != now.files.get(path):
            yield f"file {path}"
    for network in now.networks:
        if _differ(old.facts.networks.get(network), new.facts.networks[network]):
            yield f"network {network}"
    for model in sorted({*was.models} & {*now.models}):
        if _below(old.files, model) != _below(new.files, model):
            yield f"model files in {model}"


def _differ(one: str | None, other: str | None) -> bool:
    """Whether both are known, and are not one."""
    return None not in (one, other) and one != other


def _below(files: Mapping[str, str], folder: str) -> dict[str, str]:
    return {path: digest for path, digest in files.items() if path.startswith(f"{folder}/")}
