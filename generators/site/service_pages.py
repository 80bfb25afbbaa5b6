"""Pages about services: one each, the list, and the table of environment variables."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from generators.markdown import Page, Where, code, codes, link, prose, text
from plumbline.project.artifact import Artifact
from plumbline.effective.deployment import field_path, roles_of, service_in, services_of
from plumbline.effective.expression_names import service_names
from plumbline.effective.expression_places import known_in_service, value_places
from plumbline.expressions.rendering import value_text
from plumbline.spec.paths import PathText, path_of
from plumbline.effective.relations import OUTSIDE, Because, Relation, relations_by_end, starts_by_end
from plumbline.spec.spec import Spec
from plumbline.effective.volumes import services_sharing
from schema.service import Service, SharedVolume
from schema.types import Value

FOLDER = "docs/architect/services"
Row = tuple[Where, list[str]]


def services(spec: Spec) -> Iterable[Artifact]:
    """`index.md` and `<id>.md`."""
    index = Page(f"{FOLDER}/index.md", "Services")
    rows: list[Row] = []
    for name, service in sorted(spec.services.items()):
        where = [", ".join(roles_of(spec, mode, name)) or "–" for mode in spec.modes]
        places = [
            path_of("topology", mode, "roles", role, "services")
            for mode in spec.modes
            for role in roles_of(spec, mode, name)
        ]
        rows.append(
            (
                (path_of("services", name, "summary"), *places),
                [link(name, f"{name}.md"), prose(service.summary), *map(text, where)],
            )
        )
    index.table(["Service", "What it does", *spec.modes], rows)
    yield index.done()
    for name in sorted(spec.services):
        yield _page(spec, name)


def _page(spec: Spec, name: str) -> Artifact:
    service = spec.services[name]
    path = path_of("services", name)
    page = Page(f"{FOLDER}/{name}.md", service.title, path_of(path, "title"))
    page.add(prose(service.summary), path_of(path, "summary"))
    page.table(
        ["", ""],
        [
            (
                (path_of(path, "kind"), path_of(path, "per_node")),
                ["Kind", code(service.kind) + (", one per node" if service.per_node else "")],
            ),
        ],
    )
    for mode in spec.modes:
        if name in services_of(spec, mode):
            _mode_section(page, spec, name, mode)
    _tests(page, spec, name)
    if service.notes:
        page.add("## Notes")
        page.add("\n".join(f"- {prose(note)}" for note in service.notes), path_of(path, "notes"))
    return page.done()


def _tests(page: Page, spec: Spec, name: str) -> None:
    service, path = spec.services[name], path_of("services", name)
    # what is tried in every mode is shown as the first one has it
    first = next((mode for mode in spec.modes if name in services_of(spec, mode)), spec.modes[0])
    names = service_names(spec, first, name)
    rows: list[Row] = []
    if test := service.state_test:
        rows.append((path_of(path, "state_test", "write"), ["Writes a word", _words(test.write, names)]))
        rows.append((path_of(path, "state_test", "read"), ["Reads it again", _words(test.read, names)]))
    for id, each in service.self_tests.items():
        shown = f"{_words(each.run, names)}, prints {code(each.prints)}"
        rows.append((path_of(path, "self_tests", id), [text(each.title), shown]))
    for id, query in service.running.items():
        answers = codes(f"{name}={value_text(value, names)}" for name, value in query.answers.items())
        rows.append(
            (path_of(path, "running", id), [text(query.title), f"{_words(query.run, names)}, answers {answers}"])
        )
    if rows:
        page.add("## Tried on a running one")
        page.table(["What", "How"], rows)


def _mode_section(page: Page, spec: Spec, name: str, mode: str) -> None:
    """What a service is in a mode: whom it meets, what its container is made of, and its variables."""
    page.add(f"## Mode {text(mode)}")
    rows = [*_neighbours(spec, name, mode), *_container(spec, name, mode), *_storage(spec, name, mode)]
    rows += _program(spec, name, mode)
    page.table(["", ""], [row for row in rows if row[1][1] != "–"])
    service, names = service_in(spec, mode, name), service_names(spec, mode, name)
    if service.environment:
        page.table(
            ["Variable", "Value"],
            [
                (
                    partial(_places, spec, name, mode, "environment", (value,), variable),
                    [code(variable), code(value_text(value, names))],
                )
                for variable, value in sorted(service.environment.items())
            ],
        )


def _neighbours(spec: Spec, name: str, mode: str) -> list[Row]:
    """Its nodes, whom it connects to and who to it, and what it waits for."""
    known, order = (ends(spec, mode).get(name, ()) for ends in (relations_by_end, starts_by_end))
    return [
        (
            [path_of("topology", mode, "roles", role, "services") for role in roles_of(spec, mode, name)],
            ["Runs on", codes(roles_of(spec, mode, name))],
        ),
        ([each.path for each in known if name == each.source], ["Connects to", _ends(known, name, "other")]),
        ([each.path for each in known if name == each.other], ["Is reached by", _ends(known, name, "source")]),
        ([each.path for each in order if name == each.source], ["Starts after", _awaited(spec, order, name)]),
        (
            [each.path for each in order if name == each.target],
            ["Starts before", codes(each.source for each in order if name == each.target)],
        ),
    ]


def _container(spec: Spec, name: str, mode: str) -> list[Row]:
    """What runs, as whom, and how it is reached."""
    service, names = service_in(spec, mode, name), service_names(spec, mode, name)
    at = partial(partial, _places, spec, name, mode)
    return [
        (at("ports"), ["Listens on", _ports(service)]),
        (at("tolerates"), ["Stays healthy without", codes(service.tolerates)]),
        (at("image"), ["Image", link(service.image, "../images.md")]),
        (at("user"), ["User", code(service.user or "the image's")]),
        (at("capabilities"), ["Capabilities", codes(service.capabilities)]),
        (at("stop_grace_s"), ["Stops within", f"{service.stop_grace_s} s"]),
        (at("segments"), ["Networks", codes(service.segments)]),
        (
            at("publish"),
            ["Published", codes(f"{each.address}:{each.port} → {port}" for port, each in service.publish.items())],
        ),
        (
            at("health", service.health.command if service.health else ()),
            ["Health", _health(service, names)],
        ),
        (at("limits"), ["Limits", _limits(service)]),
    ]


def _program(spec: Spec, name: str, mode: str) -> list[Row]:
    """What it starts, and what it is given."""
    service, names = service_in(spec, mode, name), service_names(spec, mode, name)
    at = partial(partial, _places, spec, name, mode)
    return [
        (at("entrypoint", service.entrypoint), ["Entry point", _words(service.entrypoint, names)]),
        (at("command", service.command), ["Command", _words(service.command, names)]),
        (at("secrets"), ["Secrets", _secrets(service)]),
        (at("profile"), ["Profile", code(service.profile) if service.profile else "–"]),
    ]


def _places(
    spec: Spec, name: str, mode: str, field: str, words: Iterable[Value] | None = (), key: str | None = None
) -> Iterator[PathText]:
    """Where a field stands, and the places of the spec that words with expressions speak of."""
    yield field_path(name, spec.services[name], mode, field, key)
    known = known_in_service(spec, mode, name)
    for word in words or ():
        yield from value_places(word, known)


def _storage(spec: Spec, name: str, mode: str) -> list[Row]:
    """What is mounted into it."""
    service, at = service_in(spec, mode, name), partial(partial, _places, spec, name, mode)
    sharers = {
        volume: who for volume in service.volumes if (who := services_sharing(services_of(spec, mode), name, volume))
    }
    others = sorted({other for who in sharers.values() for other in who})
    shared_with = ", ".join(f"{code(volume)}: {codes(who)}" for volume, who in sharers.items())
    return [
        (
            [field_path(name, spec.services[name], mode, "volumes"), path_of("services", name, "volume_gb")],
            ["Volumes", codes(_volume(service, volume) for volume in service.volumes)],
        ),
        (at("shares"), ["Shares volumes", codes(map(_shared, service.shares))]),
        (
            [field_path(other, spec.services[other], mode, "shares") for other in others],
            ["Volumes shared with", shared_with or "–"],
        ),
        (at("models"), ["Models", codes(f"{model}: {target}" for model, target in service.models.items())]),
        (
            at("mounts"),
            [
                "Host folders",
                codes(f"{m.source} → {m.target}{' (read-only)' if m.read_only else ''}" for m in service.mounts),
            ],
        ),
        (at("tmpfs"), ["In memory", codes(service.tmpfs)]),
        (at("config"), ["Configuration", codes(f"{each.source} → {each.target}" for each in service.config)]),
    ]


def _ends(known: Sequence[Relation], name: str, end: str) -> str:
    """The other ends of a service's connections, with their ports, and why where that is no need."""
    own = "source" if end == "other" else "target"
    found = []
    for each in known:
        if getattr(each, own) == name:
            other = "outside" if getattr(each, end) == OUTSIDE else code(getattr(each, end))
            port = code(each.port) if each.because in (Because.NEED, Because.ENTRY) else code(each.number)
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
        f"{code(what)} every {health.interval_s:g} s, {health.timeout_s:g} s to answer, "
        f"{health.retries} failures, from {health.start_period_s:g} s after the start; "
        f"every {health.start_interval_s:g} s until then"
    )


def _limits(service: Service) -> str:
    limits = service.limits
    return f"{limits.memory_mib} MiB, {limits.cpus:g} cores, {limits.pids} processes" if limits else "–"


def _plain(words: tuple[Value, ...] | None, names: dict[str, object]) -> str:
    return " ".join(value_text(word, names) for word in words or ())


def _words(words: tuple[Value, ...] | None, names: dict[str, object]) -> str:
    if words is None:
        return "–"
    return codes(value_text(word, names) for word in words) if words else "none: the image's is cleared"


def _shared(each: SharedVolume) -> str:
    return f"{each.volume} of {each.service}: {each.target}{' (read-only)' if each.read_only else ''}"


def _volume(service: Service, volume: str) -> str:
    size = service.volume_gb.get(volume)
    return f"{volume}: {service.volumes[volume]}" + (f", {size} GB" if size else "")
