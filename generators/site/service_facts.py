"""The facts on a service's page, for each mode."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from generators.markdown import Where, code, codes, link, text
from plumbline.effective.deployment import field_path, roles_of, service_in, services_of
from plumbline.effective.expression_names import service_names
from plumbline.effective.expression_places import known_in_service, value_places
from plumbline.effective.reachability import reach
from plumbline.effective.relations import OUTSIDE, Because, Relation, relations_by_end, starts_by_end
from plumbline.effective.volumes import services_sharing
from plumbline.expressions.rendering import value_text
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.service import Service, SharedVolume
from schema.types import Value

Fact = tuple[Where, str]
"""Where the spec says it, and what, as Markdown."""
_MOST_BY_NAME = 30


def facts(spec: Spec, name: str, mode: str) -> dict[str, Fact]:
    """What the spec says of a service in a mode, by what it is about; nothing that it does not say."""
    found = {**_relations(spec, name, mode), **_running(spec, name, mode), **_kept(spec, name, mode)}
    return {label: fact for label, fact in found.items() if fact[1] != "–"}


def _relations(spec: Spec, name: str, mode: str) -> dict[str, Fact]:
    service, at = service_in(spec, mode, name), _places(spec, name, mode)
    known, order = (ends(spec, mode).get(name, ()) for ends in (relations_by_end, starts_by_end))
    roles = roles_of(spec, mode, name)
    published = codes(f"{each.address}:{each.port} → {port}" for port, each in service.publish.items())
    return {
        "Runs on": ([path_of("topology", mode, "roles", role, "services") for role in roles], codes(roles)),
        "Connects to": ([each.path for each in known if name == each.source], _ends(known, name, "other")),
        "Reached by": ([each.path for each in known if name == each.other], _ends(known, name, "source")),
        "May also be reached by": (at("segments"), _others(reach(spec, mode).might_be_reached_by(name))),
        "Starts after": ([each.path for each in order if name == each.source], _awaited(spec, order, name)),
        "Starts before": (
            [each.path for each in order if name == each.target],
            codes(each.source for each in order if name == each.target),
        ),
        "Listens on": (at("ports"), _ports(service)),
        "Serves metrics at": (at("metrics"), _metrics(service)),
        "Published": (at("publish"), published),
        "Networks": (at("segments"), codes(service.segments)),
        "Stays healthy without": (at("tolerates"), codes(service.tolerates)),
    }


def _running(spec: Spec, name: str, mode: str) -> dict[str, Fact]:
    service, at, names = service_in(spec, mode, name), _places(spec, name, mode), service_names(spec, mode, name)
    checked = service.health.command if service.health else None
    return {
        "Image": (at("image"), link(service.image, "../images.md")),
        "User": (at("user"), code(service.user or "the image's")),
        "Capabilities": (at("capabilities"), codes(service.capabilities)),
        "Limits": (at("limits"), _limits(service)),
        "Health": (at("health", checked), _health(service, names)),
        "Stops within": (at("stop_grace_s"), f"{service.stop_grace_s} s"),
        "Entry point": (at("entrypoint", service.entrypoint), words(service.entrypoint, names)),
        "Command": (at("command", service.command), words(service.command, names)),
        "Profile": (at("profile"), code(service.profile) if service.profile else "–"),
    }


def _kept(spec: Spec, name: str, mode: str) -> dict[str, Fact]:
    service, at, placed = service_in(spec, mode, name), _places(spec, name, mode), services_of(spec, mode)
    sharers = {volume: who for volume in service.volumes if (who := services_sharing(placed, name, volume))}
    sharing = sorted({other for who in sharers.values() for other in who})
    mounts = (f"{each.source} → {each.target}{' (read-only)' if each.read_only else ''}" for each in service.mounts)
    return {
        "Volumes": (
            [field_path(name, spec.services[name], mode, "volumes"), path_of("services", name, "volume_gb")],
            codes(_volume(service, volume) for volume in service.volumes),
        ),
        "Shares volumes": (at("shares"), codes(map(_shared, service.shares))),
        "Volumes shared with": (
            [field_path(other, spec.services[other], mode, "shares") for other in sharing],
            ", ".join(f"{code(volume)}: {codes(who)}" for volume, who in sharers.items()) or "–",
        ),
        "Models": (at("models"), codes(f"{model}: {target}" for model, target in service.models.items())),
        "Host folders": (at("mounts"), codes(mounts)),
        "In memory": (at("tmpfs"), codes(service.tmpfs)),
        "Configuration": (at("config"), codes(f"{each.source} → {each.target}" for each in service.config)),
        "Secrets": (at("secrets"), _secrets(service)),
    }


def _places(spec: Spec, name: str, mode: str) -> Callable[..., Where]:
    """Where a field is said for a mode, and what its words speak of: found when somebody asks."""
    return partial(partial, _found, spec, name, mode)


def _found(
    spec: Spec, name: str, mode: str, field: str, values: Iterable[Value] | None = (), key: str | None = None
) -> Iterator[PathText]:
    yield field_path(name, spec.services[name], mode, field, key)
    known = known_in_service(spec, mode, name)
    for value in values or ():
        yield from value_places(value, known)


def variables(spec: Spec, name: str, mode: str) -> dict[str, Fact]:
    """Its environment in a mode: names as code, and values."""
    at, names = _places(spec, name, mode), service_names(spec, mode, name)
    return {
        code(variable): (at("environment", (value,), variable), code(value_text(value, names)))
        for variable, value in sorted(service_in(spec, mode, name).environment.items())
    }


def _others(names: Sequence[str]) -> str:
    """Whom no rule of the network keeps out, though the spec does not say that they connect; very many as a number."""
    return codes(names) if len(names) <= _MOST_BY_NAME else f"{len(names)} services that share a segment with it"


def _metrics(service: Service) -> str:
    asked = service.metrics
    return (
        f"{code(asked.port)}, {code(asked.path)}{f', shown {code(asked.secret)}' if asked.secret else ''}"
        if asked
        else "–"
    )


def _ends(known: Sequence[Relation], name: str, end: str) -> str:
    """The other ends of a service's connections, with their ports, and why where that is no need."""
    own = "source" if end == "other" else "target"
    found = []
    for each in known:
        if getattr(each, own) == name:
            other = "outside" if getattr(each, end) == OUTSIDE else code(getattr(each, end))
            port = (
                code(each.port)
                if each.because in (Because.NEED, Because.ENTRY, Because.COLLECTED)
                else code(each.number)
            )
            found.append(f"{other} ({port}{'' if each.because == Because.NEED else f', {text(each.because)}'})")
    return ", ".join(found) or "–"


def _awaited(spec: Spec, order: Sequence[Relation], name: str) -> str:
    """What it starts after, and what of that it waits for."""
    found = [(each.target, spec.services[each.target].kind == "job") for each in order if each.source == name]
    return ", ".join(f"{code(each)} {'has ended with 0' if is_job else 'is well'}" for each, is_job in found) or "–"


def _secrets(service: Service) -> str:
    return (
        ", ".join(
            f"{code(secret)} {f'as {code(use.environment)}, by value' if use.environment else 'as a file'}"
            for secret, use in sorted(service.secrets.items())
        )
        or "–"
    )


def _ports(service: Service) -> str:
    return codes(f"{name} {number}" for name, number in service.ports.items())


def _health(service: Service, names: dict[str, object]) -> str:
    health = service.health
    if health is None:
        return "–"
    what = f"GET {health.http.path} on {health.http.port}" if health.http else _plain(health.command, names)
    return (
        f"{code(what)} every {health.interval_s:g} s, timeout {health.timeout_s:g} s, "
        f"unhealthy after {health.retries} failures; start period {health.start_period_s:g} s, "
        f"with a check every {health.start_interval_s:g} s"
    )


def _limits(service: Service) -> str:
    limits = service.limits
    return f"{limits.memory_mib} MiB, {limits.cpus:g} cores, {limits.pids} processes" if limits else "–"


def _plain(words: tuple[Value, ...] | None, names: dict[str, object]) -> str:
    return " ".join(value_text(word, names) for word in words or ())


def words(values: tuple[Value, ...] | None, names: dict[str, object]) -> str:
    """A command's words as code."""
    if values is None:
        return "–"
    return codes(value_text(word, names) for word in values) if values else "none: the image's is cleared"


def _shared(each: SharedVolume) -> str:
    return f"{each.volume} of {each.service}: {each.target}{' (read-only)' if each.read_only else ''}"


def _volume(service: Service, volume: str) -> str:
    size = service.volume_gb.get(volume)
    return f"{volume}: {service.volumes[volume]}" + (f", {size} GB" if size else "")
