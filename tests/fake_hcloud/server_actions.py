"""What can be done to a server that exists."""

from collections.abc import Callable
from functools import partial

from tests.fake_hcloud import placement_groups, primary_ips, servers
from tests.fake_hcloud.actions import Json, nothing
from tests.fake_hcloud.errors import ApiError, invalid
from tests.fake_hcloud.routes import Answer, Request, acted, on

# path, command, status meanwhile, status after it
POWER = (
    ("poweron", "start_server", "starting", "running"),
    ("poweroff", "stop_server", "stopping", "off"),
    ("shutdown", "shutdown_server", "stopping", "off"),
    ("reboot", "reboot_server", "running", "running"),
    ("reset", "reset_server", "running", "running"),
)


def _register(path: str, command: str, meanwhile: str, after: str) -> None:
    @on("POST", f"/servers/{{servers}}/actions/{path}")
    def power(request: Request) -> Answer:
        server = request.target
        if after == "running" and not _has_interface(server):
            raise invalid("server", "has no network interface")
        before = server["status"]
        if before != after:
            server["status"] = meanwhile
        return _act(request, command, lambda: server.update(status=after), lambda: server.update(status=before))


for _row in POWER:
    _register(*_row)


@on("POST", "/servers/{servers}/actions/change_type", needs={"server_type": servers.IDENTITY, "upgrade_disk": bool})
def change_type(request: Request) -> Answer:
    """Another type, with a disk that is as large at least; the server runs again afterwards."""
    server, project = request.target, request.project
    _check_off(server)
    wanted = project.find("server_types", request.body["server_type"])
    same = all(wanted[key] == server["server_type"][key] for key in ("architecture", "storage_type"))
    if not same or wanted["disk"] < server["primary_disk_size"] or wanted["id"] == server["server_type"]["id"]:
        raise ApiError("invalid_server_type", "the server type does not fit for the given server")
    servers.check_orderable(wanted, server["location"]["name"])

    def done() -> None:
        server.update(server_type=wanted, status="running")
        if request.body["upgrade_disk"]:
            server["primary_disk_size"] = wanted["disk"]

    server["status"] = "migrating"
    return _act(request, "change_server_type", done, lambda: server.update(status="off"))


@on(
    "POST",
    "/servers/{servers}/actions/attach_to_network",
    needs={"network": int},
    takes={"ip": str, "ip_range": str, "alias_ips": list},
)
def attach_to_network(request: Request) -> Answer:
    """An address in a network; it's taken at once, so that nobody else gets it."""
    project, server = request.project, request.target
    network = project.by_id("networks", request.body["network"])
    project.refuse_busy("networks", network)
    servers.attach(project, server, network, request.body)
    undo = partial(servers.detach, project, server, network["id"])
    return _act(request, "attach_to_network", failed=undo, network=network)


@on("POST", "/servers/{servers}/actions/detach_from_network", needs={"network": int})
def detach_from_network(request: Request) -> Answer:
    """Out of a network."""
    network = request.project.by_id("networks", request.body["network"])
    _net(request.target, network)
    done = partial(servers.detach, request.project, request.target, network["id"])
    return _act(request, "detach_from_network", done, network=network)


@on("POST", "/servers/{servers}/actions/change_alias_ips", needs={"network": int, "alias_ips": list})
def change_alias_ips(request: Request) -> Answer:
    """All alias addresses in a network anew."""
    network = request.project.by_id("networks", request.body["network"])
    net = _net(request.target, network)
    addresses = list(request.body["alias_ips"])
    return _act(request, "change_alias_ips", lambda: net.update(alias_ips=addresses), network=network)


@on("POST", "/servers/{servers}/actions/add_to_placement_group", needs={"placement_group": int})
def add_to_placement_group(request: Request) -> Answer:
    """Into a group, if it is off and in none."""
    server = request.target
    group = request.project.by_id("placement_groups", request.body["placement_group"])
    _check_off(server)
    if server["placement_group"]:
        raise ApiError("already_in_placement_group", "server is already part of a placement group")
    placement_groups.check_room(group)
    return _act(request, "add_to_placement_group", lambda: placement_groups.join(group, server))


@on("POST", "/servers/{servers}/actions/remove_from_placement_group")
def remove_from_placement_group(request: Request) -> Answer:
    """Out of its group."""
    if not request.target["placement_group"]:
        raise ApiError("service_error", "server is in no placement group")
    return _act(request, "remove_from_placement_group", lambda: placement_groups.leave(request.target))


@on("POST", "/servers/{servers}/actions/change_dns_ptr", needs={"ip": str}, takes={"dns_ptr": str})
def change_dns_ptr(request: Request) -> Answer:
    """The name of its public IPv4 address."""
    public = request.target["public_net"]["ipv4"]
    if not public or public["ip"] != request.body["ip"]:
        raise invalid("ip", "is not an IPv4 address of the server")
    address = request.project.objects["primary_ips"][public["id"]]

    def done() -> None:
        primary_ips.point(address, public["ip"], request.body.get("dns_ptr"))
        primary_ips.give(address, request.target)

    return _act(request, "change_dns_ptr", done)


def _act(
    request: Request,
    command: str,
    done: Callable[[], object] = nothing,
    failed: Callable[[], object] = nothing,
    network: Json | None = None,
) -> Answer:
    on_both = {"servers": request.target} | ({"networks": network} if network else {})
    return acted(request.project.act(command, on_both, done, failed, free="networks"))


def _net(server: Json, network: Json) -> Json:
    for net in server["private_net"]:
        if net["network"] == network["id"]:
            assert isinstance(net, dict)
            return net
    raise ApiError("service_error", "server is not attached to network")


def _has_interface(server: Json) -> bool:
    return bool(server["public_net"]["ipv4"] or server["public_net"]["ipv6"] or server["private_net"])


def _check_off(server: Json) -> None:
    if server["status"] != "off":
        raise ApiError("server_not_stopped", "server must be powered off")
