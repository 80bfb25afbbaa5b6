"""Firewalls: rules, and the servers that they're on, by hand or by label selector."""

from tests.fake_hcloud.actions import Json
from tests.fake_hcloud.errors import ApiError, invalid
from tests.fake_hcloud.firewall_rules import rules
from tests.fake_hcloud.labels import selects
from tests.fake_hcloud.project import FakeProject
from tests.fake_hcloud.routes import Answer, Request, on

MOST_PER_SERVER = 5
APPLIED = "firewalls applied"  # what an action holds whose end takes a firewall off a server


@on("POST", "/firewalls", needs={"name": str}, takes={"labels": dict, "rules": list, "apply_to": list})
def create(request: Request) -> Answer:
    """A firewall with its rules, on resources at once if some are named."""
    body, project = request.body, request.project
    kept, resources = rules(body.get("rules") or []), body.get("apply_to") or []
    for it in resources:
        _check(project, None, it)
    firewall = project.add("firewalls", name=body["name"], labels=body.get("labels") or {}, rules=kept, applied_to=[])
    actions = [project.act("set_firewall_rules", {"firewalls": firewall})] if kept else []
    actions += [_apply(project, firewall, it) for it in resources]
    follow_selectors(project)
    return 201, {"firewall": project.shown("firewalls", firewall), "actions": actions}


@on("DELETE", "/firewalls/{firewalls}")
def delete(request: Request) -> Answer:
    """Only one that is on nothing. A server that is being deleted counts until its action ends."""
    firewall = request.target
    if firewall["applied_to"]:
        request.project.actions.holding((APPLIED, firewall["id"]))
        raise ApiError("resource_in_use", f"firewall with ID '{firewall['id']}' is still in use")
    del request.project.objects["firewalls"][firewall["id"]]
    return 204, None


def vanish(project: FakeProject, firewall: Json) -> None:
    """Take a firewall away, from its servers too."""
    del project.objects["firewalls"][firewall["id"]]
    for server in project.objects["servers"].values():
        _unlist(server, firewall["id"])


@on("POST", "/firewalls/{firewalls}/actions/set_rules", needs={"rules": list})
def set_rules(request: Request) -> Answer:
    """All rules anew; an empty list clears them."""
    firewall, project = request.target, request.project
    kept = rules(request.body["rules"])
    on_servers = [it for number, it in project.objects["servers"].items() if number in _directly(firewall)]
    actions = [project.act("set_firewall_rules", {"firewalls": firewall}, lambda: firewall.update(rules=kept))]
    actions += [
        project.act("apply_firewall", {"firewalls": firewall, "servers": it}, free="servers") for it in on_servers
    ]
    return 201, {"actions": actions}


@on("POST", "/firewalls/{firewalls}/actions/apply_to_resources", needs={"apply_to": list})
def apply_to_resources(request: Request) -> Answer:
    """On more servers or selectors."""
    for it in request.body["apply_to"]:
        _check(request.project, request.target, it)
    actions = [_apply(request.project, request.target, it) for it in request.body["apply_to"]]
    return 201, {"actions": actions}


@on("POST", "/firewalls/{firewalls}/actions/remove_from_resources", needs={"remove_from": list})
def remove_from_resources(request: Request) -> Answer:
    """From servers or selectors. One that it isn't on is no error since August 2025."""
    firewall = request.target
    for asked in request.body["remove_from"]:
        server = request.project.objects["servers"].get(asked.get("server", {}).get("id"))
        if server and server["id"] not in _directly(firewall) and _is_on(firewall, server):
            raise ApiError("firewall_managed_by_label_selector", "firewall is applied by a label selector")
    return 201, {"actions": [_remove(request.project, firewall, it) for it in request.body["remove_from"]]}


def put_on(firewall: Json, server: Json) -> None:
    """A firewall is on a server from now on, and in force once it is settled."""
    firewall["applied_to"].append({"type": "server", "server": {"id": server["id"]}})
    _unlist(server, firewall["id"])
    server["public_net"]["firewalls"].append({"id": firewall["id"], "status": "pending"})


def settle(firewall: Json, server: Json) -> None:
    """A firewall that is on a server is in force there."""
    for it in server["public_net"]["firewalls"]:
        if it["id"] == firewall["id"]:
            it["status"] = "applied"


def take_off(firewall: Json, server: Json) -> None:
    """A firewall is on a server no more."""
    firewall["applied_to"] = [it for it in firewall["applied_to"] if it.get("server") != {"id": server["id"]}]
    _unlist(server, firewall["id"])


def check_server(firewall: Json | None, server: Json) -> None:
    """Whether a firewall can go on a server."""
    if not (server["public_net"]["ipv4"] or server["public_net"]["ipv6"]):
        raise ApiError("private_net_only_server", "server has no public interface")
    listed = server["public_net"]["firewalls"]
    if firewall and server["id"] in _directly(firewall):
        raise ApiError("firewall_already_applied", "firewall is already applied to resource")
    if len(listed) >= MOST_PER_SERVER:
        raise ApiError("resource_limit_exceeded", "server has the most firewalls already")


def follow_selectors(project: FakeProject) -> None:
    """Put firewalls on the servers that their selectors select now, and take them off the others."""
    for firewall in project.objects["firewalls"].values():
        if entries := [it for it in firewall["applied_to"] if it["type"] == "label_selector"]:
            _follow(project, firewall, entries)


def _follow(project: FakeProject, firewall: Json, entries: list[Json]) -> None:
    for server in project.objects["servers"].values():
        if _is_on(firewall, server) and server["id"] not in _directly(firewall):
            _unlist(server, firewall["id"])
    for entry in entries:
        wanted = [
            server
            for server in project.objects["servers"].values()
            if selects(entry["label_selector"]["selector"], server["labels"]) and _is_public(server)
        ]
        entry["applied_to_resources"] = [{"type": "server", "server": {"id": it["id"]}} for it in wanted]
        for server in wanted:
            if not _is_on(firewall, server):
                server["public_net"]["firewalls"].append({"id": firewall["id"], "status": "applied"})


def _is_on(firewall: Json, server: Json) -> bool:
    return any(it["id"] == firewall["id"] for it in server["public_net"]["firewalls"])


def _is_public(server: Json) -> bool:
    return bool(server["public_net"]["ipv4"] or server["public_net"]["ipv6"])


def _directly(firewall: Json) -> set[int]:
    return {it["server"]["id"] for it in firewall["applied_to"] if it["type"] == "server"}


def _unlist(server: Json, number: int) -> None:
    server["public_net"]["firewalls"] = [it for it in server["public_net"]["firewalls"] if it["id"] != number]


def _same(entry: Json, asked: Json) -> bool:
    return bool(entry["type"] == asked["type"] and entry.get(asked["type"]) == asked.get(asked["type"]))


def _check(project: FakeProject, firewall: Json | None, asked: Json) -> None:
    if asked.get("type") == "label_selector":
        selects(asked["label_selector"]["selector"], {})
        if firewall and any(_same(it, asked) for it in firewall["applied_to"]):
            raise ApiError("firewall_already_applied", "firewall is already applied to resource")
    elif asked.get("type") == "server":
        server = project.objects["servers"].get(asked["server"]["id"])
        if not server:
            raise ApiError("firewall_resource_not_found", "the resource was not found", status=404 if firewall else 422)
        check_server(firewall, server)
    else:
        raise invalid("apply_to", "type is unknown")


def _apply(project: FakeProject, firewall: Json, asked: Json) -> Json:
    if asked["type"] == "label_selector":
        firewall["applied_to"].append({**asked, "applied_to_resources": []})
        return project.act("apply_firewall", {"firewalls": firewall})
    server = project.by_id("servers", asked["server"]["id"])
    put_on(firewall, server)
    return project.act(
        "apply_firewall",
        {"firewalls": firewall, "servers": server},
        lambda: settle(firewall, server),
        lambda: take_off(firewall, server),
        free="servers",
    )


def _remove(project: FakeProject, firewall: Json, asked: Json) -> Json:
    def done() -> None:
        firewall["applied_to"] = [it for it in firewall["applied_to"] if not _same(it, asked)]
        _follow(project, firewall, [it for it in firewall["applied_to"] if it["type"] == "label_selector"])

    return project.act("remove_firewall", {"firewalls": firewall}, done)
