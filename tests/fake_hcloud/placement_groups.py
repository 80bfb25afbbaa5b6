"""Placement groups: servers that run on different hosts."""

from tests.fake_hcloud.actions import Json
from tests.fake_hcloud.errors import ApiError, invalid
from tests.fake_hcloud.project import FakeProject
from tests.fake_hcloud.routes import Answer, Request, on

MOST_SERVERS = 10


@on("POST", "/placement_groups", needs={"name": str, "type": str}, takes={"labels": dict})
def create(request: Request) -> Answer:
    """An empty group."""
    body = request.body
    if body["type"] != "spread":
        raise invalid("type", "is unknown")
    group = request.project.add(
        "placement_groups", name=body["name"], labels=body.get("labels") or {}, type="spread", servers=[]
    )
    return 201, {"placement_group": group, "action": None}


@on("DELETE", "/placement_groups/{placement_groups}")
def delete(request: Request) -> Answer:
    """Servers in it go on without a group."""
    vanish(request.project, request.target)
    return 204, None


def vanish(project: FakeProject, group: Json) -> None:
    """Take a group away, from its servers too."""
    for number in list(group["servers"]):
        leave(project.objects["servers"][number])
    del project.objects["placement_groups"][group["id"]]


def check_room(group: Json) -> None:
    """Whether a group can take one more."""
    if len(group["servers"]) >= MOST_SERVERS:
        message = f"placement group with ID {group['id']} contains already {MOST_SERVERS} servers"
        raise ApiError("placement_group_member_limit_reached", message)


def join(group: Json, server: Json) -> None:
    """A server is in a group from now on."""
    group["servers"].append(server["id"])
    server["placement_group"] = group


def leave(server: Json) -> None:
    """A server is in no group from now on."""
    if group := server["placement_group"]:
        group["servers"] = [it for it in group["servers"] if it != server["id"]]
    server["placement_group"] = None
