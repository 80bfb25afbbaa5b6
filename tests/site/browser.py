"""Headless Chromium, spoken to through two pipes in its own protocol: what a reader's browser makes of a page."""

import fcntl
import json
import os
import subprocess
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = "chromium"
_END = b"\0"
_HANG_MS = 60_000


class Browser:
    """A browser with one page."""

    def __init__(self, program: "subprocess.Popen[bytes]", to: int, back: int):
        self._program, self._to, self._back = program, to, back
        self._number, self._rest = 0, b""
        self._answers: deque[dict[str, Any]] = deque()
        self.events: list[dict[str, Any]] = []
        """What came unasked since the last page was opened: requests, messages of the console, errors."""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def open(self, address: str, width: int = 1280, height: int = 900) -> None:
        """Open a page in a window of that size, and wait until it has loaded."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        self.events.clear()
        self.call("Page.navigate", url=address)
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._take()

    def run(self, script: str) -> Any:
        """What a script in the page comes to; it may be a promise."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until a script in the page comes to true; a page that never does fails."""
        self.run(
            f"new Promise((done, fail) => {{ setTimeout(() => fail(Error('it did not come')), {_HANG_MS});"
            f" const look = () => ({script}) ? done() : setTimeout(look, 20); look() }})"
        )

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A call of the protocol, for the page."""
        return self._call(method, self._session, **parameters)

    def requests(self) -> list[str]:
        """The addresses that the page has asked for."""
        sent = (each["params"] for each in self.events if each["method"] == "Network.requestWillBeSent")
        return [each["request"]["url"] for each in sent]

    def complaints(self) -> list[str]:
        """Errors that the page has caused: exceptions, and what the console shows in red."""
        found = []
        for each in self.events:
            said = each["params"]
            if each["method"] == "Runtime.exceptionThrown":
                found.append(str(said["exceptionDetails"]))
            if each["method"] == "Log.entryAdded" and said["entry"]["level"] == "error":
                found.append(str(said["entry"]))
        return found

    def _call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + _END)
        while not self._answers:
            self._take()
        answer = self._answers.popleft()
        assert answer["id"] == self._number
        assert "error" not in answer, (method, answer["error"])
        return dict(answer["result"])

    def _take(self) -> None:
        """One more message: an answer, or an event."""
        while _END not in self._rest:
            came = os.read(self._back, 1 << 16)
            assert came, f"the browser has ended: {self._program.poll()}"
            self._rest += came
        message, _, self._rest = self._rest.partition(_END)
        said = json.loads(message)
        (self._answers if "id" in said else self.events).append(said)


def _high(descriptor: int) -> int:
    """The same one, out of the way of those that the browser is given."""
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD, 10)
    os.close(descriptor)
    return high


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser whose profile is in a folder."""
    read_there, to = map(_high, os.pipe())
    back, write_there = map(_high, os.pipe())
    call = [PROGRAM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe"]
    call += [f"--user-data-dir={folder}", "--no-first-run", "--disable-background-networking"]
    # the protocol is spoken at descriptors 3 and 4
    shell = f'exec "$@" 3<&{read_there} 4>&{write_there}'
    with subprocess.Popen(
        ["bash", "-c", shell, "bash", *call],
        pass_fds=(read_there, write_there),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as program:
        os.close(read_there)
        os.close(write_there)
        try:
            yield Browser(program, to, back)
        finally:
            program.terminate()
            os.close(to)
            os.close(back)
