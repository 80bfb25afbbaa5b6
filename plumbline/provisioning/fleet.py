"""Many tenants at once: bounded concurrency, one rate limiter, one result a tenant."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from hcloud import Client

from plumbline.provisioning.calls import API_ERRORS, Failed, Lacking, Misused, Refused, connect, describe_error
from plumbline.provisioning.throttle import Bucket, Throttle

AT_ONCE = 8
Result = TypeVar("Result")


@dataclass(frozen=True)
class TenantOutcome(Generic[Result]):
    """How it ended for a tenant."""

    tenant: str
    result: Result | None
    error: str = ""
    """Why it failed or was refused; empty when it did not."""


class Fleet:
    """Clients of one project that share its calls."""

    def __init__(
        self,
        token: str,
        endpoint: str,
        poll_seconds: float = 1.0,
        calls: Bucket | None = None,
        actions: Bucket | None = None,
        proxy: str | None = None,
    ):
        self._token, self._endpoint, self._poll, self._proxy = token, endpoint, poll_seconds, proxy
        self.calls, self.actions = calls or Bucket(), actions or Bucket()

    def client(self) -> Client:
        """A client for one thread."""
        api = connect(self._token, self._endpoint, self._poll, proxy=self._proxy)
        session: Any = api._client._session
        for scheme in ("https://", "http://"):
            session.mount(scheme, Throttle(self.calls, self.actions))
        return api


def for_each(
    tenants: Iterable[str], work: Callable[[str], Result], at_once: int = AT_ONCE
) -> Iterator[TenantOutcome[Result]]:
    """Work on tenants side by side; outcomes as they come. One tenant's failure does not stop the others."""
    with ThreadPoolExecutor(at_once) as pool:
        futures = {pool.submit(work, tenant): tenant for tenant in tenants}
        try:
            for future in as_completed(futures):
                yield _outcome(futures[future], future.result)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _outcome(tenant: str, result: Callable[[], Result]) -> TenantOutcome[Result]:
    try:
        return TenantOutcome(tenant, result())
    except (Refused, Failed, Misused, Lacking) as error:
        return TenantOutcome(tenant, None, f"{type(error).__name__.lower()}: {error}")
    except API_ERRORS as error:
        return TenantOutcome(tenant, None, f"failed: {describe_error(error)}")
    except Exception as error:
        # whatever it is, it is this tenant's alone
        return TenantOutcome(tenant, None, f"failed: a fault of plumb itself, {type(error).__name__}: {error}")
