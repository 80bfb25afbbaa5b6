"""Clients without pause, until a file is there: `load.py END ADDRESS:PORT[/KIND,…]…`. Prints JSON: `asked`, by address and kind, and `failed`, each with what was seen."""

import http.client
import json
import sys
import threading
import time
from collections import Counter
from pathlib import Path

END = Path(sys.argv[1])
PATHS = {"new": "/", "kept": "/", "slow": "/slow", "behind": "/behind"}
ASKED: Counter[str] = Counter()
FAILED: list[str] = []


def ask(place: str, kind: str) -> None:
    """One client."""
    connection = http.client.HTTPConnection(place, timeout=20)
    while not END.exists():
        try:
            connection.request("GET", PATHS[kind])
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                FAILED.append(f"{place} {kind}: {answer.status} {answer.reason}")
        except (OSError, http.client.HTTPException) as error:
            FAILED.append(f"{place} {kind}: {error!r}")
            connection.close()
            time.sleep(0.05)
        ASKED[f"{place} {kind}"] += 1
        if kind != "kept":
            connection.close()
        time.sleep(0.01)


if __name__ == "__main__":
    clients = [
        threading.Thread(target=ask, args=(place, kind))
        for place, kinds in (each.split("/") for each in sys.argv[2:])
        for kind in kinds.split(",")
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    print(json.dumps({"asked": ASKED, "failed": FAILED}))
