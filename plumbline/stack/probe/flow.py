"""Requests one after another, each with what the answers before it gave; in the probe's image, with the standard library alone."""

import hashlib
import http.client
import json
import re
import secrets
import ssl
import string
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

SECONDS = 30
"""For one answer."""


class Stopped(Exception):
    """The flow can't go on; the message is its answer."""


NAMED = re.compile(r"\$\{([a-z][a-z0-9_.]*)\}")


def walk(question: dict[str, Any]) -> str:
    """The answer of a flow: {"flow": server, "secrets": {name: value}, "texts", "steps", "answer", "host"}.

    `once` is a word of its own for each walk, so that no walk takes what an earlier one left for its own; the answer shows its name.
    """
    once = "".join(secrets.choice(string.ascii_lowercase) for _ in range(16))
    known = {**question["secrets"], "once": once}
    try:
        for name, text in question["texts"].items():
            known |= _described(name, _filled(text, known, f"text {name}"))
        for number, step in enumerate(question["steps"], start=1):
            known = _made(question, step, known, f"step {number}, {step['request']}")
        answer = _filled(question["answer"], known, "the answer")
    except Stopped as stopped:
        answer = str(stopped)
    return answer.replace(once, "${once}")


def _described(name: str, text: str) -> dict[str, str]:
    """A text with its length in bytes and its checksum."""
    data = text.encode()
    return {name: text, f"{name}.bytes": str(len(data)), f"{name}.sha256": hashlib.sha256(data).hexdigest()}


def _made(question: dict[str, Any], step: dict[str, Any], known: dict[str, str], where: str) -> dict[str, str]:
    """What is known after a step."""
    until = step.get("until")
    end = time.monotonic() + (until["seconds"] if until else 0)
    while True:
        status, body = _asked(question, step, known, where)
        if until is None or (seen := _at(body, until["at"])) in until["among"]:
            break
        if time.monotonic() > end:
            told = f"{where}: {until['at']} is still {seen} after {until['seconds']} s (status {status})"
            raise Stopped(told + _failed_before(known))
        time.sleep(1)
    kept = {**known, "status": status, "body": body}
    for name, pointer in step.get("keep", {}).items():
        value = {"status": status, "body": body}.get(pointer) or _at(body, pointer)
        if value is None:
            raise Stopped(f"{where}: status {status}, without {pointer}: {body[:200]}")
        kept[name] = value
    for name, wanted in step.get("expect", {}).items():
        if kept.get(name) != (value := _filled(wanted, kept, where)):
            raise Stopped(f"{where}: {name} is {kept.get(name)}, not {value}")
    for name, unwanted in step.get("lack", {}).items():
        if (value := _filled(unwanted, kept, where)) in kept.get(name, value):
            raise Stopped(f"{where}: {name} has {value} in it")
    return kept


def _failed_before(known: dict[str, str]) -> str:
    """What the step before said, where that was a failure: it may be why nothing comes."""
    status = known.get("status", "200")
    return "" if status.startswith("2") else f"; the step before was answered {status}: {known['body'][:200]}"


def _asked(question: dict[str, Any], step: dict[str, Any], known: dict[str, str], where: str) -> tuple[str, str]:
    escaped = {name: urllib.parse.quote(value) for name, value in known.items()}
    method, _, path = _filled(step["request"], escaped, where).partition(" ")
    headers = {name: _filled(value, known, where) for name, value in step.get("headers", {}).items()}
    if question.get("host"):
        headers["Host"] = question["host"]
    body = _filled(step["body"], known, where).encode() if step.get("body") is not None else None
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=unchecked)
    )
    try:
        with opener.open(
            urllib.request.Request(question["flow"] + path, body, headers, method=method), timeout=SECONDS
        ) as response:
            return str(response.status), response.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return str(error.code), error.read().decode(errors="replace")
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Stopped(f"{where}: no answer: {error}") from None


def _filled(text: str, known: dict[str, str], where: str) -> str:
    if lost := [name for name in NAMED.findall(text) if name not in known]:
        raise Stopped(f"{where}: nothing gave {lost[0]}")
    return NAMED.sub(lambda match: known[match[1]], text)


def _at(body: str, pointer: str) -> str | None:
    """The value at a JSON pointer (RFC 6901): text as it is, everything else as JSON."""
    try:
        value = json.loads(body)
        for part in pointer[1:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            value = value[int(key)] if isinstance(value, list) else value[key]
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
