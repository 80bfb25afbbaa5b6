"""What is about no tenant alone: what could not be looked at, what can still be ordered, and who else has a key. Pure."""

from collections.abc import Iterable, Iterator

from generators.cloud.desired import fingerprint
from generators.cloud.origins import origin
from plumbline.report.fact import Check
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from validators.cloud.checks import Judged, State
from validators.cloud.raw import text
from validators.cloud.snapshot import OfferEnd, Snapshot


def lists_checks(snapshot: Snapshot, path: PathText) -> Iterator[Judged]:
    """Each list that could not be read: what it holds, nobody can tell."""
    for kind, why in sorted(snapshot.unread.items()):
        check = Check(f"list of {kind}", "read", "yes", None, readable=False)
        yield Judged(check, "PLB988", path, f"could not be read: {why}")


def offer_checks(states: Iterable[State], snapshot: Snapshot) -> Iterator[Judged]:
    """Whether what servers are made with can still be ordered."""
    types: dict[tuple[str, str], PathText] = {}
    images: dict[str, PathText] = {}
    for state in states:
        for want in state["objects"]:
            if want["kind"] == "server":
                types |= {(name, want["location"]): origin(state["mode"], want, "types") for name in want["types"]}
                images[want["image"]] = origin(state["mode"], want, "image")
    for (name, location), path in sorted(types.items()):
        offer = snapshot.server_types.get(name, {}).get(location)
        check = _offered(f"server_type {name}", f"offered.{location}", offer, "server_type" not in snapshot.unread)
        yield Judged(check, "PLB978" if check.readable else "", path, f"is offered in {location}: {check.observed}")
    for name, path in sorted(images.items()):
        check = _offered(f"image {name}", "offered", snapshot.images.get(name), "image" not in snapshot.unread)
        yield Judged(check, "PLB978" if check.readable else "", path, f"is offered: {check.observed}")


def _offered(subject: str, attribute: str, offer: OfferEnd | None, readable: bool) -> Check:
    observed = "no" if offer is None else "yes" if offer.until is None else f"until {offer.until}"
    return Check(subject, attribute, "yes", observed if readable else None, readable=readable)


def key_checks(spec: Spec, snapshot: Snapshot) -> Iterator[Judged]:
    """Keys of the project that no mode of the spec knows: no server has to have them, and they are how a way in begins."""
    clouds = {mode: cloud for mode in spec.modes if (cloud := spec.topology[mode].cloud)}
    known = {fingerprint(key.public_key) for cloud in clouds.values() for key in cloud.ssh_keys.values()}
    path = next(path_of("topology", mode, "cloud", "ssh_keys") for mode in clouds)
    names = {name for cloud in clouds.values() for name in cloud.ssh_keys}
    for seen in snapshot.of_kind("ssh_key"):
        # one that has a name of the spec is a finding there
        if text(seen.raw, "fingerprint") not in known and seen.name not in names:
            check = Check(seen.subject, "fingerprint", None, text(seen.raw, "fingerprint") or "none")
            yield Judged(check, "PLB984", path, f"is in the project but not in the spec: {check.observed}")
