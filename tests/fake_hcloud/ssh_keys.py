"""SSH keys: a name and a key, each of which a project has once."""

import base64
import binascii
import hashlib

from tests.fake_hcloud.errors import ApiError, invalid
from tests.fake_hcloud.routes import Answer, Request, on

ALGORITHMS = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")


def fingerprint(public_key: str) -> str:
    """The MD5 of the key's bytes, in pairs with colons, as OpenSSH had it and the API still does."""
    words = public_key.split()
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (IndexError, binascii.Error):
        raise invalid("public_key", "is no SSH public key") from None
    if words[0] not in ALGORITHMS or not blob[4:].startswith(words[0].encode()):
        raise invalid("public_key", "is no SSH public key")
    return hashlib.md5(blob, usedforsecurity=False).digest().hex(":")


@on("POST", "/ssh_keys", needs={"name": str, "public_key": str}, takes={"labels": dict})
def create(request: Request) -> Answer:
    """A key that the project doesn't have under any name."""
    body, project = request.body, request.project
    mark = fingerprint(body["public_key"])
    if any(it["fingerprint"] == mark for it in project.objects["ssh_keys"].values()):
        raise ApiError(
            "uniqueness_error", "SSH key with the same fingerprint already exists", fields={"public_key": mark}
        )
    key = project.add(
        "ssh_keys",
        name=body["name"],
        labels=body.get("labels") or {},
        fingerprint=mark,
        public_key=body["public_key"].strip(),
    )
    return 201, {"ssh_key": key}


@on("DELETE", "/ssh_keys/{ssh_keys}")
def delete(request: Request) -> Answer:
    """Servers keep what they were made with."""
    del request.project.objects["ssh_keys"][request.target["id"]]
    return 204, None
