"""PLB870–PLB879: backups that are made, that somebody can open, and that a restore has tried."""

import posixpath
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from plumbline.effective.backups import backed_up_modes, kept_on
from plumbline.effective.deployment import service_in, services_of
from plumbline.spec.finding import Severity
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.backup import KeptFiles, KeptStore
from schema.service import Service
from validators.rules.backup_examples import kept, kept_on_servers
from validators.rules.cloud_lookup import clouds, lets_out
from validators.rules.effective_services import once, raw
from validators.rules.registry import Violation, rule

_STORE = "stores:\n    db: {title: Rows, every_h: 24, keep_days: 35, take: [dump], restore: [load], look: [count]}"
_DESTINATION = "  destination: {location: ash"
_FILES = "backups.yaml: {{files: {{own: {{title: Own, roles: [host], paths: [{0}], every_h: 24, keep_days: 35}}}}}}"
_COPIERS = ("cat", "cp", "cpio", "dd", "rsync", "tar")
_INTERVALS = 2
_KEYS = 2


def _kept(spec: Spec) -> Mapping[PathText, KeptStore | KeptFiles]:
    """What is backed up, by where backups.yaml says so."""
    stores = {path_of("backups", "stores", name): each for name, each in spec.backups.stores.items()}
    return {**stores, **{path_of("backups", "files", name): each for name, each in spec.backups.files.items()}}


@rule(
    "PLB870",
    title="Store without a backup",
    why="If the server or its volume is lost, everything that the service stored is lost too.",
    fix="Add it to `stores` of backups.yaml, or give the reason in `without`.",
    failing=kept_on_servers((_STORE, "stores: {}")),
    passing=kept(),
)
def not_kept_on_servers(spec: Spec) -> Iterator[Violation]:
    """Services with volumes on servers, of which nothing is kept, without a reason; nothing where no file speaks of backups."""
    if not spec.says("backups"):
        return
    yield from once(
        Violation(
            path_of("services", name, "volumes"), f"nothing is kept of `{name}`, which has volumes in mode {mode}"
        )
        for mode in backed_up_modes(spec)
        for name, service in services_of(spec, mode).items()
        if service.volumes and name not in spec.backups.stores and name not in spec.backups.without
    )


@rule(
    "PLB871",
    title="Backups without a destination",
    why="No script is generated, so nothing is backed up, although the spec says so.",
    fix="Add `destination`: an object store in another location.",
    failing=kept((_DESTINATION, "  destination: null\n  # {location: ash")),
    passing=kept(),
)
def no_destination(spec: Spec) -> Iterator[Violation]:
    """Stores or files that are to be kept nowhere."""
    if _kept(spec) and spec.backups.destination is None:
        yield Violation(path_of("backups"), "it names no destination")


@rule(
    "PLB872",
    title="Backups without an encryption key",
    why="Anyone with access to the destination could read everything, so no script is generated, and nothing is backed up.",
    fix="Create a key with `age-keygen` away from the nodes, and add its public half to `recipients`.",
    failing=kept((", safe: ", ", other: "), ("recipients: {operations", "recipients: {}\n  # {operations")).replace(
        "  test: {every_h: 168, recipient: tests}\n", ""
    ),
    passing=kept(),
)
def no_key(spec: Spec) -> Iterator[Violation]:
    """Backups that are encrypted to nobody, and tests of restores with a key that opens none of them."""
    known = spec.backups
    if _kept(spec) and not known.recipients:
        yield Violation(path_of("backups"), "it names no recipient")
    if known.test and known.recipients and known.test.recipient not in known.recipients:
        message = f"no recipient is named `{known.test.recipient}`"
        yield Violation(path_of("backups", "test", "recipient"), message, "name one of `recipients`")


@rule(
    "PLB873",
    title="Backups kept for less than two intervals",
    why="The last good backup is deleted before anybody notices that the next one failed.",
    fix="Raise `keep_days`, or back up more often.",
    failing=kept(("keep_days: 35", "keep_days: 1")),
    passing=kept(),
)
def soon_gone(spec: Spec) -> Iterator[Violation]:
    """Backups that are deleted before there are two of them."""
    for path, each in _kept(spec).items():
        if each.keep_days * 24 < _INTERVALS * each.every_h:
            message = f"each is kept for {each.keep_days} d, and the next is due after {each.every_h} h"
            yield Violation(path_of(path, "keep_days"), message, observed=str(each.keep_days))


@rule(
    "PLB874",
    title="Backups in the nodes' own location",
    why="A fire or an outage of the location affects the backups as well as the nodes and their volumes.",
    fix="Choose a destination in another location.",
    failing=kept_on_servers((_DESTINATION, "  destination: {location: nbg1")),
    passing=kept(),
)
def beside_the_nodes(spec: Spec) -> Iterator[Violation]:
    """Destinations where the servers of a mode stand that keeps something."""
    destination = spec.backups.destination
    for mode, topology, cloud in clouds(spec):
        if (
            destination
            and destination.location == cloud.location
            and any(kept_on(spec, mode, role) for role in topology.roles)
        ):
            yield Violation(
                path_of("backups", "destination", "location"),
                f"the servers of mode {mode} stand in {cloud.location} too",
                observed=destination.location,
            )


@rule(
    "PLB875",
    title="Backup that copies a running store's files",
    why="The files change while they are copied. The copy is inconsistent, and the store may not start from it.",
    fix="Take a dump or a snapshot with the store's own program.",
    failing=_FILES.format("/var/lib/docker/volumes"),
    passing=_FILES.format("/etc/ssh/ssh_host_ed25519_key"),
)
def copied_files(spec: Spec) -> Iterator[Violation]:
    """Commands that copy a whole volume of the service, and files of a node that are one."""
    yield from once(_copied(spec))


def _copied(spec: Spec) -> Iterator[Violation]:
    for mode in backed_up_modes(spec):
        for name, store in spec.backups.stores.items():
            if name not in spec.services:
                continue
            words = " ".join(raw(word) for word in store.take).replace("'", " ").replace('"', " ").split()
            if not any(posixpath.basename(word) in _COPIERS for word in words):
                continue
            service: Service = service_in(spec, mode, name)
            for target in service.volumes.values():
                if any(posixpath.normpath(word) == target for word in words if word.startswith("/")):
                    yield Violation(
                        path_of("backups", "stores", name, "take"), f"it copies {target} while `{name}` writes there"
                    )
    for name, files in spec.backups.files.items():
        for index, path in enumerate(files.paths):
            if f"{path}/".startswith("/var/lib/docker/"):
                yield Violation(
                    path_of("backups", "files", name, "paths", index), f"{path} holds the files of running stores"
                )


@rule(
    "PLB876",
    title="Backups without a restore test",
    severity=Severity.WARNING,
    why="A backup that was never restored may be unusable, and nobody notices until it is needed.",
    fix="Add `test`, with the key of a host that does nothing else.",
    failing=kept(("  test: {every_h: 168, recipient: tests}\n", "")),
    passing=kept(),
)
def untested(spec: Spec) -> Iterator[Violation]:
    """Stores that are backed up without a test of restores."""
    if spec.backups.stores and spec.backups.test is None:
        yield Violation(path_of("backups", "stores"), "no restore of them is tested")


@rule(
    "PLB877",
    title="Backup entry for something that does not exist",
    why="It says that something is backed up, or why it is not, although that is no longer true.",
    fix="Correct the name, or remove the entry.",
    failing="backups.yaml: {without: {db: it is small}}",
    passing="backups.yaml: {without: {}}",
)
def idle(spec: Spec) -> Iterator[Violation]:
    """Stores that no mode on servers runs, and reasons about services that are backed up or keep nothing there."""
    placed = {name: each for mode in backed_up_modes(spec) for name, each in services_of(spec, mode).items()}
    for name in spec.backups.stores:
        if name in spec.services and name not in placed:
            modes = ", ".join(f"`{mode}`" for mode in backed_up_modes(spec))
            message = f"`{name}` runs in no mode on servers{f' ({modes})' if modes else ''}"
            yield Violation(path_of("backups", "stores", name), message, at_key=True)
    for name in spec.backups.without:
        if name not in spec.services:
            continue
        if name in spec.backups.stores:
            yield Violation(path_of("backups", "without", name), f"`{name}` is backed up", at_key=True)
        elif name not in placed or not placed[name].volumes:
            yield Violation(path_of("backups", "without", name), f"`{name}` keeps nothing on a server", at_key=True)


@rule(
    "PLB878",
    title="Backup destination that the firewall blocks",
    why="Each upload hangs until it times out, and no backup is made.",
    fix="Add an outbound rule for tcp at that port.",
    failing=kept_on_servers(
        ("outbound: []", 'outbound: [{title: time, protocol: udp, port: "123", peers: [0.0.0.0/0]}]')
    ),
    passing=kept(),
)
def shut_in(spec: Spec) -> Iterator[Violation]:
    """Ports of the destination that no outbound rule opens, in modes that keep something."""
    destination = spec.backups.destination
    if destination is None:
        return
    port = urlsplit(destination.endpoint).port or 443
    for mode, topology, cloud in clouds(spec):
        if any(kept_on(spec, mode, role) for role in topology.roles) and not lets_out(cloud.firewall, "tcp", port):
            message = f"no outbound rule of mode {mode} allows tcp {port}, where {destination.endpoint} is"
            yield Violation(path_of("topology", mode, "cloud", "firewall", "outbound"), message)


@rule(
    "PLB879",
    title="Backups that one lost key makes unreadable",
    severity=Severity.WARNING,
    why="A key is a file. If it is lost, every backup is lost with it, because nobody can create it again.",
    fix="Add the public half of a second key to `recipients`, and keep the private half somewhere else.",
    failing=kept((", safe: ", "}\n  # {safe: ")).replace("recipient: tests", "recipient: operations"),
    passing=kept(),
)
def one_key(spec: Spec) -> Iterator[Violation]:
    """Backups with fewer than two recipients beside that of the restore tests, whose host may go with its key."""
    known = spec.backups
    kept_apart = [name for name in known.recipients if not known.test or name != known.test.recipient]
    if _kept(spec) and known.recipients and len(kept_apart) < _KEYS:
        message = (
            f"{len(kept_apart)} key is kept apart" if len(kept_apart) == 1 else f"{len(kept_apart)} keys are kept apart"
        )
        yield Violation(path_of("backups", "recipients"), f"{message} from the host of the tests")
