"""What a project holds: objects in the form in which the API shows them, by kind and id."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.fake_hcloud import catalogue
from tests.fake_hcloud.actions import Actions, Holder, Json, nothing, now
from tests.fake_hcloud.errors import ApiError, invalid, not_found
from tests.fake_hcloud.kinds import KINDS, Sets, fits


def _empty() -> dict[str, dict[int, Json]]:
    return {kind: {} for kind in KINDS} | catalogue.objects()


@dataclass
class FakeProject:
    """The state behind the fake. `limits` are the most objects that the account allows, by kind."""

    actions: Actions
    random: random.Random
    shuffle: bool
    limits: Mapping[str, int]
    objects: dict[str, dict[int, Json]] = field(default_factory=_empty)
    ids: "count[int]" = field(default_factory=lambda: count(1_000_001))

    def find(self, kind: str, identity: object) -> Json:
        """An object by id, or by name; `not_found` if there is none."""
        objects = self.objects[kind]
        if str(identity).isdecimal() and int(str(identity)) in objects:
            return objects[int(str(identity))]
        for it in objects.values():
            if it["name"] == identity:
                return it
        raise not_found(KINDS[kind].singular, identity)

    def by_id(self, kind: str, number: object) -> Json:
        """An object by id alone, where the API takes nothing else."""
        if isinstance(number, bool) or not isinstance(number, int) or number not in self.objects[kind]:
            raise not_found(KINDS[kind].singular, number)
        return self.objects[kind][number]

    def add(self, kind: str, **fields: Any) -> Json:
        """A new object with an id and a time of creation; refuses a bad or taken name, and one beyond the account's limit."""
        self.check_name(kind, fields["name"])
        if len(self.objects[kind]) >= self.limits.get(kind, 1_000_000):
            raise ApiError("resource_limit_exceeded", f"{KINDS[kind].singular} limit exceeded")
        it: Json = {"id": next(self.ids), "created": now(), **fields}
        self.objects[kind][it["id"]] = it
        return it

    def check_name(self, kind: str, name: str, *, of: Json | None = None) -> None:
        """A name that `of`, or a new object, can have: names are unique per kind, not over kinds."""
        if not fits(kind, name):
            raise invalid("name", "is invalid")
        if any(it["name"] == name and it is not of for it in self.objects[kind].values()):
            raise ApiError("uniqueness_error", "name is already used", fields={"name": "is already used"})

    def refuse_busy(self, kind: str, it: Json) -> None:
        """The kind's error if an action holds the object."""
        code = KINDS[kind].busy
        if code and self.actions.holding((kind, it["id"])):
            why = (
                "has changed during the request, please retry"
                if code == "conflict"
                else "is locked by a running action"
            )
            raise ApiError(code, f"{KINDS[kind].singular} {why}")

    def act(
        self,
        command: str,
        on: Mapping[str, Json],
        done: Callable[[], object] = nothing,
        failed: Callable[[], object] = nothing,
        *,
        free: str = "",
        holds: Iterable[Holder] = (),
    ) -> Json:
        """Start an action on objects by kind. It holds them, but one of the kind `free`, and what else is in `holds`."""
        resources = [(KINDS[kind].singular, it["id"]) for kind, it in on.items()]
        held = [(kind, it["id"]) for kind, it in on.items() if kind != free]
        return self.actions.start(command, resources, done, failed, [*held, *holds])

    def shown(self, kind: str, it: Json) -> Json:
        """An object as an answer has it: without what is hidden, its sets in any order."""
        hidden = KINDS[kind].hidden
        visible = {key: value for key, value in it.items() if key not in hidden}
        if "locked" in visible:
            visible["locked"] = it["locked"] or any(
                (kind, it["id"]) in action.holds for action in self.actions.running.values()
            )
        return self.stirred(visible, KINDS[kind].sets)

    def stirred(self, it: Json, sets: Sets) -> Json:
        """A copy of an object with its sets in another order."""
        if not self.shuffle or not sets:
            return it
        out = dict(it)
        for key, below in sets.items():
            if members := it.get(key):
                out[key] = [self.stirred(member, below) if below else member for member in members]
                self.random.shuffle(out[key])
        return out
