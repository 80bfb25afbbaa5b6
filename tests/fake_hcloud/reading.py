"""What is the same for every kind: list with filters and pages, get by id, edit, and the actions of an object."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from tests.fake_hcloud import catalogue
from tests.fake_hcloud.actions import Json
from tests.fake_hcloud.errors import ApiError, invalid
from tests.fake_hcloud.kinds import KINDS, Kind
from tests.fake_hcloud.labels import selects
from tests.fake_hcloud.routes import Answer, Request, on

PER_PAGE, MOST_PER_PAGE = 25, 50


def found(request: Request, objects: Sequence[Json], filters: Sequence[str]) -> list[Json]:
    """The objects that a query asks for, in its order; without one in an order that is no order, but the same for each page."""
    query = request.query
    for name in filters:
        if wanted := query.get(name):
            objects = [it for it in objects if str(it.get(name)) in wanted]
    if selectors := query.get("label_selector"):
        objects = [it for it in objects if selects(selectors[0], it["labels"])]
    for order in reversed(query.get("sort", [])):
        key, _, direction = order.partition(":")
        objects = sorted(objects, key=lambda it: it[key], reverse=direction == "desc")
    if request.project.shuffle and "sort" not in query:
        objects = sorted(objects, key=_stir)
    return list(objects)


def page(request: Request, plural: str, objects: Sequence[Json], shown: Callable[[Json], Json]) -> Answer:
    """A page of objects with what the API says about it."""
    number, size = (_whole(request, name, default) for name, default in (("page", 1), ("per_page", PER_PAGE)))
    if size > MOST_PER_PAGE:
        raise invalid("per_page", f"must be at most {MOST_PER_PAGE}")
    last = max(1, -(-len(objects) // size))
    pagination = {
        "page": number,
        "per_page": size,
        "previous_page": number - 1 if number > 1 else None,
        "next_page": number + 1 if number < last else None,
        "last_page": last,
        "total_entries": len(objects),
    }
    on_page = objects[(number - 1) * size : number * size]
    return 200, {plural: [shown(it) for it in on_page], "meta": {"pagination": pagination}}


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, [str(default)])[0]
    if not text.isdecimal() or int(text) < 1:
        raise invalid(name, "must be a whole number of 1 or more")
    return int(text)


def _stir(it: Json) -> Any:
    return hashlib.sha256(str(it["id"]).encode()).digest()


def _register(kind: Kind) -> None:
    one_path = f"/{kind.plural}/{{{kind.plural}}}"

    def every(request: Request) -> Answer:
        objects = found(request, list(request.project.objects[kind.plural].values()), kind.filters)
        return page(request, kind.plural, objects, lambda it: request.project.shown(kind.plural, it))

    def one(request: Request) -> Answer:
        return 200, {kind.singular: request.project.shown(kind.plural, request.target)}

    def actions(request: Request) -> Answer:
        own = request.project.actions.of(kind.singular, request.target.get("id"))
        return page(request, "actions", found(request, own, ("status",)), dict)

    def edit(request: Request) -> Answer:
        if "name" in request.body:
            request.project.check_name(kind.plural, request.body["name"], of=request.target)
        request.target.update(request.body)
        return one(request)

    on("GET", f"/{kind.plural}")(every)
    if kind.busy:
        for path in (f"/{kind.plural}/actions", f"{one_path}/actions"):
            on("GET", path)(actions)
            on("GET", f"{path}/{{action}}")(action)
    on("GET", one_path)(one)
    if kind.updates:
        on("PUT", one_path, takes=kind.updates)(edit)


@on("GET", "/actions/{action}")
def action(request: Request) -> Answer:
    """One action."""
    number = request.args["action"]
    return 200, {"action": request.project.actions.get(int(number) if number.isdecimal() else -1)}


@on("GET", "/actions")
def some_actions(request: Request) -> Answer:
    """Actions by id; listing all was taken away."""
    if "id" not in request.query:
        raise ApiError("deprecated_api_endpoint", "API functionality was removed")
    return 200, {"actions": [request.project.actions.get(int(number)) for number in request.query["id"]]}


@on("GET", "/pricing")
def pricing(request: Request) -> Answer:
    """What everything costs."""
    return 200, {"pricing": catalogue.pricing(request.project.objects)}


@on("GET", "/datacenters")
def datacenters(_: Request) -> Answer:
    """Removed on 2026-10-01."""
    raise ApiError("deprecated_api_endpoint", "API functionality was removed")


for _kind in KINDS.values():
    _register(_kind)
