"""Networks: ranges, subnets, routes, and who has which address in them."""

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network

from tests.fake_hcloud.actions import Json
from tests.fake_hcloud.catalogue import LOCATIONS
from tests.fake_hcloud.errors import ApiError, invalid
from tests.fake_hcloud.project import FakeProject
from tests.fake_hcloud.reading import found, page
from tests.fake_hcloud.routes import Answer, Request, acted, on

PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
DEFAULT_ROUTE = IPv4Network("0.0.0.0/0")
RESERVED = IPv4Address("172.31.1.1")
ZONES = {row[-1] for row in LOCATIONS}
MOST_SUBNETS, MOST_ROUTES = 50, 100


def parse_range(text: object, field: str) -> IPv4Network:
    """A range without host bits; `invalid_input` for anything else."""
    try:
        return IPv4Network(str(text))
    except ValueError:
        raise invalid(field, "is no IPv4 range, or has host bits") from None


@on(
    "POST",
    "/networks",
    needs={"name": str, "ip_range": str},
    takes={"labels": dict, "subnets": list, "routes": list, "expose_routes_to_vswitch": bool},
)
def create(request: Request) -> Answer:
    """A network with its subnets and routes, at once."""
    body = request.body
    ip_range = _network_range(body["ip_range"])
    draft: Json = {"ip_range": str(ip_range), "subnets": [], "routes": []}
    for subnet in body.get("subnets") or []:
        draft["subnets"].append(_subnet(draft, subnet))
    for route in body.get("routes") or []:
        draft["routes"].append(_route(request.project, draft, route))
    network = request.project.add(
        "networks",
        name=body["name"],
        labels=body.get("labels") or {},
        servers=[],
        load_balancers=[],
        protection={"delete": False},
        expose_routes_to_vswitch=bool(body.get("expose_routes_to_vswitch")),
        **draft,
    )
    return 201, {"network": request.project.shown("networks", network)}


@on("DELETE", "/networks/{networks}")
def delete(request: Request) -> Answer:
    """A network goes, and everything attached to it is detached."""
    vanish(request.project, request.target)
    return 204, None


def vanish(project: FakeProject, network: Json) -> None:
    """Take a network away, from those attached to it too."""
    del project.objects["networks"][network["id"]]
    for kind in ("servers", "load_balancers"):
        for it in project.objects[kind].values():
            it["private_net"] = [net for net in it["private_net"] if net["network"] != network["id"]]


@on("GET", "/networks/{networks}/members")
def members(request: Request) -> Answer:
    """Who is attached, by which address."""
    entries = [
        {
            "id": it["id"],
            "type": kind,
            "ip": net["ip"],
            "alias_ips": net.get("alias_ips", []),
            "subnet": next((one["ip_range"] for one in request.target["subnets"] if _inside(net["ip"], one)), None),
            "status": "ok",
        }
        for kind, it, net in _attached(request.project, request.target["id"])
    ]
    return page(request, "members", found(request, entries, ("type", "status", "subnet")), dict)


@on(
    "POST",
    "/networks/{networks}/actions/add_subnet",
    needs={"type": str, "network_zone": str},
    takes={"ip_range": str, "vswitch_id": int},
)
def add_subnet(request: Request) -> Answer:
    """One more subnet."""
    subnet = _subnet(request.target, request.body)
    return _act(request, "add_subnet", lambda: request.target["subnets"].append(subnet))


@on("POST", "/networks/{networks}/actions/delete_subnet", needs={"ip_range": str})
def delete_subnet(request: Request) -> Answer:
    """A subnet goes, if nobody is in it."""
    network = request.target
    subnet = next((it for it in network["subnets"] if it["ip_range"] == request.body["ip_range"]), None)
    if not subnet:
        raise ApiError("not_found", "subnet not found")
    if any(_inside(net["ip"], subnet) for _, _, net in _attached(request.project, network["id"])):
        raise ApiError("service_error", "cannot remove subnet because network has attached resources")
    return _act(request, "delete_subnet", lambda: network["subnets"].remove(subnet))


@on("POST", "/networks/{networks}/actions/add_route", needs={"destination": str, "gateway": str})
def add_route(request: Request) -> Answer:
    """One more route."""
    route = _route(request.project, request.target, request.body)
    return _act(request, "add_route", lambda: request.target["routes"].append(route))


@on("POST", "/networks/{networks}/actions/delete_route", needs={"destination": str, "gateway": str})
def delete_route(request: Request) -> Answer:
    """A route goes."""
    if request.body not in request.target["routes"]:
        raise ApiError("not_found", "route not found")
    return _act(request, "delete_route", lambda: request.target["routes"].remove(request.body))


@on("POST", "/networks/{networks}/actions/change_ip_range", needs={"ip_range": str})
def change_ip_range(request: Request) -> Answer:
    """A network can only grow, from the same start."""
    old, new = parse_range(request.target["ip_range"], "ip_range"), _network_range(request.body["ip_range"])
    if not new.supernet_of(old) or new.network_address != old.network_address:
        raise invalid("ip_range", "can only be extended")
    return _act(request, "change_ip_range", lambda: request.target.update(ip_range=str(new)))


def _act(request: Request, command: str, done: Callable[[], object]) -> Answer:
    return acted(request.project.act(command, {"networks": request.target}, done))


def claim(project: FakeProject, network: Json, zone: str, ip: str | None = None, ip_range: str | None = None) -> str:
    """An address for something in a network zone; `no_subnet_available` or `ip_not_available` where there is none."""
    subnets = [it for it in network["subnets"] if it["network_zone"] == zone and it["type"] != "vswitch"]
    if ip_range:
        subnets = [it for it in subnets if it["ip_range"] == ip_range]
    if ip:
        subnets = [it for it in subnets if _inside(ip, it)]
    if not subnets:
        raise ApiError("no_subnet_available", "no subnet or IP is available for the server within the network")
    taken = _taken(project, network)
    if ip:
        if IPv4Address(ip) in taken or IPv4Address(ip) in _edges(subnets[0]):
            raise ApiError("ip_not_available", f"IP {ip} is not available")
        return ip
    subnet = project.random.choice(subnets) if project.shuffle else subnets[-1]
    free = next((it for it in IPv4Network(subnet["ip_range"]).hosts() if it not in taken), None)
    if not free:
        raise ApiError("no_subnet_available", "no subnet or IP is available for the server within the network")
    return str(free)


def check_overlap(project: FakeProject, network: Json, attached: list[Json]) -> None:
    """`networks_overlap` if a network shares addresses with one that something is attached to already."""
    own = IPv4Network(network["ip_range"])
    for net in attached:
        other = project.objects["networks"][net["network"]]
        if own.overlaps(IPv4Network(other["ip_range"])):
            raise ApiError("networks_overlap", "the network IP range overlaps with one of the server networks")


def _network_range(text: object) -> IPv4Network:
    ip_range = parse_range(text, "ip_range")
    if ip_range.prefixlen > 24 or not any(ip_range.subnet_of(it) for it in PRIVATE):
        raise invalid("ip_range", "must be private and /24 or larger")
    return ip_range


def _subnet(network: Json, asked: Json) -> Json:
    whole = IPv4Network(network["ip_range"])
    taken = [IPv4Network(it["ip_range"]) for it in network["subnets"]]
    taken += [IPv4Network(it["destination"]) for it in network["routes"] if it["destination"] != str(DEFAULT_ROUTE)]
    if asked.get("type") not in {"cloud", "server", "vswitch"}:
        raise invalid("type", "is unknown")
    if asked.get("network_zone") not in ZONES:
        raise invalid("network_zone", "is unknown")
    if any(it["network_zone"] != asked["network_zone"] for it in network["subnets"]):
        raise invalid("network_zone", "all subnets of a network must be in the same zone")
    if (asked["type"] == "vswitch") != bool(asked.get("vswitch_id")):
        raise invalid("vswitch_id", "goes with type vswitch, and only with it")
    if len(taken) >= MOST_SUBNETS:
        raise ApiError("resource_limit_exceeded", "subnet limit exceeded")
    ip_range = parse_range(asked["ip_range"], "ip_range") if asked.get("ip_range") else _first_free(whole, taken)
    if not ip_range.subnet_of(whole) or ip_range.prefixlen > 30:
        raise invalid("ip_range", "must be in the network's range, and /30 or larger")
    if any(ip_range.overlaps(it) for it in taken):
        raise invalid("ip_range", "overlaps with another subnet or route")
    return {
        "type": asked["type"],
        "ip_range": str(ip_range),
        "network_zone": asked["network_zone"],
        "gateway": str(whole.network_address + 1),
        "vswitch_id": asked.get("vswitch_id"),
    }


def _first_free(whole: IPv4Network, taken: list[IPv4Network]) -> IPv4Network:
    for it in whole.subnets(new_prefix=max(24, whole.prefixlen)):
        if not any(it.overlaps(other) for other in taken):
            return it
    raise ApiError("no_subnet_available", "no /24 is free")


def _route(project: FakeProject, network: Json, asked: Json) -> Json:
    destination = parse_range(asked.get("destination"), "destination")
    if destination != DEFAULT_ROUTE and not any(destination.subnet_of(it) for it in PRIVATE):
        raise invalid("destination", "must be private or 0.0.0.0/0")
    overlaps = any(destination.overlaps(IPv4Network(it["ip_range"])) for it in network["subnets"])
    if destination != DEFAULT_ROUTE and overlaps:
        raise invalid("destination", "overlaps with a subnet")
    if any(it["destination"] == str(destination) for it in network["routes"]) or len(network["routes"]) >= MOST_ROUTES:
        raise invalid("destination", "is a route already, or one too many")
    gateway = asked.get("gateway")
    if not any(_inside(str(gateway), it) for it in network["subnets"]) or str(gateway).endswith(".1"):
        raise invalid("gateway", "must be an address in a subnet, and not the first")
    return {"destination": str(destination), "gateway": gateway}


def _inside(ip: str, subnet: Json) -> bool:
    try:
        return IPv4Address(ip) in IPv4Network(subnet["ip_range"])
    except ValueError:
        return False


def _edges(subnet: Json) -> set[IPv4Address]:
    whole = IPv4Network(subnet["ip_range"])
    return {whole.network_address, whole.broadcast_address}


def _taken(project: FakeProject, network: Json) -> set[IPv4Address]:
    gateways = [IPv4Network(it["ip_range"]).network_address + 1 for it in (network, *network["subnets"])]
    used = [ip for _, _, net in _attached(project, network["id"]) for ip in (net["ip"], *net.get("alias_ips", []))]
    return {RESERVED, *gateways, *map(IPv4Address, used)}


def _attached(project: FakeProject, number: int) -> Iterator[tuple[str, Json, Json]]:
    for kind in ("servers", "load_balancers"):
        for it in project.objects[kind].values():
            for net in it["private_net"]:
                if net["network"] == number:
                    yield kind.removesuffix("s"), it, net
