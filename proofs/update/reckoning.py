"""What clients saw, reckoned from the record of their requests. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter


@dataclass(frozen=True, slots=True)
class AskedRequest:
    """One that a client made; times in seconds of one clock."""

    client: str
    kind: str
    began: float
    ended: float
    right: bool
    """Whether the answer was the one that the client wanted."""
    resent: bool = False
    """Its connection had ended before it was used again, so that it was sent once more on another."""
    renewed: bool = False
    """Its token was no longer taken, so that it was sent once more with a new one."""
    seen: str = ""
    document: str = ""
    """Which one was sent, where one was."""


@dataclass(frozen=True, slots=True)
class ClientsSaw:
    """What one kind of clients, or all of them, saw."""

    asked: int = 0
    failed: int = 0
    resent: int = 0
    renewed: int = 0
    longest_s: float = 0.0
    """Of the requests that were answered as wanted."""
    silent_s: float = 0.0
    """From the beginning of the first request that failed in a row to the next right answer of that client, the longest."""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A load, as it was seen."""

    kinds: dict[str, ClientsSaw] = field(default_factory=dict)
    total: ClientsSaw = field(default_factory=ClientsSaw)
    failures: tuple[str, ...] = ()
    """What was seen instead of an answer, with its number, the most frequent first."""
    sent: frozenset[str] = frozenset()
    """Documents that were taken, by what the clients were told."""
    repeated: frozenset[str] = frozenset()
    """Those among them that were sent more than once."""


def read_record(text: str) -> list[AskedRequest]:
    """The requests of a record; a last line that was cut off is none."""
    lines = text.split("\n")[:-1]
    return [AskedRequest(**json.loads(line)) for line in lines if line]


def reckon(requests: Iterable[AskedRequest]) -> Reckoning:
    """All of it."""
    found = sorted(requests, key=attrgetter("began"))
    kinds = {kind: _seen([each for each in found if each.kind == kind]) for kind in sorted({r.kind for r in found})}
    said: dict[str, int] = {}
    for each in found:
        if not each.right:
            words = f"{each.kind}: {each.seen}"
            said[words] = said.get(words, 0) + 1
    carried = [each.document for each in found if each.document]
    return Reckoning(
        kinds,
        _seen(found),
        tuple(f"{count} × {words}" for words, count in sorted(said.items(), key=lambda each: (-each[1], each[0]))),
        frozenset(each.document for each in found if each.document and each.right),
        frozenset(each for each in carried if carried.count(each) > 1),
    )


def _seen(found: list[AskedRequest]) -> ClientsSaw:
    return ClientsSaw(
        len(found),
        sum(not each.right for each in found),
        sum(each.resent for each in found),
        sum(each.renewed for each in found),
        max((each.ended - each.began for each in found if each.right), default=0.0),
        max((_silence(list(of_one)) for of_one in _by_client(found)), default=0.0),
    )


def _by_client(found: list[AskedRequest]) -> Iterable[Iterable[AskedRequest]]:
    for _, of_one in groupby(sorted(found, key=attrgetter("client", "began")), key=attrgetter("client")):
        yield of_one


def _silence(of_one: list[AskedRequest]) -> float:
    """The longest; one that did not end counts to the end of the record."""
    longest, since = 0.0, None
    for each in of_one:
        if not each.right:
            since = each.began if since is None else since
            longest = max(longest, each.ended - since)
        elif since is not None:
            longest, since = max(longest, each.ended - since), None
    return longest
