"""Start, end and first healthy check of each container of a run, from the events of the engine."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from docker.errors import DockerException
from requests import RequestException

from plumbline.stack.engine import PROJECT, SERVICE, Engine

STARTED, HEALTHY, ENDED = "start", "health_status: healthy", "die"
_LOOPS = 3
"""Ends from which on a service is in a loop."""


@dataclass
class Events:
    """By project and service: nanoseconds of each kind of event, in the order of their coming."""

    seen: dict[tuple[str, str], dict[str, list[int]]] = field(default_factory=dict)

    def note(self, event: dict[str, Any]) -> None:
        """Keep an event of the engine."""
        about = event["Actor"]["Attributes"]
        key = about.get(PROJECT, ""), about.get(SERVICE, "")
        self.seen.setdefault(key, {}).setdefault(event["Action"], []).append(int(event["timeNano"]))

    def first(self, project: str, service: str, action: str) -> int | None:
        """When something first happened, in nanoseconds since 1970."""
        times = self.seen.get((project, service), {}).get(action)
        return times[0] if times else None

    def ends(self, project: str, services: Iterable[str]) -> dict[str, int]:
        """How often each service has ended so far."""
        return {service: len(self.seen.get((project, service), {}).get(ENDED, ())) for service in services}

    def restart_loops(self, project: str, before: Mapping[str, int]) -> dict[str, int]:
        """Services that have ended again and again since they had ended so often, and how often since."""
        since = {service: count - before[service] for service, count in self.ends(project, before).items()}
        return {service: count for service, count in since.items() if count >= _LOOPS}


@contextmanager
def record_events(engine: Engine) -> Iterator[Events]:
    """The events from now on."""
    events = Events()
    filters = {"type": "container", "event": [STARTED, "health_status", ENDED], "label": PROJECT}
    stream = engine.connection.client(timeout=None).api.events(decode=True, filters=filters)

    def listen() -> None:
        with suppress(DockerException, RequestException, OSError):  # the engine was restarted
            for event in stream:
                events.note(event)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield events
    finally:
        stream.close()
