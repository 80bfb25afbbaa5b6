"""One at a time: a lock that every machine sees, for it is an object in the provider's project.

Names of placement groups are unique in a project, so making one is atomic; a group is free of charge and lets itself be
deleted at once. It takes one of the project's 50 groups while it lasts. Its labels say who holds it, since when, for what;
it carries no labels of ownership, so that nobody takes it for an object of the tenant.
"""

import os
import re
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from hcloud import APIException, Client

from plumbline.provisioning.calls import API_ERRORS, Refused, code_of, describe_error, retry
from plumbline.provisioning.codes import GONE, TAKEN
from plumbline.provisioning.labels import labels_of

LOCK = "plumbline_lock"
"""Label of the lock: the tenant that it locks."""


class Lock:
    """The lock of a tenant. It is released by the id of what was made, never by name."""

    def __init__(self, api: Client, tenant: str, say: Callable[[str], None], pause: Callable[[float], None]):
        self.api, self.tenant, self.say, self.pause = api, tenant, say, pause
        self.name = lock_name(tenant)

    @contextmanager
    def hold(self, verb: str) -> Iterator[None]:
        """Hold it while the block runs. Raises Refused while somebody else does."""
        group = self._taken(verb)
        try:
            yield
        finally:
            self._release(group)

    def _taken(self, verb: str) -> Any:
        run = secrets.token_hex(8)
        labels = {
            LOCK: self.tenant,
            "plumbline_holder": _holder(),
            "plumbline_since": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
            "plumbline_verb": verb,
            "plumbline_run": run,
        }
        found: list[Any] = []

        def attempt() -> bool:
            try:
                found.append(self.api.placement_groups.create(self.name, "spread", labels).placement_group)
                return True
            except APIException as error:
                if code_of(error) != TAKEN:
                    raise
            other = self.api.placement_groups.get_by_name(self.name)
            if other is None:
                return False  # it was released in between
            if labels_of(other).get("plumbline_run") != run:
                raise Refused(f"{holder_of(other)}. {self._way_out()}")
            found.append(other)  # ours: the answer to an earlier try was lost
            return True

        try:
            retry(attempt, self.pause, about=f"lock {self.name}")
        except KeyboardInterrupt:
            self.say(f"the lock {self.name} may have been made. {self._way_out()}")
            raise
        return found[-1]

    def _way_out(self) -> str:
        return f"Wait for it; if it crashed: provision unlock --tenant {self.tenant}"

    def _release(self, group: Any) -> None:
        def attempt() -> bool:
            try:
                group.delete()
            except APIException as error:
                if code_of(error) != GONE:
                    raise
            return True

        try:
            retry(attempt, self.pause, (1, 2, 4), f"lock {self.name}")
        except (Exception, KeyboardInterrupt) as error:
            why = describe_error(error) if isinstance(error, API_ERRORS) else str(error)
            self.say(f"the lock {self.name} (#{group.id}) is still there: {why}. {self._way_out()}")

    def holder(self) -> Any:
        """The lock as it is there, or None."""
        found = self.api.placement_groups.get_by_name(self.name)
        if found is not None and LOCK not in labels_of(found):
            raise Refused(f"placement group {self.name} (#{found.id}) is not a lock: it lacks the label {LOCK}")
        return found

    def break_open(self, holder: Any) -> None:
        """Break the lock that was shown, by its id."""
        self._release(holder)


def lock_name(tenant: str) -> str:
    """The reserved name of a tenant's lock."""
    return f"tenant-{tenant}-lock"


def holder_of(group: Any) -> str:
    """Who holds a lock, in words."""
    said = {key.removeprefix("plumbline_"): value for key, value in labels_of(group).items()}
    if "lock" not in said:
        return f"placement group {group.name} (#{group.id}) has the lock's name but is not a lock: delete or rename it"
    return (
        f"locked by {said.get('holder', 'somebody')} since {said.get('since', '?')} "
        f"for {said.get('verb', '?')} (placement group {group.name}, #{group.id})"
    )


def _holder() -> str:
    user = os.environ.get("USER") or os.environ.get("LOGNAME") or f"uid{os.getuid()}"
    text = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{user}.at.{socket.gethostname()}")
    return text[:63].strip("-._") or "somebody"
