"""JSON over HTTP, between services."""

import json
import urllib.request
from typing import Any

SECONDS = 5


def ask(url: str, method: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
    """JSON for JSON, by no proxy. Raises urllib.error.HTTPError, OSError."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=SECONDS) as response:
        text = response.read()
    return json.loads(text) if text.strip() else None
