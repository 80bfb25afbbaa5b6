"""What a bundle's head says of it, for people."""

from tabulate import tabulate

from plumbline.bundle.archive import Head


def as_text(head: Head) -> str:
    """Release, images, models and folders, with their sizes."""
    manifest = head.manifest
    folders: dict[str, list[int]] = {}
    for file in manifest.files:
        folders.setdefault(file.path.split("/")[0], []).append(file.size)
    lines = [
        f"{manifest.platform} {manifest.release}, mode {manifest.mode}, for customer {manifest.customer}",
        f"spec {manifest.spec}, images for {manifest.architecture}, {'signed' if head.signature else 'not signed'}",
        "",
        tabulate(
            [(image.name, _mb(image.size), image.origin, image.stand_in or "") for image in manifest.images],
            headers=["image", "MB", "from", "stand-in"],
        ),
        "",
        tabulate(
            [(name, len(sizes), _mb(sum(sizes))) for name, sizes in folders.items()], headers=["part", "files", "MB"]
        ),
    ]
    separate, shared = sum(image.size for image in manifest.images), sum(folders.get("images", []))
    lines += ["", f"layers that images share stand once: {_mb(shared)} MB in place of {_mb(separate)} MB"]
    if manifest.next_key:
        lines.append(f"later releases may be signed by {manifest.next_key}")
    return "\n".join([*lines, *(f"not for a customer: {caveat}" for caveat in manifest.caveats)])


def _mb(size: int) -> str:
    return f"{size / 10**6:.1f}"
