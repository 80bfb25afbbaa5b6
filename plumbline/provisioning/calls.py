"""Calls to the API: what passes and is tried again, what is final, how long it may take, and what it says of itself.

Nothing of the user's surroundings changes a call: no proxy, no .netrc of the environment; a proxy is named with --proxy.
"""

import threading
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from hcloud import APIException, Client
from hcloud.actions import ActionException, BoundAction
from requests.adapters import HTTPAdapter

from plumbline.provisioning.codes import ADVICE, FINAL, RATE

WAITS = (1, 2, 4, 8, 15, 30, 30)
"""Seconds between tries."""
READ_WAITS = (1, 2, 4)
"""Seconds between tries of a call that only reads."""
RATE_WAITS = (1, 2, 4, 8, 15) + (30,) * 19
"""Seconds to wait while the project's calls are used up: ten minutes at most. The bucket fills by one call a second."""
ACTION_POLLS = 900
"""An action is asked once a second for at most this many times."""
CALL_SECONDS = 30
"""For a connection, and between two parts of an answer."""
WHOLE_CALL_SECONDS = 120
"""For a call as a whole, however slowly its answer drips."""
MOST_PAGES = 1000
API_ERRORS = (APIException, ActionException, requests.RequestException)
"""What a call can end with."""


class Refused(Exception):
    """Something that is not done without the operator's word, or not at all; the message says what would help."""


class Failed(Exception):
    """Something that was tried and did not succeed."""


class Misused(Exception):
    """A wrong call: an option or a setting that cannot be meant."""


class Lacking(Exception):
    """The surroundings lack something: a token, a place for the journal."""


class Bounded(HTTPAdapter):
    """Ends a call after `WHOLE_CALL_SECONDS`, its answer's body included."""

    seconds: float = WHOLE_CALL_SECONDS

    def send(self, request: Any, *arguments: Any, **options: Any) -> requests.Response:
        """Send and read the whole answer. Raises requests.ReadTimeout when it takes too long."""
        ended: list[requests.Response | BaseException] = []

        def whole() -> None:
            try:
                answer = super(Bounded, self).send(request, *arguments, **options)
                _ = answer.content
                ended.append(answer)
            except BaseException as error:
                ended.append(error)

        worker = threading.Thread(target=whole, daemon=True)
        worker.start()
        worker.join(self.seconds)
        if not ended:
            raise requests.ReadTimeout(f"no whole answer in {self.seconds:.0f} s", request=request)
        if isinstance(ended[0], BaseException):
            raise ended[0]
        return ended[0]


def connect(
    token: str,
    endpoint: str,
    poll_seconds: float = 1.0,
    pause: Callable[[float], None] = time.sleep,
    proxy: str | None = None,
) -> Client:
    """A client that reads patiently and never sends a change twice on its own. Raises Misused for an unsafe endpoint."""
    _check_endpoint(endpoint)
    if proxy is not None and not _host_of(proxy, ("http", "https")):
        raise Misused(f"--proxy is not the address of a proxy: {proxy!r}; it must begin with http:// or https://")
    api = Client(
        token,
        api_endpoint=endpoint,
        application_name="plumbline",
        poll_interval=poll_seconds,
        poll_max_retries=ACTION_POLLS,
        timeout=CALL_SECONDS,
    )
    base: Any = api._client
    base._retry_max_retries = 0
    base._session.trust_env = False
    base._session.proxies = {"http": proxy, "https": proxy} if proxy else {}
    for scheme in ("https://", "http://"):
        base._session.mount(scheme, Bounded())
    base.request = _patient(base.request, pause)
    return api


def _check_endpoint(endpoint: str) -> None:
    """Refuse to send the token in clear."""
    if _host_of(endpoint, ("https",)):
        return
    if not (host := _host_of(endpoint, ("http",))):
        raise Misused(f"HCLOUD_ENDPOINT is not the address of an API:  {endpoint!r}; it must begin with https://")
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise Misused(f"HCLOUD_ENDPOINT {endpoint} would carry the token in clear: use https")


def _host_of(address: str, schemes: tuple[str, ...]) -> str:
    """The host of an address with one of the schemes; empty where it is none."""
    try:
        url = urlsplit(address)
        return (url.hostname or "") if url.scheme in schemes and url.port != 0 else ""
    except ValueError:
        return ""


def _patient(request: Callable[..., dict[str, Any]], pause: Callable[[float], None]) -> Callable[..., dict[str, Any]]:
    """A client's request: reading is tried again, a used-up rate limit is waited for, pages have an end."""

    def patient(method: str, url: str, **options: Any) -> dict[str, Any]:
        reads, rates = list(READ_WAITS if method == "GET" else ()), list(RATE_WAITS)
        while True:
            try:
                answer = request(method, url, **options)
                if not isinstance(answer, dict):
                    raise Failed(f"the answer to {method} {url} is not one of the API")
                _check_page(url, options.get("params") or {}, answer)
                return answer
            except API_ERRORS as error:
                code = code_of(error)
                waits = rates if code == RATE else reads
                if code in FINAL or not waits or (isinstance(error, APIException) and code == "not_found"):
                    raise
                pause(waits.pop(0))

    return patient


def _check_page(url: str, asked: dict[str, Any], answer: dict[str, Any]) -> None:
    """Pages count up and end."""
    pages = (answer.get("meta") or {}).get("pagination") or {}
    page, following = int(asked.get("page") or 1), pages.get("next_page")
    if following and (following <= page or following > MOST_PAGES):
        raise Failed(f"the list {url} does not end: page {page} is followed by page {following}")


def code_of(error: Exception) -> str:
    """The API's code of an error, or the kind of the failure."""
    if isinstance(error, APIException):
        return str(error.code)
    if isinstance(error, ActionException):
        return str(_error_of(error).get("code", "action_failed"))
    return type(error).__name__


def describe_error(error: Exception) -> str:
    """An error in one line: the cause as the API put it, and what to do."""
    if isinstance(error, APIException):
        code = str(error.code)
        if code.isdecimal():
            return f"HTTP {code} {error.message}: not an answer of the API; is there a proxy or a portal in between?"
        return f"{error.message} ({code})" + (f": {ADVICE[code]}" if code in ADVICE else "")
    if isinstance(error, ActionException):
        cause = _error_of(error)
        code = cause.get("code", "action_failed")
        return f"{error.action.command}: {cause.get('message', 'did not end')} ({code})"
    return f"no answer from {_host(error)}: {_cause(error)}"


def _error_of(error: ActionException) -> dict[str, Any]:
    return dict(error.action.error or {})


def _host(error: Exception) -> str:
    url = str(getattr(getattr(error, "request", None), "url", "") or "")
    return urlsplit(url).netloc or "the API"


CAUSES = (
    ("ProxyError", "the proxy does not let it through; see --proxy"),
    ("SSLError", "TLS: the certificate is not accepted"),
    ("NameResolutionError", "the host name is not known (DNS)"),
    ("getaddrinfo", "the host name is not known (DNS)"),
    ("Connection refused", "the connection was refused"),
    ("unreachable", "the host is unreachable"),
    ("Timeout", "time-out"),
    ("reset", "the connection was cut"),
    ("RemoteDisconnected", "the connection was cut"),
)
"""What stands in an error of the network, and what it means; the first that fits."""


def _cause(error: Exception) -> str:
    text = f"{type(error).__name__} {error!r}"
    return next((meaning for mark, meaning in CAUSES if mark in text), type(error).__name__)


def wait_for(*actions: Any) -> None:
    """Wait until actions have ended well; what is no action is passed over. Raises ActionException."""
    for action in actions:
        for each in action if isinstance(action, list) else [action]:
            # some calls give an action, some True, some the object
            if isinstance(each, BoundAction):
                each.wait_until_finished()


def retry(
    attempt: Callable[[], bool],
    sleep: Callable[[float], None] = time.sleep,
    waits: Iterable[float] = WAITS,
    about: str = "",
) -> None:
    """Try until `attempt` says that there is nothing left to do. Raises Failed, or what is final; `about` names the object."""
    lead = f"{about}: " if about else ""
    reason = "it did not settle"
    for seconds in (*waits, None):
        try:
            if attempt():
                return
        except API_ERRORS as error:
            if code_of(error) in FINAL:
                raise Failed(lead + describe_error(error)) from None
            reason = describe_error(error)
        if seconds is not None:
            sleep(seconds)
    raise Failed(lead + reason)
