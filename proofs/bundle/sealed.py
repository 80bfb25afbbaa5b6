"""After an installation: what runs is what the spec says, nothing of it tries to leave, and it comes back with its host."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from plumbline.stack.engine import find_engine
from plumbline.stack.probing import image_of_probe
from tests.bundle.host import SealedHost, scripts_of, sealed_host
from tests.bundle.releases import ROOT, Publisher
from tests.lab.leaving import Leaving, leaving
from tests.lab.second_engine import copy_images

_PROJECT = "docpipe-offline"
_IMAGE = "docpipe/api:v1.0"
"""One of the release, which has Python."""
_OUTSIDE = "192.0.2.1"
_PROBE = f"import socket; socket.create_connection(('{_OUTSIDE}', 443), 2)"
_BACK_SECONDS = 180
Outcome = tuple[str, list[str]]


def sealed(maker: Publisher, store: str) -> Iterator[Outcome]:
    """Install, look, try to get out, compare with the spec, restart the host."""
    bundle = maker.release()
    with sealed_host(store == "containerd") as host:
        scripts = scripts_of(bundle, host.folder / "medium")
        with leaving(host.engine) as outside:
            found = host.script(scripts / "install.sh", *maker.trust, bundle)
            yield "installed from its medium alone", [] if found.returncode == 0 else [found.stdout + found.stderr]
            yield "every image is the one of the manifest", wrong_images(host, store)
            yield "status.sh finds all well", status(host)
            yield (
                "no service, and no installation, sent a packet out",
                [f"{n} × {to}" for to, n in outside.packets().items()],
            )
            yield _probed(host, outside, "the host", ["python3", "-c", _PROBE])
            stranger = ["docker", "run", "--rm", "--entrypoint", "python3", _IMAGE, "-c", _PROBE]
            yield _probed(host, outside, "a container of no project", stranger)
        yield "plumb verify stack --attach finds no difference", compared(host)
        host.engine.stop()
        host.engine.start()
        with leaving(host.engine) as outside:
            yield "all services come back with their host", _back(host)
            yield "nothing left it when it started", [f"{n} × {to}" for to, n in outside.packets().items()]


def wrong_images(host: SealedHost, store: str) -> list[str]:
    """Images that are not those of the manifest, by the digest that the store keeps: of configuration or manifest."""
    manifest = json.loads((host.home / "MANIFEST.json").read_text())
    kept = "manifest" if store == "containerd" else "config"
    ask = ["docker", "image", "inspect", "--format", "{{.Id}}"]
    ids = {image["name"]: host.run(*ask, image["name"]).stdout.strip() for image in manifest["images"]}
    return [f"{each['name']} is {ids[each['name']]}" for each in manifest["images"] if ids[each["name"]] != each[kept]]


def status(host: SealedHost) -> list[str]:
    """What is not well by its own script."""
    done = host.script(host.installed("status"))
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


def _probed(host: SealedHost, outside: Leaving, whose: str, call: list[str]) -> Outcome:
    """The seal itself: who tries to leave fails, and is seen."""
    before = outside.packets()
    done = host.run(*call)
    seen = outside.packets() - before
    told = ", ".join(f"{count} × {to}" for to, count in seen.items())
    found = [f"it got out: {done.stdout}"] if done.returncode == 0 else []
    found += [] if set(seen) == {f"tcp {_OUTSIDE}:443"} else ["its packets were not seen, or others were"]
    return f"{whose} tries to leave, fails, and is seen: {told}", found


def compared(host: SealedHost) -> list[str]:
    """What the project's own command, of which nothing was there before, finds different from the spec."""
    engine = find_engine()
    probe = image_of_probe(engine)
    copy_images([probe], engine.connection.host, host.engine.host)
    with tempfile.TemporaryDirectory() as reports:
        call = [sys.executable, "-m", "plumbline", "verify", "stack", "--mode", "offline", "--attach", _PROJECT]
        done = subprocess.run(
            [*host.engine.inside, *call, "--report", reports],
            cwd=ROOT,
            env={**os.environ, "DOCKER_HOST": host.engine.host},
            capture_output=True,
            text=True,
            check=False,
        )
    host.run("docker", "image", "rm", probe)
    return [] if done.returncode == 0 and " 0 differ, 0 not deployed" in done.stdout else [done.stdout + done.stderr]


def _back(host: SealedHost) -> list[str]:
    """What is still not well some time after a start of the host."""
    end = time.monotonic() + _BACK_SECONDS
    while (found := status(host)) and time.monotonic() < end:
        time.sleep(2)
    return found
