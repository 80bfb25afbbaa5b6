"""Snapshots and backups: copies of a server's disk. They have no name, and stay when the server goes, backups excepted."""

from tests.fake_hcloud.actions import Json, now
from tests.fake_hcloud.errors import ApiError, invalid
from tests.fake_hcloud.project import FakeProject
from tests.fake_hcloud.routes import Answer, Request, on


@on(
    "POST",
    "/servers/{servers}/actions/create_image",
    takes={"description": str, "type": str, "labels": dict},
)
def create(request: Request) -> Answer:
    """A snapshot, or a backup that is bound to its server."""
    server, body, project = request.target, request.body, request.project
    kind = body.get("type") or "snapshot"
    if kind not in {"snapshot", "backup"}:
        raise invalid("type", "is unknown")
    if kind == "backup" and not server["backup_window"]:
        raise invalid("type", "backups are not enabled for the server")
    made: Json = {
        "id": next(project.ids),
        "type": kind,
        "status": "creating",
        "name": None,
        "description": body.get("description") or f"{kind} of {server['name']}",
        "image_size": None,
        "disk_size": server["primary_disk_size"],
        "created": now(),
        "created_from": {"id": server["id"], "name": server["name"]},
        "bound_to": server["id"] if kind == "backup" else None,
        "os_flavor": server["image"]["os_flavor"] if server["image"] else "unknown",
        "os_version": server["image"]["os_version"] if server["image"] else None,
        "rapid_deploy": False,
        "protection": {"delete": False},
        "deprecation": None,
        "deleted": None,
        "labels": body.get("labels") or {},
        "architecture": server["server_type"]["architecture"],
    }
    project.objects["images"][made["id"]] = made

    def done() -> None:
        made.update(status="available", image_size=2.3)

    shown = dict(made)
    action = project.act("create_image", {"images": made, "servers": server}, done)
    return 201, {"image": shown, "action": action}


@on("PUT", "/images/{images}", takes={"description": str, "type": str, "labels": dict})
def edit(request: Request) -> Answer:
    """Its description and labels; a backup can become a snapshot."""
    image, body = request.target, request.body
    _check_own(image)
    if body.get("type") not in {None, "snapshot"}:
        raise invalid("type", "can only become snapshot")
    image.update(body)
    if image["type"] == "snapshot":
        image["bound_to"] = None
    return 200, {"image": image}


@on("DELETE", "/images/{images}")
def delete(request: Request) -> Answer:
    """A copy goes."""
    _check_own(request.target)
    del request.project.objects["images"][request.target["id"]]
    return 204, None


def withdraw(project: FakeProject, image: Json) -> None:
    """An image goes; servers that were made from it show none."""
    del project.objects["images"][image["id"]]
    for server in project.objects["servers"].values():
        if server["image"] and server["image"]["id"] == image["id"]:
            server["image"] = None


def _check_own(image: Json) -> None:
    if image["type"] == "system":
        raise ApiError("forbidden", "system images cannot be changed")
