"""Faults between a script and the API: at the nth call, whatever it is, something goes wrong."""

import json
from dataclasses import dataclass
from typing import Any, Literal

import requests
from hcloud import Client
from requests.adapters import HTTPAdapter

Kind = Literal["error before", "error after", "time-out before", "time-out after", "crash before", "crash after"]
KINDS: tuple[Kind, ...] = (
    "error before",
    "error after",
    "time-out before",
    "time-out after",
    "crash before",
    "crash after",
)


class Crash(BaseException):
    """The script ends here, as by SIGKILL: nothing of it runs any more."""


@dataclass
class Injection(HTTPAdapter):
    """Counts calls, and lets the nth (from 0) go wrong."""

    nth: int = -1
    kind: Kind = "error before"
    calls: int = 0
    crashed: bool = False
    """Nothing is sent any more: a program that was killed makes no calls."""

    def __post_init__(self) -> None:
        super().__init__()

    def send(self, request: Any, *arguments: Any, **options: Any) -> requests.Response:
        if self.crashed:
            raise Crash
        number, self.calls = self.calls, self.calls + 1
        if number != self.nth:
            return super().send(request, *arguments, **options)
        what, _, when = self.kind.partition(" ")
        if when == "after":
            super().send(request, *arguments, **options)
        if what == "crash":
            self.crashed = True
            raise Crash
        if what == "time-out":
            raise requests.ReadTimeout(f"call {number}")
        return _refusal(request)


def _refusal(request: Any) -> requests.Response:
    """An answer of a gateway that is in trouble."""
    answer = requests.Response()
    answer.status_code = 503
    answer.request = request
    answer._content = json.dumps({"error": {"code": "unavailable", "message": "try again", "details": None}}).encode()
    return answer


def inject(api: Client, injection: Injection) -> None:
    """Put it between a client and the API."""
    api._client._session.mount("http://", injection)
