"""Servers: how one is made, what it takes with it when it goes."""

from datetime import UTC, datetime

from tests.fake_hcloud import firewalls, networks, placement_groups, primary_ips, volumes
from tests.fake_hcloud.actions import Json
from tests.fake_hcloud.errors import ApiError, invalid, not_found
from tests.fake_hcloud.project import FakeProject
from tests.fake_hcloud.routes import Answer, Request, on

MOST_USER_DATA = 32 * 1024
IDENTITY = (str, int)


@on(
    "POST",
    "/servers",
    needs={"name": str, "server_type": IDENTITY, "image": IDENTITY},
    takes={
        "location": IDENTITY,
        "start_after_create": bool,
        "placement_group": int,
        "ssh_keys": list,
        "volumes": list,
        "networks": list,
        "firewalls": list,
        "user_data": str,
        "labels": dict,
        "automount": bool,
        "public_net": dict,
    },
)
def create(request: Request) -> Answer:
    """A server, and the action that makes it; further actions start it and attach its volumes."""
    project, body = request.project, request.body
    if len((body.get("user_data") or "").encode()) > MOST_USER_DATA:
        raise invalid("user_data", "is too long")
    server = _draft(project, body)
    parts = _Parts(project, body, server)
    server = project.add("servers", **server)
    parts.join(server)
    starts = body.get("start_after_create", True) is not False

    def made() -> None:
        if server["status"] == "initializing":
            server["status"] = "starting" if starts else "off"
        for firewall in parts.firewalls:
            firewalls.settle(firewall, server)
        for volume in parts.volumes:
            volumes.attach_to(volume, server)

    own, held = {"servers": server}, [("volumes", it["id"]) for it in parts.volumes]
    action = project.act("create_server", own, made, lambda: server.update(status="off"), holds=held)
    return 201, {
        "server": project.shown("servers", server),
        "action": action,
        "next_actions": [project.act("start_server", own, lambda: server.update(status="running"))] if starts else [],
        "root_password": None if body.get("ssh_keys") else "fakeRootPassword1",
    }


@on("DELETE", "/servers/{servers}")
def delete(request: Request) -> Answer:
    """A server is gone at once; what was attached to it is free when the action ends."""
    project, server = request.project, request.target
    del project.objects["servers"][server["id"]]
    holds = [("volumes", number) for number in server["volumes"]]
    holds += [(firewalls.APPLIED, it["id"]) for it in server["public_net"]["firewalls"]]
    undo = {server["id"]: server}
    action = project.act(
        "delete_server",
        {"servers": server},
        lambda: let_go(project, server),
        lambda: project.objects["servers"].update(undo),
        holds=holds,
    )
    return 200, {"action": action}


def vanish(project: FakeProject, server: Json) -> None:
    """Take a server away with all that goes with it."""
    del project.objects["servers"][server["id"]]
    let_go(project, server)


def let_go(project: FakeProject, server: Json) -> None:
    """Free what a server that is gone had."""
    for volume in project.objects["volumes"].values():
        if volume["server"] == server["id"]:
            volume["server"] = None
    for network in project.objects["networks"].values():
        network["servers"] = [it for it in network["servers"] if it != server["id"]]
    for firewall in project.objects["firewalls"].values():
        firewalls.take_off(firewall, server)
    for address in list(project.objects["primary_ips"].values()):
        if address["assignee_id"] == server["id"]:
            primary_ips.take(project, address)
            if address["auto_delete"]:
                del project.objects["primary_ips"][address["id"]]
    for address in project.objects["floating_ips"].values():
        if address["server"] == server["id"]:
            address["server"] = None
    for image in list(project.objects["images"].values()):
        if image["bound_to"] == server["id"]:
            del project.objects["images"][image["id"]]
    for balancer in project.objects["load_balancers"].values():
        balancer["targets"] = [it for it in balancer["targets"] if it.get("server") != {"id": server["id"]}]
    placement_groups.leave(server)


def attach(project: FakeProject, server: Json, network: Json, asked: Json) -> None:
    """Give a server an address in a network."""
    if any(it["network"] == network["id"] for it in server["private_net"]):
        raise ApiError("server_already_attached", "server is already attached to network")
    networks.check_overlap(project, network, server["private_net"])
    zone = server["location"]["network_zone"]
    ip = networks.claim(project, network, zone, asked.get("ip"), asked.get("ip_range"))
    server["private_net"].append(
        {
            "network": network["id"],
            "ip": ip,
            "alias_ips": list(asked.get("alias_ips") or []),
            "mac_address": "86:00:{:02x}:{:02x}:{:02x}:{:02x}".format(*(int(it) for it in ip.split("."))),
        }
    )
    network["servers"].append(server["id"])


def detach(project: FakeProject, server: Json, number: int) -> None:
    """Take a server out of a network."""
    server["private_net"] = [it for it in server["private_net"] if it["network"] != number]
    if network := project.objects["networks"].get(number):
        network["servers"] = [it for it in network["servers"] if it != server["id"]]


def check_orderable(server_type: Json, location: str) -> None:
    """Whether a type can be had in a location now."""
    offer = next((it for it in server_type["locations"] if it["name"] == location), None)
    if not offer:
        raise invalid("server_type", "unsupported location for server type")
    deprecation = offer["deprecation"]
    if deprecation and datetime.fromisoformat(deprecation["unavailable_after"]) < datetime.now(UTC):
        raise invalid("server_type", f"server type {server_type['name']} is deprecated in {location}")
    if not offer["available"]:
        raise ApiError("resource_unavailable", "error during placement")


def _draft(project: FakeProject, body: Json) -> Json:
    """The server by its type, image and location, with nothing attached."""
    server_type = project.find("server_types", body["server_type"])
    wanted = body.get("location") or next(it["name"] for it in server_type["locations"])
    location = project.find("locations", wanted)
    check_orderable(server_type, location["name"])
    return {
        "name": body["name"],
        "status": "initializing",
        "public_net": {"ipv4": None, "ipv6": None, "floating_ips": [], "firewalls": []},
        "private_net": [],
        "server_type": server_type,
        "location": location,
        "image": _image(project, body["image"], server_type),
        "iso": None,
        "rescue_enabled": False,
        "locked": False,
        "backup_window": None,
        "outgoing_traffic": 0,
        "ingoing_traffic": 0,
        "included_traffic": server_type["prices"][0]["included_traffic"],
        "protection": {"delete": False, "rebuild": False},
        "labels": body.get("labels") or {},
        "volumes": [],
        "load_balancers": [],
        "primary_disk_size": server_type["disk"],
        "placement_group": None,
    }


def _image(project: FakeProject, identity: object, server_type: Json) -> Json:
    """An image by id, or by a name that each architecture has."""
    named = [it for it in project.objects["images"].values() if identity in {it["id"], it["name"]}]
    if not named:
        raise not_found("image", identity)
    image = next((it for it in named if it["architecture"] == server_type["architecture"]), None)
    if not image:
        raise invalid("image", "image and server type have different architectures")
    if image["deprecation"] and datetime.fromisoformat(image["deprecation"]["unavailable_after"]) < datetime.now(UTC):
        raise invalid("image", "image is deprecated")
    if image["disk_size"] > server_type["disk"]:
        raise invalid("image", "image is too large for the server type")
    return image


class _Parts:
    """What goes with a new server. All is looked up and checked before anything is changed."""

    def __init__(self, project: FakeProject, body: Json, draft: Json) -> None:
        self.project = project
        self.name, self.location = body["name"], draft["location"]
        for key in body.get("ssh_keys") or []:
            project.find("ssh_keys", key)
        self.group = project.by_id("placement_groups", body["placement_group"]) if body.get("placement_group") else None
        if self.group:
            placement_groups.check_room(self.group)
        self.volumes = [project.by_id("volumes", number) for number in body.get("volumes") or []]
        for volume in self.volumes:
            project.refuse_busy("volumes", volume)
            volumes.check_free(volume, self.location)
        self.networks = [project.by_id("networks", number) for number in body.get("networks") or []]
        for number, network in enumerate(self.networks):
            networks.check_overlap(project, network, [{"network": it["id"]} for it in self.networks[:number]])
            networks.claim(project, network, self.location["network_zone"])
        self.firewalls = [project.by_id("firewalls", it.get("firewall")) for it in body.get("firewalls") or []]
        self.public = self._public(body.get("public_net") or {})
        if self.firewalls and not self.public:
            raise ApiError("private_net_only_server", "server has no public interface")
        if not self.public and not self.networks and body.get("start_after_create", True) is not False:
            raise invalid("public_net", "a server needs a network interface to be started")

    def _public(self, asked: Json) -> dict[str, Json | None]:
        """The families that are wanted, each with an address that exists, or None for a new one."""
        wanted: dict[str, Json | None] = {}
        for family in primary_ips.FAMILIES:
            if not asked.get(f"enable_{family}", True):
                continue
            given = self.project.by_id("primary_ips", asked[family]) if asked.get(family) else None
            if given and given["type"] != family:
                raise ApiError("primary_ip_version_mismatch", "primary IP has the wrong version")
            if given and given["assignee_id"] is not None:
                raise ApiError("primary_ip_assigned", "primary IP is already assigned to a server")
            if given and given["location"]["name"] != self.location["name"]:
                raise ApiError("primary_ip_datacenter_mismatch", "primary IP is in a different location")
            wanted[family] = given
        return wanted

    def join(self, server: Json) -> None:
        """Put all of it together."""
        for family, given in self.public.items():
            name = f"primary_ip-{server['id']}-{family}"
            address = given or primary_ips.new(self.project, name, family, self.location, True, {})
            primary_ips.give(address, server)
        for network in self.networks:
            attach(self.project, server, network, {})
        for firewall in self.firewalls:
            firewalls.put_on(firewall, server)
        if self.group:
            placement_groups.join(self.group, server)
