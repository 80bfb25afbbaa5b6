"""Volumes: made in a location, attached to a server there, growing only."""

from tests.fake_hcloud.actions import Json
from tests.fake_hcloud.errors import ApiError, invalid
from tests.fake_hcloud.project import FakeProject
from tests.fake_hcloud.routes import Answer, Request, acted, on

SMALLEST, LARGEST, MOST_PER_SERVER = 10, 10_240, 16
FORMATS = ("ext4", "xfs")


@on(
    "POST",
    "/volumes",
    needs={"name": str, "size": int},
    takes={"labels": dict, "location": (str, int), "server": int, "automount": bool, "format": str},
)
def create(request: Request) -> Answer:
    """A volume in a location, or in that of a server, which gets it."""
    body, project = request.body, request.project
    server = project.by_id("servers", body["server"]) if body.get("server") else None
    if bool(server) == bool(body.get("location")):
        raise invalid("location", "exactly one of location and server is needed")
    if not SMALLEST <= body["size"] <= LARGEST:
        raise invalid("size", f"must be between {SMALLEST} and {LARGEST}")
    if body.get("format") not in {None, *FORMATS}:
        raise invalid("format", "is unknown")
    if body.get("automount") and not server:
        raise invalid("automount", "needs a server")
    if server:
        check_room(project, server)
    volume = project.add(
        "volumes",
        name=body["name"],
        labels=body.get("labels") or {},
        size=body["size"],
        server=None,
        location=server["location"] if server else project.find("locations", body["location"]),
        protection={"delete": False},
        status="creating",
        format=body.get("format"),
    )
    volume["linux_device"] = f"/dev/disk/by-id/scsi-0HC_Volume_{volume['id']}"
    ready = project.act("create_volume", {"volumes": volume}, lambda: volume.update(status="available"))
    after = [_attach(project, volume, server)] if server else []
    return 201, {"volume": dict(volume), "action": ready, "next_actions": after}


@on("DELETE", "/volumes/{volumes}")
def delete(request: Request) -> Answer:
    """Only one that no server has."""
    if request.target["server"] is not None:
        raise ApiError("service_error", f"volume with ID '{request.target['id']}' is still attached to a server")
    vanish(request.project, request.target)
    return 204, None


def vanish(project: FakeProject, volume: Json) -> None:
    """Take a volume away, from its server too."""
    detach_from(project, volume)
    del project.objects["volumes"][volume["id"]]


def attach_to(volume: Json, server: Json) -> None:
    """A volume is a server's from now on."""
    volume["server"] = server["id"]
    server["volumes"].append(volume["id"])


def detach_from(project: FakeProject, volume: Json) -> None:
    """A volume is nobody's from now on."""
    if server := project.objects["servers"].get(volume["server"]):
        server["volumes"] = [it for it in server["volumes"] if it != volume["id"]]
    volume["server"] = None


def check_free(volume: Json, location: Json) -> None:
    """Whether a volume can go to a server in a location."""
    if volume["server"] is not None:
        raise ApiError("volume_already_attached", "volume is already attached to a server")
    if volume["location"]["name"] != location["name"]:
        raise invalid("server", "volume and server are in different locations")


def check_room(project: FakeProject, server: Json) -> None:
    """Whether a server can take one more."""
    project.refuse_busy("servers", server)
    if len(server["volumes"]) >= MOST_PER_SERVER:
        raise ApiError("resource_limit_exceeded", "server has the most volumes already")


@on("POST", "/volumes/{volumes}/actions/attach", needs={"server": int}, takes={"automount": bool})
def attach(request: Request) -> Answer:
    """To a server in the same location."""
    server = request.project.by_id("servers", request.body["server"])
    check_free(request.target, server["location"])
    check_room(request.project, server)
    return acted(_attach(request.project, request.target, server))


@on("POST", "/volumes/{volumes}/actions/detach")
def detach(request: Request) -> Answer:
    """From its server."""
    volume, project = request.target, request.project
    if volume["server"] is None:
        raise ApiError("service_error", "volume is not attached to a server")
    server = project.by_id("servers", volume["server"])
    project.refuse_busy("servers", server)
    both = {"volumes": volume, "servers": server}
    return acted(project.act("detach_volume", both, lambda: detach_from(project, volume)))


@on("POST", "/volumes/{volumes}/actions/resize", needs={"size": int})
def resize(request: Request) -> Answer:
    """Larger only."""
    volume, size = request.target, request.body["size"]
    if not volume["size"] < size <= LARGEST:
        raise invalid("size", f"must be larger than {volume['size']} and at most {LARGEST}")
    return acted(request.project.act("resize_volume", {"volumes": volume}, lambda: volume.update(size=size)))


def _attach(project: FakeProject, volume: Json, server: Json) -> Json:
    return project.act("attach_volume", {"volumes": volume, "servers": server}, lambda: attach_to(volume, server))
