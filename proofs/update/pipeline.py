"""The reference pipeline under load: what came through, by its receipts and its audit."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass

from tests.bundle.host import SealedHost

_THROUGH_S = 240
"""Longer than a task whose worker died takes to come back, and than what waits behind it."""
_ROWS = """
SELECT json_build_object(
  'receipts', (SELECT json_object_agg(id, name) FROM intake_receipts),
  'events', (SELECT json_object_agg(subject, actions) FROM (
      SELECT subject, json_agg(action) AS actions FROM audit_events WHERE actor <> 'kept' GROUP BY subject) AS each))
"""
LAST = ("INDEXED", "QUARANTINED")
"""An event of these ends the way of a document."""


@dataclass(frozen=True, slots=True)
class PipelineSeen:
    """What the stores hold."""

    receipts: dict[str, str]
    """Name of each document by its id."""
    events: dict[str, list[str]]
    """Actions of the audit, by document."""


def lost(seen: PipelineSeen, sent: Iterable[str]) -> list[str]:
    """Documents that clients were told are taken, without a receipt or an end. Pure."""
    return sorted(each for each in sent if each not in seen.receipts or not set(LAST) & set(seen.events.get(each, ())))


def twice(seen: PipelineSeen) -> list[str]:
    """Documents with two receipts, or the same event twice. Pure."""
    names = list(seen.receipts.values())
    found = {each for each, name in seen.receipts.items() if names.count(name) > 1}
    return sorted(found | {each for each, actions in seen.events.items() if len(set(actions)) < len(actions)})


def look(host: SealedHost) -> PipelineSeen:
    """What the stores hold now."""
    found = json.loads(host.sql(" ".join(_ROWS.split())))
    return PipelineSeen(found["receipts"] or {}, found["events"] or {})


def when_through(host: SealedHost, sent: Iterable[str]) -> PipelineSeen:
    """The same, once all that was sent came through, or enough time has passed."""
    end = time.monotonic() + _THROUGH_S
    while lost(seen := look(host), sent) and time.monotonic() < end:
        time.sleep(2)
    return seen
