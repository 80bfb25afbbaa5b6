"""Primary IPs: the public addresses, given with a server or made for themselves."""

from ipaddress import IPv4Address, IPv6Network
from typing import Any

from tests.fake_hcloud.actions import Json
from tests.fake_hcloud.errors import ApiError, invalid
from tests.fake_hcloud.project import FakeProject
from tests.fake_hcloud.routes import Answer, Request, acted, on

FIRST_V4, FIRST_V6 = IPv4Address("198.18.0.1"), int(IPv6Network("2001:db8::/64").network_address)
FAMILIES = ("ipv4", "ipv6")


@on(
    "POST",
    "/primary_ips",
    needs={"name": str, "type": str},
    takes={
        "labels": dict,
        "location": (str, int),
        "assignee_type": str,
        "assignee_id": int,
        "auto_delete": bool,
    },
)
def create(request: Request) -> Answer:
    """An address of its own, assigned to a server at once if one is named."""
    body, project = request.body, request.project
    server = project.by_id("servers", body["assignee_id"]) if body.get("assignee_id") else None
    if bool(server) == bool(body.get("location")):
        raise invalid("location", "exactly one of location and assignee_id is needed")
    if server:
        _check_free(server, body["type"])
    location = server["location"] if server else project.find("locations", body["location"])
    made = new(project, body["name"], body["type"], location, bool(body.get("auto_delete")), body.get("labels") or {})
    if not server:
        return 201, {"primary_ip": made}
    return 201, {"primary_ip": made, "action": _assign(project, made, server)}


def new(project: FakeProject, name: str, family: str, location: Json, auto_delete: bool, labels: Json) -> Json:
    """An address that nobody has yet."""
    if family not in FAMILIES:
        raise invalid("type", "is unknown")
    made = project.add(
        "primary_ips",
        name=name,
        labels=labels,
        type=family,
        location=location,
        blocked=False,
        dns_ptr=[],
        protection={"delete": False},
        auto_delete=auto_delete,
        assignee_type="unassigned",
        assignee_id=None,
    )
    number = made["id"] - 1_000_000
    made["ip"] = str(FIRST_V4 + number) if family == "ipv4" else str(IPv6Network((FIRST_V6 + (number << 64), 64)))
    if family == "ipv4":
        made["dns_ptr"] = [{"ip": made["ip"], "dns_ptr": usual_name(made["ip"])}]
    return made


def usual_name(ip: str) -> str:
    """The name that an IPv4 address has until it is given another."""
    return f"static.{'.'.join(reversed(ip.split('.')))}.clients.your-server.de"


def point(made: Json, ip: str, name: str | None) -> None:
    """Give an address a name; without one an IPv4 address gets its usual name back."""
    name = name or (usual_name(ip) if made["type"] == "ipv4" else None)
    kept = [it for it in made["dns_ptr"] if it["ip"] != ip]
    made["dns_ptr"] = [*kept, {"ip": ip, "dns_ptr": name}] if name else kept


def give(made: Json, server: Json) -> None:
    """An address is a server's from now on."""
    made.update(assignee_type="server", assignee_id=server["id"])
    pointer: Any = made["dns_ptr"][0]["dns_ptr"] if made["type"] == "ipv4" else made["dns_ptr"]
    server["public_net"][made["type"]] = {
        "id": made["id"],
        "ip": made["ip"],
        "blocked": made["blocked"],
        "dns_ptr": pointer,
    }


def take(project: FakeProject, made: Json) -> None:
    """An address is nobody's from now on."""
    if server := project.objects["servers"].get(made["assignee_id"]):
        server["public_net"][made["type"]] = None
    made.update(assignee_type="unassigned", assignee_id=None)


@on("DELETE", "/primary_ips/{primary_ips}")
def delete(request: Request) -> Answer:
    """Only one that nobody has, since May 2026."""
    if request.target["assignee_id"] is not None:
        raise ApiError("must_be_unassigned", "primary IP must be unassigned")
    vanish(request.project, request.target)
    return 204, None


def vanish(project: FakeProject, made: Json) -> None:
    """Take an address away, from its server too."""
    take(project, made)
    del project.objects["primary_ips"][made["id"]]


@on("POST", "/primary_ips/{primary_ips}/actions/assign", needs={"assignee_id": int}, takes={"assignee_type": str})
def assign(request: Request) -> Answer:
    """To a server that is off and has none of this family."""
    server = request.project.by_id("servers", request.body["assignee_id"])
    if request.target["assignee_id"] is not None:
        raise ApiError("primary_ip_already_assigned", "primary IP is already assigned")
    if server["location"]["name"] != request.target["location"]["name"]:
        raise invalid("assignee_id", "server is in another location")
    _check_free(server, request.target["type"])
    return acted(_assign(request.project, request.target, server))


@on("POST", "/primary_ips/{primary_ips}/actions/unassign")
def unassign(request: Request) -> Answer:
    """From a server that is off."""
    made, project = request.target, request.project
    if made["assignee_id"] is None:
        raise ApiError("primary_ip_not_assigned", "primary IP is not assigned")
    server = project.by_id("servers", made["assignee_id"])
    _check_off(server)
    project.refuse_busy("servers", server)
    both = {"primary_ips": made, "servers": server}
    return acted(project.act("unassign_primary_ip", both, lambda: take(project, made)))


@on("POST", "/primary_ips/{primary_ips}/actions/change_dns_ptr", needs={"ip": str}, takes={"dns_ptr": str})
def change_dns_ptr(request: Request) -> Answer:
    """The name of an address; null takes it away."""
    made, ip, name = request.target, request.body["ip"], request.body.get("dns_ptr")

    def done() -> None:
        point(made, ip, name)
        if server := request.project.objects["servers"].get(made["assignee_id"]):
            give(made, server)

    return acted(request.project.act("change_dns_ptr", {"primary_ips": made}, done))


def _assign(project: FakeProject, made: Json, server: Json) -> Json:
    project.refuse_busy("servers", server)
    return project.act("assign_primary_ip", {"primary_ips": made, "servers": server}, lambda: give(made, server))


def _check_off(server: Json) -> None:
    if server["status"] != "off":
        raise ApiError("server_not_stopped", "server must be powered off")


def _check_free(server: Json, family: str) -> None:
    _check_off(server)
    if server["public_net"][family]:
        raise ApiError(f"server_has_{family}", f"server already has an {family} address")
