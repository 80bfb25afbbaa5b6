"""The text of a manifest. There is one spelling of each, so that nothing can hide between what is signed and what is read."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from plumbline.bundle.form import LISTS, manifest_form
from plumbline.bundle.refusal import BundleRefused
from schema.bundle import Manifest

NAME = "MANIFEST.json"
SIGNATURE = "MANIFEST.json.asc"
NEXT_KEY = "keys/next.asc"
"""The public key of later releases."""
FORMAT = 2
"""Version of the form that is written and read."""
LARGEST = 16 * 2**20
"""Bytes of the largest manifest that is read."""
LARGEST_SIGNATURE = 64 * 1024
LARGEST_HEAD = LARGEST + LARGEST_SIGNATURE + 2048
"""Both, with their tar headers and padding."""
_OTHER_FORMAT = re.compile(rb'\{\n"format": [0-9]+,\n')


def file_name(manifest: Manifest) -> str:
    """The one name that a bundle goes by."""
    return f"{manifest.platform}-{manifest.mode}-{manifest.release}.tar.zst"


def text_of(manifest: Manifest) -> bytes:
    """JSON with an entry per line, which the host's scripts take apart with sed."""
    data = manifest.model_dump()
    lines = [f"{json.dumps(key)}: {_line(value)}," for key, value in data.items() if key not in LISTS]
    for key in LISTS:
        entries = ",\n".join(_line(entry) for entry in data[key])
        lines.append(f'"{key}": [\n{entries}\n],' if entries else f'"{key}": [],')
    return ("{\n" + "\n".join(lines).removesuffix(",") + "\n}\n").encode()


def parse(text: bytes) -> Manifest:
    """The manifest of a text. Raises Refused, also for a text that `text_of` would not write."""
    if not manifest_form().takes(text):
        first = _OTHER_FORMAT.match(text)
        own = first and first[0].endswith(b" %d,\n" % FORMAT)
        raise BundleRefused("format" if first and not own else "manifest")
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise BundleRefused("manifest", error.errors()[0]["msg"]) from None
    if text_of(manifest) != text:
        raise BundleRefused("manifest")
    if not _separate([file.path for file in manifest.files]):
        raise BundleRefused("names")
    return manifest


def _separate(paths: Sequence[str]) -> bool:
    """Whether paths are in order, and none is another, or one of the head's, or the folder of one."""
    taken = {*paths, NAME, SIGNATURE}
    folders = {folder for path in paths for folder in _folders(path)}
    return list(paths) == sorted(set(paths)) and len(taken) == len(paths) + 2 and not taken & folders


def _folders(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)
