#!/usr/bin/env python3
"""Asks from within containers' networks and file systems, from the host's process namespace. JSON on stdin, JSON on stdout.

In:  {key: {"pid": 1, "tcp": "10.0.0.2:80"}}                     `open` or `closed`
     {key: {"pid": 1, "url": "http://10.0.0.2/x", "host": "a"}}  the status, or `no answer`
     {key: {"pid": 1, "metric": "http://127.0.0.1:9090", "query": "up"}}    the first value, or `no series`
     {key: {"pid": 1, "file": "/run/x"}}                         `present`, `empty` or `absent`
     {key: {"pid": 1, "variable": "NAME"}}                       its value, or `not set`
     {key: {"flow": "http://10.0.0.2", "secrets_of": 1, …}}      what the steps come to: see flow.py
     {key: {"writers": […], …}}                                  whose lines are found: see logged.py
     Without a pid it is asked from the host.
Out: {key: answer}
"""

import json
import socket
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from flow import walk  # type: ignore[import-not-found]
from logged import looked_for  # type: ignore[import-not-found]
from probe import enter_network, in_child  # type: ignore[import-not-found]

SECONDS = 5


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirection is an answer, and not followed."""

    def redirect_request(self, *_: object) -> None:
        return None


def connects(address: str) -> str:
    """Whether a connection can be made."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), SECONDS).close()
    except OSError:
        return "closed"
    return "open"


def fetched(url: str, host: str | None = None) -> tuple[str, bytes]:
    """Status and body of a request."""
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=unchecked), NoRedirect
    )
    try:
        with opener.open(
            urllib.request.Request(url, headers={"Host": host} if host else {}), timeout=SECONDS
        ) as response:
            return str(response.status), response.read()
    except urllib.error.HTTPError as error:
        return str(error.code), b""
    except (OSError, ValueError):
        return "no answer", b""


def value_of(server: str, query: str) -> str:
    """The value of the first series that Prometheus gives for a query."""
    status, body = fetched(f"{server}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
    if status != "200":
        return status
    series = json.loads(body)["data"]["result"]
    return str(series[0]["value"][1]) if series else "no series"


def file_at(pid: int, path: str) -> str:
    """Whether there is something at a path of a container."""
    place = Path(f"/proc/{pid}/root") / path.lstrip("/")
    if place.is_dir():
        return "present" if any(place.iterdir()) else "empty"
    if not place.exists():
        return "absent"
    return "present" if place.stat().st_size else "empty"


def variable_of(pid: int, name: str) -> str:
    """A variable of a container's main process."""
    entries = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    return dict(entry.partition("=")[::2] for entry in entries).get(name, "not set")


def answer(question: dict[str, Any]) -> str:
    """The answer to one question, asked where it says."""
    if "file" in question:
        return file_at(question["pid"], question["file"])
    if "variable" in question:
        return variable_of(question["pid"], question["variable"])
    if "flow" in question:
        folder = Path(f"/proc/{question['secrets_of']}/root/run/secrets")
        question["secrets"] = {name: (folder / name).read_text().strip() for name in question["secrets"]}
    if "pid" in question:
        enter_network(question["pid"])
    if "flow" in question:
        return str(walk(question))
    if "writers" in question:
        return str(looked_for(question))
    if "tcp" in question:
        return connects(question["tcp"])
    if "metric" in question:
        return value_of(question["metric"], question["query"])
    return fetched(question["url"], question.get("host"))[0]


def main() -> None:
    """Ask everything at once, and write the answers."""
    questions = json.load(sys.stdin)
    waiting = {key: in_child(lambda each=each: answer(each)) for key, each in questions.items()}
    with ThreadPoolExecutor(len(waiting) or 1) as pool:
        answers = dict(zip(waiting, pool.map(lambda wait: wait(), waiting.values()), strict=True))
    json.dump({key: "no answer" if each is None else each for key, each in answers.items()}, sys.stdout)


if __name__ == "__main__":
    main()
