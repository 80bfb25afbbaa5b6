"""What a node keeps of itself: `deploy/<mode>/<role>/backup/`, with scripts in POSIX shell and timers for systemd. Pure.

A roll-out brings the folder to the node with the rest of the release, and calls its `install.sh`. First boot knows nothing of it.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from jinja2 import Environment

from generators.cloud.node import home_of, state_of
from generators.offline.shell_templates import shell_templates
from generators.template_sources import template_sources
from plumbline.effective.backups import KeptThing, backing_up, kept_on, shared_kept, tells_shared
from plumbline.effective.deployment import Deployment
from plumbline.effective.expression_names import service_names
from plumbline.expressions.rendering import value_text
from plumbline.expressions.template_lines import Known
from plumbline.project.artifact import Artifact, Source
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.types import Value

FOLDER = "backup"
"""Folder of it in that of the deployment."""
SHARED = "shared"
"""Stands for the tenant on nodes that all tenants share."""
TEMPLATES = "backup/templates"
SCRIPTS: Mapping[str, str] = {
    "backup": "Backs up what this node keeps",
    "restore": "Puts a backup back",
    "install": "Puts the timers of the backups in place",
}
"""Scripts by name, with what each does."""
_WHOLE = "{{\n{}exit\n}}\n"
"""A shell reads a script as it runs it. In braces it reads it whole first: one that changes meanwhile, in a roll-out, does nothing else."""
_DAY = 24


class BackupGenerator:
    """Scripts, units and timers for the nodes of each role that keeps something."""

    name = "backups"

    def generate(self, spec: Spec) -> Iterable[Artifact]:
        """Nothing where backups.yaml names no destination or no key: PLB871 and PLB872 say so."""
        if not spec.backups.destination or not spec.backups.recipients:
            return
        for deployment in backing_up(spec):
            folder = f"{deployment.folder}/{FOLDER}"
            kept = kept_on(spec, deployment.mode, deployment.role)
            names = script_names(spec, deployment, kept)
            for name, does in SCRIPTS.items():
                if name != "restore" or names["stores"]:
                    yield script(f"{folder}/{name}.sh", f"{name}.sh.j2", does, names, kept)
            yield from _units(f"{folder}/units", spec, kept)


def script_names(spec: Spec, deployment: Deployment, kept: Iterable[KeptThing]) -> dict[str, Any]:
    """What the templates know."""
    mode, role = deployment.mode, spec.topology[deployment.mode].roles[deployment.role]
    cloud = spec.topology[mode].cloud
    destination = spec.backups.destination
    assert destination is not None and cloud is not None
    state = state_of(spec)
    has_volume = cloud.volume.role == deployment.role
    written = [_written(spec, mode, each) for each in kept]
    return {
        "platform": spec.platform.name,
        "mode": mode,
        "release": spec.platform.version,
        "home": home_of(spec),
        "state": state,
        # what is staged may be as large as the store, and must not fill the disk of the system
        "staging": cloud.volume.mount if has_volume else state,
        "tenants": role.scope == "tenant",
        "shared": SHARED,
        "destination": destination,
        "bucket": destination.bucket,
        "access_key": destination.access_key,
        "secret_key": destination.secret_key,
        "recipients": list(spec.backups.recipients.values()),
        "test": spec.backups.test if role.scope == "tenant" else None,
        "told": [each.name for each in shared_kept(spec, mode)] if tells_shared(spec, deployment) else [],
        "kept": written,
        "stores": [each for each in written if each["restore"]],
    }


def _written(spec: Spec, mode: str, kept: KeptThing) -> dict[str, Any]:
    """A backup as the scripts call it."""
    common = {"name": kept.name, "folder": False, "stopped": False, "files": (), "restore": ""}
    if kept.files:
        return common | {"files": [shlex.quote(path.lstrip("/")) for path in kept.files.paths]}
    store = kept.store
    assert store is not None
    apart = store.folder or store.stopped
    return common | {
        "folder": store.folder,
        "stopped": store.stopped,
        "user": spec.services[kept.name].user or "0:0",
        "take": call(spec, mode, kept.name, store.take, apart=store.folder),
        "restore": call(spec, mode, kept.name, store.restore, apart=apart),
        "look": call(spec, mode, kept.name, store.look, apart=False),
    }


def call(spec: Spec, mode: str, service: str, command: tuple[Value, ...], *, apart: bool) -> str:
    """The words of a command; a container of its own takes the program apart from its arguments."""
    names = service_names(spec, mode, service)
    words = [value_text(word, names) for word in command]
    if apart:
        words.insert(1, service)
    return " ".join(shlex.quote(word) for word in words)


def script(path: str, template: str, does: str, names: Mapping[str, Any], kept: Iterable[KeptThing]) -> Artifact:
    """A script that the shell reads whole before it runs it."""
    environment = shell_templates(TEMPLATES)
    text = environment.get_template(template).render(names)
    file = path.rpartition("/")[2]
    head = f"#!/bin/sh\n# {does}. Generated by plumb build from the spec; do not edit. Help: sh {file} --help\n"
    first = 1 + f"{head}{{\n".count("\n")
    traced = partial(_traced, environment, template, names, tuple(each.path for each in kept), first)
    return Artifact(path, f"{head}{_WHOLE.format(text)}".encode(), executable=True, traced=traced)


def _traced(
    environment: Environment, template: str, names: Mapping[str, Any], kept: tuple[PathText, ...], first: int
) -> Iterator[Source]:
    assert environment.loader is not None
    source = environment.loader.get_source(environment, template)[0]
    platform, destination = (path_of("platform", "name"),), path_of("backups", "destination")
    known = Known(
        names={
            **dict.fromkeys(("platform", "home"), platform),
            "state": (*platform, path_of("services")),
            "staging": (*platform, path_of("topology", names["mode"], "cloud", "volume")),
            "release": (path_of("platform", "version"),),
            **dict.fromkeys(("kept", "stores"), kept),
            "bucket": (path_of(destination, "bucket"),),
            "access_key": (path_of(destination, "access_key"),),
            "secret_key": (path_of(destination, "secret_key"),),
            "recipients": (path_of("backups", "recipients"),),
            **dict.fromkeys(("told", "watched"), (path_of("backups", "stores"), path_of("backups", "files"))),
        },
        roots={
            "destination": lambda parts: [path_of(destination, *parts)],
            "test": lambda parts: [path_of("backups", "test", *parts)],
        },
    )
    yield from template_sources(environment, template, source, names, known, first)


def _units(folder: str, spec: Spec, kept: Iterable[KeptThing]) -> Iterator[Artifact]:
    platform = spec.platform.name
    yield unit(f"{folder}/{platform}-backup@.service", "backup.service.j2", spec, path_of("backups"))
    for each in kept:
        every = each.what.every_h
        at = "00:00:00" if every == _DAY else f"00/{every}:00:00"
        path = f"{folder}/{platform}-backup@{each.name}.timer"
        yield unit(path, "backup.timer.j2", spec, each.path, each=each.what, at=at)


def unit(path: str, template: str, spec: Spec, origin: PathText, **more: Any) -> Artifact:
    """A unit of systemd."""
    names = {"platform": spec.platform.name, "home": home_of(spec), "test": spec.backups.test, **more}
    text = shell_templates(TEMPLATES).get_template(template).render(names)
    return Artifact(path, text.encode(), sources=(Source(1, text.count("\n"), origin, block=True),))
