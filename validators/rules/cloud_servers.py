"""PLB507…: what servers are made with."""

from base64 import b64decode
from collections.abc import Iterator

from generators.cloud.desired import ARCHITECTURE
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.cloud_examples import KEY, cloud_example
from validators.rules.cloud_lookup import clouds, named_types
from validators.rules.registry import Violation, rule


@rule(
    "PLB507",
    title="OS image with an announced end",
    why="After that day, no server can be created from it, and a lost server cannot be rebuilt.",
    fix="Choose an image of catalogue.yaml without an end date. Running servers are replaced one after another.",
    failing=cloud_example(image="debian-11"),
    passing=cloud_example(image="ubuntu-24.04"),
)
def ending_image(spec: Spec) -> Iterator[Violation]:
    """Clouds whose servers are made with an image that ends."""
    for mode, _, cloud in clouds(spec):
        image = spec.catalogue.images.get(cloud.image)
        if image and image.unavailable_after:
            yield Violation(
                path_of("topology", mode, "cloud", "image"),
                f"{cloud.image} cannot be used for new servers after {image.unavailable_after}",
            )


@rule(
    "PLB512",
    title="Invalid or duplicate SSH key",
    why="The API decodes the key and accepts each fingerprint once, so it refuses this one. A truncated key lets nobody in.",
    fix="Copy the whole line of the .pub file, and list each key once.",
    failing=cloud_example(key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"),
    passing=cloud_example(key=KEY),
)
def broken_key(spec: Spec) -> Iterator[Violation]:
    """Keys whose blob is broken, of another type, or another key's too."""
    for mode, _, cloud in clouds(spec):
        seen: dict[str, str] = {}
        for name, key in cloud.ssh_keys.items():
            path = path_of("topology", mode, "cloud", "ssh_keys", name, "public_key")
            type, blob = key.public_key.split(" ")[:2]
            if not _is_key(type, blob):
                yield Violation(path, f"is not a complete key of type {type}")
            elif blob in seen:
                yield Violation(path, f"is the same key as `{seen[blob]}`")
            seen.setdefault(blob, name)


def _is_key(type: str, blob: str) -> bool:
    """Whether a blob begins with its type and ends where its last part ends: each part has its length before it (RFC 4253)."""
    try:
        data = b64decode(blob, validate=True)
    except ValueError:
        return False
    parts: list[bytes] = []
    while len(data) >= 4:
        length = 4 + int.from_bytes(data[:4])
        if length > len(data):
            return False
        parts.append(data[4:length])
        data = data[length:]
    return not data and len(parts) > 1 and parts[0] == type.encode()


@rule(
    "PLB517",
    title="Server type with another CPU architecture",
    why="Servers are created from an image for one architecture. On another, neither it nor the platform's images start.",
    fix=f"Choose a type of a line whose architecture is {ARCHITECTURE}.",
    failing=cloud_example(fallbacks="[cax21]"),
    passing=cloud_example(fallbacks="[]"),
)
def other_architecture(spec: Spec) -> Iterator[Violation]:
    """Types of lines with another architecture."""
    known = spec.catalogue
    for path, name in named_types(spec):
        line = known.lines.get(known.server_types[name].line) if name in known.server_types else None
        if line and line.architecture != ARCHITECTURE:
            yield Violation(
                path, f"{name} has {line.architecture} processors, but servers are created for {ARCHITECTURE}"
            )


@rule(
    "PLB519",
    title="Cloud role without a server type or `first_host`",
    why="Its servers cannot be ordered. Without `first_host`, two roles would get the same address.",
    fix="Give each tenant role a `server_type` and a `first_host`.",
    failing=cloud_example(first_host="null"),
    passing=cloud_example(first_host="10"),
)
def incomplete(spec: Spec) -> Iterator[Violation]:
    """Roles of tenants that cannot be provisioned."""
    for mode, topology, _ in clouds(spec):
        for name, role in topology.roles.items():
            missing = [field for field in ("server_type", "first_host") if getattr(role, field) is None]
            if role.scope == "tenant" and missing:
                yield Violation(path_of("topology", mode, "roles", name), f"lacks {' and '.join(missing)}", at_key=True)
