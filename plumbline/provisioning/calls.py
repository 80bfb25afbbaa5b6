"""Calls to the API: what passes and is tried again, what is final, and how long an action may take."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import requests
from hcloud import APIException, Client
from hcloud.actions import ActionException, BoundAction

WAITS = (1, 2, 4, 8, 15, 30, 30)
"""Seconds between tries."""
ACTION_POLLS = 900
"""An action is asked once a second for at most this many times."""
CALL_SECONDS = 30
FINAL = frozenset(
    (
        "unauthorized",
        "forbidden",
        "token_readonly",
        "invalid_input",
        "json_error",
        "unsupported_error",
        "method_not_allowed",
        "deprecated_api_endpoint",
        "resource_limit_exceeded",
        "maintenance",
        "protected",
    )
)
"""Errors that another try cannot change. All others may pass: locked, conflict, unavailable, a time-out, …"""
SOLD_OUT = frozenset(("resource_unavailable", "placement_error"))
GONE = "not_found"
TROUBLE = (APIException, ActionException, requests.RequestException)
"""What a call can end with."""


class Refused(Exception):
    """Something that is not done without the operator's word, or not at all; the message says what would help."""


class Failed(Exception):
    """Something that was tried and did not succeed."""


def connect(token: str, endpoint: str, poll_seconds: float = 1.0) -> Client:
    """A client. Its own retries cover rate limits and conflicts; all else is tried again here."""
    return Client(
        token,
        api_endpoint=endpoint,
        application_name="plumbline",
        poll_interval=poll_seconds,
        poll_max_retries=ACTION_POLLS,
        timeout=CALL_SECONDS,
    )


def code_of(error: Exception) -> str:
    """The API's code of an error, or the kind of the failure."""
    if isinstance(error, APIException):
        return str(error.code)
    if isinstance(error, ActionException):
        return str(_error_of(error).get("code", "action_failed"))
    return type(error).__name__


def described(error: Exception) -> str:
    """An error in one line."""
    if isinstance(error, APIException):
        return f"{error.message} ({error.code})"
    if isinstance(error, ActionException):
        return f"{error.action.command}: {_error_of(error).get('message', 'did not end')}"
    return f"no answer from the API: {type(error).__name__}"


def _error_of(error: ActionException) -> dict[str, Any]:
    return dict(error.action.error or {})


def finished(*actions: Any) -> None:
    """Wait until actions have ended well; what is no action is passed over. Raises ActionException."""
    for action in actions:
        for each in action if isinstance(action, list) else [action]:
            # some calls give an action, some True, some the object
            if isinstance(each, BoundAction):
                each.wait_until_finished()


def persistently(
    attempt: Callable[[], bool], sleep: Callable[[float], None] = time.sleep, waits: Iterable[float] = WAITS
) -> None:
    """Try until `attempt` says that there is nothing left to do. Raises Failed, or what is final."""
    reason = "it did not settle"
    for seconds in (*waits, None):
        try:
            if attempt():
                return
        except TROUBLE as error:
            if code_of(error) in FINAL:
                raise Failed(described(error)) from None
            reason = described(error)
        if seconds is not None:
            sleep(seconds)
    raise Failed(reason)
