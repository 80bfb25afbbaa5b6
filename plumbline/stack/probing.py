"""Runs the probe: one privileged container that looks into all others from the engine's host."""

import hashlib
import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from plumbline.spec.finding import EnvironmentMissing
from plumbline.stack.engine import PROJECT, Engine

PROGRAM = "python3 /"
"""How the command of a probe begins."""

OUTSIDE_RESOLVER = "198.51.100.2"
"""Where the probe's outside answers names, from a range that is kept for documentation (RFC 5737)."""
_NO_FOLDER = re.compile(r"bind source path does not exist: (.+?)\.?$", re.MULTILINE)
"""What an engine says of a mount that has to be there."""
_BUILD_SECONDS, _RUN_SECONDS = 300, 120
_TRIES, _NOT_BEGUN = 3, 125
"""Exit code of `docker run` where no program of the container ran (its documentation)."""


class FolderMissing(EnvironmentMissing):
    """The engine's host has no such folder."""

    def __init__(self, folder: str):
        super().__init__(
            f"the engine's host has no {folder}", "check whether the engine runs on another host than the files"
        )
        self.folder = folder


@dataclass(frozen=True)
class Question:
    """What to ask from within a container's network."""

    pid: int
    container: str = ""
    """The container's id."""
    addresses: Mapping[str, float] = field(default_factory=dict)
    """`address:port` to connect to, and the seconds for it."""
    names: tuple[str, ...] = ()
    """Names to look up by the container's resolver."""
    files: tuple[str, ...] = ()
    """Paths in the container whose content, owner and mode are asked for."""


@dataclass(frozen=True)
class ProbeAnswer:
    """What was seen of a container."""

    kernel: Mapping[str, Any]
    """`status`, `mounts`, `environment`, `cgroup`, `listening`, `texts` of its first process, its `processes`, `links`, `settings` of its
    network that are not as in a new one, and `files`."""
    reached: Mapping[str, str] = field(default_factory=dict)
    """`open`, or why not, by address."""
    names: Mapping[str, str | None] = field(default_factory=dict)
    """Address by name, None where it does not resolve."""
    outside: str | None = None
    """What a connection to the outside gave."""
    leaks_names: bool = False
    """Whether a name that it asked its own resolver for was asked for outside."""
    leaks_datagrams: bool = False
    """Whether a datagram that it sent arrived outside, answered or not."""


@dataclass(frozen=True)
class Answers:
    """What was seen of all containers that were still there, and from their host."""

    places: Mapping[str, ProbeAnswer]
    host: Mapping[str, str]
    """`open`, or why not, by address, tried from the engine's host itself."""
    files: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    """`sha256`, `size`, `owner` and `mode` of the host's own files, None where there is none."""
    own: Mapping[str, Any] = field(default_factory=dict)
    """What the kernel says of the probe's own process: what the engine gives a container that asks for nothing."""
    bridges: Mapping[str, Any] = field(default_factory=dict)
    """`ports` and `addresses` of each bridge of the engine's host, by its name."""


def probe(
    engine: Engine,
    project: str,
    questions: Mapping[str, Question],
    host: Sequence[str],
    *,
    outside: bool,
    files: Sequence[str] = (),
    folders: Mapping[str, str] = MappingProxyType({}),
    patience: float = 0.0,
) -> Answers:
    """Ask all containers at once. `folders` of the host are seen where they say, so that `files` may be in them. A process that looks
    like a foreign one is watched for the seconds of `patience`, for a health check looks so too.

    Raises FolderMissing where one of them is not there, EnvironmentMissing where the engine lets no such container run.
    """
    asked = {
        key: {
            "id": each.container,
            "pid": each.pid,
            "ask": dict(each.addresses),
            "names": each.names,
            "files": each.files,
        }
        for key, each in questions.items()
    }
    question = {"containers": asked, "host": list(host), "files": list(files), "outside": outside, "patience": patience}
    volumes = [f'type=bind,"source={source}","target={target}",readonly' for source, target in folders.items()]
    found = run_inside(engine, project, "probe.py", question, _RUN_SECONDS + patience, *volumes)
    leaked = found["leaked"]
    places = {
        key: ProbeAnswer(
            each,
            each["reached"],
            each["names"],
            each.get("outside"),
            key in leaked["names"],
            key in leaked["datagrams"],
        )
        for key, each in found["containers"].items()
        if each
    }
    return Answers(places, found["host"], found["files"], found["own"], found["bridges"])


def run_inside(
    engine: Engine, project: str, program: str, question: Mapping[str, Any], seconds: float, *volumes: str
) -> Any:
    """What a program of the probe answers. Raises EnvironmentMissing where the engine lets no such container run."""
    for _ in range(_TRIES):
        done = probe_container(
            engine, project, f"{PROGRAM}{program}".split(), json.dumps(question).encode(), seconds, *volumes
        )
        # the runtime lost the container before it began, as on a host without a processor to spare
        if done.returncode != _NOT_BEGUN or b"init-p" not in done.stderr:
            break
    if done.returncode:
        if gone := _NO_FOLDER.search(done.stderr.decode(errors="replace")):
            raise FolderMissing(gone[1])
        raise EnvironmentMissing(
            f"the probe cannot look into the containers: {done.stderr.decode(errors='replace').strip()[-400:]}",
            "the engine has to allow a privileged container in its host's namespaces",
        )
    return json.loads(done.stdout)


def probe_container(
    engine: Engine, project: str, command: Sequence[str], data: bytes, seconds: float, *volumes: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in the probe's image, privileged and in the host's namespaces; `volumes` are of its host,
    `/from:/to:ro`, or `type=bind,source=/from,target=/to` for what has to be there."""
    call = ["docker", "run", "--rm", "--interactive", "--privileged", "--pid=host", "--network=host", "--cgroupns=host"]
    call += [f"--mount={volume}" if "=" in volume else f"--volume={volume}" for volume in volumes]
    call += [f"--label={PROJECT}={project}", image_of_probe(engine), *command]
    return subprocess.run(
        call,
        env=engine.connection.environment,
        input=data,
        capture_output=True,
        timeout=seconds,
        check=False,
        start_new_session=True,
    )


def image_of_probe(engine: Engine) -> str:
    """The reference of the probe's image, which is built where this very one does not exist. Raises EnvironmentMissing."""
    with as_file(files("plumbline.stack") / "probe") as context:
        digest = hashlib.sha256()
        for file in sorted(path for path in Path(context).iterdir() if path.is_file()):
            digest.update(file.read_bytes())
        reference = f"plumbline-probe:{digest.hexdigest()[:12]}"
        if engine.image(reference) is None:
            done = engine.run(["build", "--quiet", f"--tag={reference}", str(context)], _BUILD_SECONDS)
            if done.returncode:
                raise EnvironmentMissing(
                    f"the probe cannot be built: {done.stderr.strip()[-400:]}",
                    "a build needs debian:bookworm-slim and Debian's packages",
                )
    return reference
