"""The text of a manifest. There is one spelling of each, so that nothing can hide between what is signed and what is read."""

import json
from typing import Any

from pydantic import ValidationError

from schema.bundle import Manifest

NAME = "MANIFEST.json"
SIGNATURE = "MANIFEST.json.asc"
NEXT_KEY = "keys/next.asc"
"""The public key of later releases."""
LARGEST = 16 * 2**20
"""Bytes of the largest manifest that is read."""
_LISTS = ("images", "models", "files")


class NotAManifest(Exception):
    """The text is no manifest; says why."""


def file_name(manifest: Manifest) -> str:
    """The one name that a bundle goes by."""
    return f"{manifest.platform}-{manifest.mode}-{manifest.release}.tar.zst"


def text_of(manifest: Manifest) -> bytes:
    """JSON with an entry per line, which the host's scripts take apart with sed."""
    data = manifest.model_dump()
    lines = [f"{json.dumps(key)}: {_line(value)}," for key, value in data.items() if key not in _LISTS]
    for key in _LISTS:
        entries = ",\n".join(_line(entry) for entry in data[key])
        lines.append(f'"{key}": [\n{entries}\n],' if entries else f'"{key}": [],')
    return ("{\n" + "\n".join(lines).removesuffix(",") + "\n}\n").encode()


def parse(text: bytes) -> Manifest:
    """The manifest of a text. Raises NotAManifest, also for a text that `text_of` would not write."""
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise NotAManifest(f"{place or 'the text'}: {first['msg']}") from None
    if text_of(manifest) != text:
        raise NotAManifest("it is not written the way manifests are: something was added or moved")
    paths = [file.path for file in manifest.files]
    if paths != sorted(set(paths)):
        raise NotAManifest("files: a path stands twice, or not in order")
    return manifest


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)
