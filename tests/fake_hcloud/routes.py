"""Which function answers which call. The modules of the kinds register theirs with `on`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from tests.fake_hcloud.actions import Json
from tests.fake_hcloud.errors import ApiError, invalid, not_found
from tests.fake_hcloud.faults import CHANGING
from tests.fake_hcloud.kinds import KINDS
from tests.fake_hcloud.labels import check_labels
from tests.fake_hcloud.project import FakeProject

Types = type | tuple[type, ...]
Answer = tuple[int, Json | None]


@dataclass
class Request:
    """A call on its way to the function that answers it. `target` is the object that the path names."""

    project: FakeProject
    method: str
    query: Mapping[str, list[str]]
    body: Json
    args: dict[str, str]
    target: Json = field(default_factory=dict)


Handler = Callable[[Request], Answer]


@dataclass(frozen=True)
class Route:
    """One operation: its path, the fields that its body needs and those that it may have beside."""

    method: str
    pattern: re.Pattern[str]
    kind: str | None
    handler: Handler
    needs: Mapping[str, Types]
    takes: Mapping[str, Types]


ROUTES: list[Route] = []


def on(
    method: str, path: str, *, needs: Mapping[str, Types] | None = None, takes: Mapping[str, Types] | None = None
) -> Callable[[Handler], Handler]:
    """Register a function for a method and a path. `{servers}` in it is the id of an object of that kind."""
    kind = next((name for name in re.findall(r"{(\w+)}", path) if name in KINDS), None)
    pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path))

    def register(handler: Handler) -> Handler:
        ROUTES.append(Route(method, pattern, kind, handler, needs or {}, takes or {}))
        return handler

    return register


def route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The operation for a call; `not_found` for an unknown path, `method_not_allowed` where it has no such method."""
    known = False
    for it in ROUTES:
        if found := it.pattern.fullmatch(path):
            if it.method == method:
                return it, {key: unquote(value) for key, value in found.groupdict().items()}
            known = True
    raise ApiError("method_not_allowed", "method not allowed") if known else not_found("path", path)


def answer(it: Route, request: Request) -> Answer:
    """Answer a call, after what is the same for every operation: the object, its locks and protection, the body's fields."""
    if it.kind:
        request.target = _target(request.project, it.kind, request.args[it.kind])
        whole = len(request.args) == 1  # and not one of the record sets in it
        if whole and request.method in {"POST", "DELETE"}:
            request.project.refuse_busy(it.kind, request.target)
        if whole and request.method == "DELETE" and request.target.get("protection", {}).get("delete"):
            raise ApiError("protected", f"{KINDS[it.kind].singular} is protected against deletion")
    if request.method in CHANGING:
        check_body(request.body, it.needs, it.takes)
    return it.handler(request)


def acted(action: Json) -> Answer:
    """The answer of an operation that is no more than an action."""
    return 201, {"action": action}


def check_body(body: Json, needs: Mapping[str, Types], takes: Mapping[str, Types]) -> None:
    """Raises invalid_input for a field that is missing, unknown, or of a wrong type."""
    known = {**needs, **takes}
    for name in needs.keys() - body.keys():
        raise invalid(name, "is missing")
    for name, value in body.items():
        if name not in known:
            raise invalid(name, "is unknown")
        types = known[name]
        fits = type(value) in (types if isinstance(types, tuple) else (types,))  # True is no whole number here
        if not fits and not (value is None and name in takes):
            raise invalid(name, "has a wrong type")
    if isinstance(body.get("labels"), dict):
        check_labels(body["labels"])


def _target(project: FakeProject, kind: str, identity: str) -> Json:
    if kind == "zones":
        return project.find(kind, identity)
    if not identity.isdecimal():
        raise not_found(KINDS[kind].singular, identity)
    return project.by_id(kind, int(identity))
