"""Labels by which an object is known, beside those that the spec gives it.

An object is known by its id and these, never by its name alone: somebody may rename it. Records are known by zone, name and
type, which cannot be changed; SSH keys by their fingerprint. A label's value has at most 63 characters.
"""

import re
from hashlib import sha256
from typing import Any

OBJECT = "plumbline_object"
"""The name that the desired state has for the object."""
LEAVING = "plumbline_leaving"
"""Set while another object takes this one's place; no roll-out goes to such a server."""
TOLD_VOLUME = "plumbline_volume"
"""Of a server: the id of the volume that its first boot was told."""
USER_DATA = "user_data"
"""Of a server: the first half of the SHA-256 of its user data's template without what roll-outs deliver, for the API never gives
user data back. With `TOLD_VOLUME`, which fills the template's only gap, it stands for exactly what was sent."""
NODE_FILES = "plumbline_node_files"
"""Of a server: the same of the files that roll-outs deliver, as first boot or the last recorded delivery brought them."""
NEW = "plumbline_new"
"""Of a server: set when it is ordered, until a roll-out to it is recorded. Till then it has not served anybody."""
LOST = "plumbline_lost"
"""Of a server: set by an operator; another takes its place."""
OF_FIRST_BOOT = (TOLD_VOLUME, USER_DATA, NODE_FILES)
KEPT = (*OF_FIRST_BOOT, NEW, LOST)
"""What a label says that only the server's own life changes: neither its name nor the spec."""
BOOKKEEPING = (OBJECT, LEAVING, *KEPT)


def labels_of(bound: Any) -> dict[str, str]:
    """All labels; none where the API shows null."""
    return dict(bound.labels or {})


def plain_labels(bound: Any) -> dict[str, str]:
    """The labels that the spec speaks of."""
    return {key: value for key, value in labels_of(bound).items() if key not in BOOKKEEPING}


def identity(name: str) -> str:
    """A desired name as the value of a label: itself where it fits, else its beginning and a hash."""
    if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", name):
        return name
    start = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40].rstrip("-")
    return f"{start}-{sha256(name.encode()).hexdigest()[:16]}".lstrip("-")


def name_aside(name: str, id: int) -> str:
    """A name for an object that gives up its own: free, for it holds the id; a server's has at most 63 characters."""
    end = f"-old-{id}"
    return name[: 63 - len(end)] + end


def identity_labels(labels: dict[str, str], name: str, bound: Any = None) -> dict[str, str]:
    """Desired labels with the identity of the object, and what an existing one says of its life."""
    kept = {key: value for key, value in labels_of(bound).items() if key in KEPT} if bound else {}
    return {**labels, **kept, OBJECT: identity(name)}


def owned_by(bound: Any, ownership: dict[str, str]) -> bool:
    """Whether an object carries all labels of an owner."""
    return ownership.items() <= labels_of(bound).items()
