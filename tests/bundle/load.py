"""Clients without pause, until a file is there: `load.py PORT END`. Prints JSON: `asked` by kind, and `failed`, each with what was seen."""

import http.client
import json
import sys
import threading
import time
from pathlib import Path

PORT, END = int(sys.argv[1]), Path(sys.argv[2])
ASKED = {"new": 0, "kept": 0, "slow": 0, "behind": 0}
FAILED: list[str] = []


def ask(kind: str, path: str, kept: bool) -> None:
    """One client."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=20)
    while not END.exists():
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                FAILED.append(f"{kind}: {answer.status} {answer.reason}")
        except (OSError, http.client.HTTPException) as error:
            FAILED.append(f"{kind}: {error!r}")
            connection.close()
            time.sleep(0.05)
        ASKED[kind] += 1
        if not kept:
            connection.close()
        time.sleep(0.01)


if __name__ == "__main__":
    clients = [
        threading.Thread(target=ask, args=each)
        for each in (
            ("new", "/", False),
            ("new", "/", False),
            ("kept", "/", True),
            ("kept", "/", True),
            ("slow", "/slow", False),
            ("behind", "/behind", False),
        )
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    print(json.dumps({"asked": ASKED, "failed": FAILED}))
