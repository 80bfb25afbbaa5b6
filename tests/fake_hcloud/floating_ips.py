"""Floating IPs: public addresses that can be led to a server while it runs, or to none."""

from ipaddress import IPv4Address, IPv6Network

from tests.fake_hcloud.actions import Json
from tests.fake_hcloud.errors import ApiError, invalid
from tests.fake_hcloud.primary_ips import FAMILIES, point, usual_name
from tests.fake_hcloud.project import FakeProject
from tests.fake_hcloud.routes import Answer, Request, acted, on

FIRST_V4, FIRST_V6 = IPv4Address("198.19.0.1"), int(IPv6Network("2001:db8:2::/64").network_address)


@on(
    "POST",
    "/floating_ips",
    needs={"type": str},
    takes={"name": str, "description": str, "labels": dict, "server": int, "home_location": (str, int)},
)
def create(request: Request) -> Answer:
    """An address with a home, led to a server at once if one is named."""
    body, project = request.body, request.project
    server = project.by_id("servers", body["server"]) if body.get("server") else None
    if body["type"] not in FAMILIES:
        raise invalid("type", "is unknown")
    if not server and not body.get("home_location"):
        raise invalid("home_location", "is needed where no server is named")
    home = (
        project.find("locations", body["home_location"]) if body.get("home_location") else server and server["location"]
    )
    made = project.add(
        "floating_ips",
        name=body.get("name") or f"{body['type']}-{len(project.objects['floating_ips']) + 1}",
        description=body.get("description"),
        labels=body.get("labels") or {},
        type=body["type"],
        server=None,
        home_location=home,
        blocked=False,
        dns_ptr=[],
        protection={"delete": False},
    )
    number = made["id"] - 1_000_000
    if made["type"] == "ipv4":
        made["ip"] = str(FIRST_V4 + number)
        made["dns_ptr"] = [{"ip": made["ip"], "dns_ptr": usual_name(made["ip"])}]
    else:
        made["ip"] = str(IPv6Network((FIRST_V6 + (number << 64), 64)))
    return 201, {"floating_ip": made, "action": _lead(project, made, server) if server else None}


@on("DELETE", "/floating_ips/{floating_ips}")
def delete(request: Request) -> Answer:
    """An address goes, from its server too."""
    vanish(request.project, request.target)
    return 204, None


def vanish(project: FakeProject, made: Json) -> None:
    """Take an address away, from its server too."""
    take(project, made)
    del project.objects["floating_ips"][made["id"]]


def take(project: FakeProject, made: Json) -> None:
    """An address leads nowhere from now on."""
    if server := project.objects["servers"].get(made["server"]):
        public = server["public_net"]
        public["floating_ips"] = [it for it in public["floating_ips"] if it != made["id"]]
    made["server"] = None


@on("POST", "/floating_ips/{floating_ips}/actions/assign", needs={"server": int})
def assign(request: Request) -> Answer:
    """To a server, from wherever it led."""
    server = request.project.by_id("servers", request.body["server"])
    return acted(_lead(request.project, request.target, server))


@on("POST", "/floating_ips/{floating_ips}/actions/unassign")
def unassign(request: Request) -> Answer:
    """To none."""
    made, project = request.target, request.project
    if made["server"] is None:
        raise ApiError("service_error", "floating IP is not assigned")
    return acted(project.act("unassign_floating_ip", {"floating_ips": made}, lambda: take(project, made)))


@on("POST", "/floating_ips/{floating_ips}/actions/change_dns_ptr", needs={"ip": str}, takes={"dns_ptr": str})
def change_dns_ptr(request: Request) -> Answer:
    """The name of an address; null gives the usual one back."""
    made, body = request.target, request.body
    act = request.project.act
    return acted(act("change_dns_ptr", {"floating_ips": made}, lambda: point(made, body["ip"], body.get("dns_ptr"))))


def _lead(project: FakeProject, made: Json, server: Json) -> Json:
    def done() -> None:
        take(project, made)
        made["server"] = server["id"]
        server["public_net"]["floating_ips"].append(made["id"])

    return project.act("assign_floating_ip", {"floating_ips": made, "servers": server}, done)
