"""Faults that a test asks for, and the record of what was called."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

CHANGING = frozenset({"POST", "PUT", "DELETE"})

Mode = Literal["before", "after", "timeout", "timeout_before", "action_error"]


@dataclass(frozen=True)
class ApiCall:
    """One call, in the order of arrival. `status` is what was answered, 0 where nothing was."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: dict[str, Any] | None
    status: int
    token: str

    @property
    def changing(self) -> bool:
        """Whether it's a call that changes something."""
        return self.method in CHANGING


@dataclass
class ApiFault:
    """What goes wrong, and where.

    `before`: an error without an effect. `after`: an error though the effect happened. `timeout`: the effect happened, the
    connection closes after `hang` seconds without an answer; `timeout_before`: the same without the effect.
    `action_error`: the call is answered well, its actions end in an error and without their effect.

    Where: the `nth` changing call since it was injected (1 is the next), or the first call that matches `method` and `path`
    (a regular expression that must be found in the path). `times` of such calls are hit.
    """

    mode: Mode
    nth: int | None = None
    method: str | None = None
    path: str = ""
    code: str = "server_error"
    status: int | None = None
    hang: float = 0.0
    times: int = 1
    seen: int = field(default=0, init=False)
    hits: int = field(default=0, init=False)

    def strikes(self, method: str, path: str) -> bool:
        """Whether this call is hit; counts."""
        if self.nth is not None:
            self.seen += method in CHANGING
            hit = method in CHANGING and self.nth <= self.seen < self.nth + self.times
        else:
            hit = self.hits < self.times and self.method in {None, method} and bool(re.search(self.path, path))
        self.hits += hit
        return hit
