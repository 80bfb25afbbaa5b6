"""An answer whose bytes drip is given up, however often one comes: the time-out of a socket never ends it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests

from plumbline.provisioning.calls import Bounded, connect
from plumbline.provisioning.fleet import Fleet

TOKEN = "t" * 64


@pytest.fixture
def dripping() -> Iterator[str]:
    """The address of a server that sends a byte of its answer ten times a second, for ever."""

    def answer(there: socket.socket) -> None:
        with suppress(OSError), there:
            there.recv(65536)
            there.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
            while True:
                there.sendall(b" ")
                time.sleep(0.1)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


CLIENTS: dict[str, Callable[[str], Any]] = {
    "of the script": lambda endpoint: connect(TOKEN, endpoint, pause=lambda _: None),
    "of plumb provision": lambda endpoint: Fleet(TOKEN, endpoint).client(),
}


@pytest.mark.parametrize("whose", CLIENTS)
def test_a_client_gives_up(whose: str, dripping: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bounded, "seconds", 0.3)
    monkeypatch.setattr("plumbline.provisioning.calls.READ_WAITS", ())
    begun = time.monotonic()
    with pytest.raises(requests.ReadTimeout, match=r"no whole answer in 0 s"):
        CLIENTS[whose](dripping).servers.get_all()
    assert time.monotonic() - begun < 20
