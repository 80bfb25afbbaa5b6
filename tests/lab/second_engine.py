"""A second engine, on what is like another host: its own images, its own network that leads nowhere, its own temporary files."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.engine import answers, end_by_pid_file

_START_SECONDS = 60
_OWN_FILES = 'mount -t tmpfs tmpfs /tmp && ip link set lo up && exec /usr/sbin/dockerd "$@"'


@contextmanager
def second_engine(containerd: bool = False) -> Iterator[str]:
    """Its socket, as a value of DOCKER_HOST; it ends with the block. Needs root and the lab's packages.

    `containerd`: with the image store that Engine 29 has, in place of the classic one.
    """
    run = Path(tempfile.mkdtemp(prefix="plumb-second-", dir="/var/tmp"))
    host = f"unix://{run}/docker.sock"
    call = ["unshare", "--net", "--mount", "sh", "-c", _OWN_FILES, "dockerd", "--data-root", str(run / "data")]
    call += [
        "--exec-root",
        str(run / "exec"),
        "--host",
        host,
        "--pidfile",
        str(run / "docker.pid"),
        "--log-level",
        "warn",
    ]
    if containerd:
        (run / "daemon.json").write_text('{"features": {"containerd-snapshotter": true}}')
        call += ["--config-file", str(run / "daemon.json")]
    try:
        with (run / "dockerd.log").open("w") as log:
            subprocess.Popen(call, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + _START_SECONDS
        while not answers(host):
            if time.monotonic() > end:
                raise RuntimeError("\n".join((run / "dockerd.log").read_text().splitlines()[-8:]))
            time.sleep(0.2)
        yield host
    finally:
        end_by_pid_file(run / "docker.pid")
        shutil.rmtree(run, ignore_errors=True)


def copy_images(references: list[str], source: str, target: str) -> None:
    """Load images of one engine into another."""
    saving = subprocess.Popen(["docker", "--host", source, "save", *references], stdout=subprocess.PIPE)
    subprocess.run(
        ["docker", "--host", target, "load", "--quiet"], stdin=saving.stdout, capture_output=True, check=True
    )
    assert saving.wait() == 0
