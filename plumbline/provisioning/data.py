"""What is desired of a tenant: data beside the script, believed only as `plumb build` wrote it."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

INDEX = "desired.sha256"
"""Beside the script, as `sha256sum --check` reads it: a line for each tenant's desired state, which names the rest by hash."""
DESIRED = "desired.json"
FORMAT = 1
"""Of the desired state: a script reads its own alone."""


class EditedData(Exception):
    """Data that is not as it was generated; the message says what to do."""


def tenants_in(folder: Path) -> dict[str, str]:
    """The tenants beside the script, each with the SHA-256 of its desired state. Raises Edited."""
    tenants = {}
    for line in _read(folder / INDEX).decode("ascii", "replace").splitlines():
        digest, _, path = line.partition("  ")
        tenant, _, name = path.partition("/")
        if len(digest) != 64 or name != DESIRED:
            raise EditedData(f"{folder / INDEX} has the line {line!r}, which plumb build never writes{_FIX}")
        tenants[tenant] = digest
    return tenants


def desired_of(folder: Path, tenant: str) -> dict[str, Any]:
    """The desired state of one of the tenants, with what its servers are told at first boot. Raises Edited."""
    own = folder / tenant
    state: dict[str, Any] = json.loads(_read(own / DESIRED, tenants_in(folder)[tenant]))
    if state["format"] != FORMAT:
        raise EditedData(f"{own / DESIRED} has format {state['format']}, and this script reads {FORMAT}{_FIX}")
    for want in state["objects"]:
        if told := want.get("user_data"):
            want["user_data"] = _read(own / told["file"], told["sha256"]).decode()
    return state


_FIX = (
    ". Nothing was done. Put the whole folder back as it was committed; what is to differ is changed in the spec, "
    "followed by plumb build"
)


def _read(path: Path, expected: str | None = None) -> bytes:
    """A file, read once: what is judged is what is used."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EditedData(f"{path} cannot be read: {error.strerror}{_FIX}") from None
    found = sha256(content).hexdigest()
    if expected not in (None, found):
        raise EditedData(f"{path} was edited: its SHA-256 is {found}, and was {expected}{_FIX}")
    return content
