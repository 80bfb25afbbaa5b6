"""Load balancers: what making one, listing and deleting need. Deleting answers with an action since October 2026."""

from tests.fake_hcloud import networks
from tests.fake_hcloud.actions import Json
from tests.fake_hcloud.errors import ApiError, invalid
from tests.fake_hcloud.labels import selects
from tests.fake_hcloud.project import FakeProject
from tests.fake_hcloud.routes import Answer, Request, on

IDENTITY = (str, int)
ALGORITHMS = ("round_robin", "least_connections")
MOST_SELECTOR = 1000


@on(
    "POST",
    "/load_balancers",
    needs={"name": str, "load_balancer_type": IDENTITY},
    takes={
        "algorithm": dict,
        "services": list,
        "targets": list,
        "labels": dict,
        "public_interface": bool,
        "public_net": dict,
        "network": int,
        "network_zone": str,
        "location": IDENTITY,
    },
)
def create(request: Request) -> Answer:
    """A load balancer with its services, targets and network."""
    body, project = request.body, request.project
    if bool(body.get("location")) == bool(body.get("network_zone")):
        raise invalid("location", "exactly one of location and network_zone is needed")
    algorithm = body.get("algorithm") or {"type": "round_robin"}
    if algorithm.get("type") not in ALGORITHMS:
        raise invalid("algorithm", "is unknown")
    kind = project.find("load_balancer_types", body["load_balancer_type"])
    location = _location(project, body)
    network = project.by_id("networks", body["network"]) if body.get("network") else None
    ip = networks.claim(project, network, location["network_zone"]) if network else None
    services = [_service(it) for it in body.get("services") or []]
    if len({it["listen_port"] for it in services}) != len(services):
        raise ApiError("source_port_already_used", "source port is already used")
    made = project.add(
        "load_balancers",
        name=body["name"],
        labels=body.get("labels") or {},
        load_balancer_type=kind,
        location=location,
        algorithm=algorithm,
        services=services,
        targets=[_target(project, network, it) for it in body.get("targets") or []],
        private_net=[{"network": network["id"], "ip": ip}] if network else [],
        protection={"delete": False},
        outgoing_traffic=0,
        ingoing_traffic=0,
        included_traffic=kind["prices"][0]["included_traffic"],
    )
    made["public_net"] = _public_net(made["id"], body.get("public_interface", True) is not False)
    if network:
        network["load_balancers"].append(made["id"])
    for server in (project.objects["servers"][number] for number in _led_to(made)):
        server["load_balancers"].append(made["id"])
    action = project.act("create_load_balancer", {"load_balancers": made})
    return 201, {"load_balancer": project.shown("load_balancers", made), "action": action}


@on("DELETE", "/load_balancers/{load_balancers}")
def delete(request: Request) -> Answer:
    """It is gone at once."""
    vanish(request.project, request.target)
    return 200, {"action": request.project.act("delete_load_balancer", {"load_balancers": request.target})}


def vanish(project: FakeProject, balancer: Json) -> None:
    """Take a load balancer away, from its networks too."""
    del project.objects["load_balancers"][balancer["id"]]
    for server in project.objects["servers"].values():
        server["load_balancers"] = [it for it in server["load_balancers"] if it != balancer["id"]]
    for net in balancer["private_net"]:
        project.objects["networks"][net["network"]]["load_balancers"].remove(balancer["id"])


def _location(project: FakeProject, body: Json) -> Json:
    if body.get("location"):
        return project.find("locations", body["location"])
    for it in project.objects["locations"].values():
        if it["network_zone"] == body["network_zone"]:
            return it
    raise invalid("network_zone", "is unknown")


def _public_net(number: int, enabled: bool) -> Json:
    last = number - 1_000_000
    return {
        "enabled": enabled,
        "ipv4": {"ip": f"198.51.{100 + last // 250}.{last % 250 + 1}", "dns_ptr": None},
        "ipv6": {"ip": f"2001:db8:1::{last:x}", "dns_ptr": None},
    }


def _service(asked: Json) -> Json:
    port = asked.get("listen_port") or {"http": 80, "https": 443}.get(asked["protocol"])
    target = asked.get("destination_port") or {"http": 80, "https": 80}.get(asked["protocol"])
    if asked["protocol"] not in {"tcp", "http", "https"} or not port or not target:
        raise invalid("services", "protocol and ports don't fit")
    check = {"protocol": "tcp", "port": target, "interval": 15, "timeout": 10, "retries": 3} | (
        asked.get("health_check") or {}
    )
    service = {
        "protocol": asked["protocol"],
        "listen_port": port,
        "destination_port": target,
        "proxyprotocol": bool(asked.get("proxyprotocol")),
        "health_check": check,
    }
    if check["protocol"] != "tcp":
        defaults = {"domain": "", "path": "/", "response": "", "tls": False, "status_codes": ["2??", "3??"]}
        check["http"] = defaults | (check.get("http") or {})
    if asked["protocol"] != "tcp":
        own = {"cookie_name": "HCLBSTICKY", "cookie_lifetime": 300, "timeout_idle": 50, "sticky_sessions": False}
        tls = {"certificates": [], "redirect_http": False}
        service["http"] = own | tls | (asked.get("http") or {})
    return service


def _target(project: FakeProject, network: Json | None, asked: Json) -> Json:
    private = bool(asked.get("use_private_ip"))
    if asked["type"] == "ip":
        return {"type": "ip", "ip": {"ip": asked["ip"]["ip"]}, "health_status": []}
    if asked["type"] == "label_selector":
        if len(asked["label_selector"]["selector"]) > MOST_SELECTOR:
            raise invalid("targets", "selector is too long")
        selector = asked["label_selector"]
        found = [it for it in project.objects["servers"].values() if selects(selector["selector"], it["labels"])]
        below = [_to(it, private) for it in found]
        return {"type": "label_selector", "label_selector": selector, "use_private_ip": private, "targets": below}
    server = project.by_id("servers", asked["server"]["id"])
    if private and not any(network and it["network"] == network["id"] for it in server["private_net"]):
        raise ApiError("resolve_cloud_private_targets_error", "server is not in a network of the load balancer")
    return _to(server, private)


def _to(server: Json, private: bool) -> Json:
    return {"type": "server", "server": {"id": server["id"]}, "use_private_ip": private, "health_status": []}


def _led_to(balancer: Json) -> set[int]:
    whole = [*balancer["targets"], *(one for it in balancer["targets"] for one in it.get("targets", []))]
    return {it["server"]["id"] for it in whole if it["type"] == "server"}
