"""A container that stands for a cloud server: Debian with what the tests of first boot need."""

import io
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CONTEXT = Path(__file__).parent / "node"
_BUILD_SECONDS = 900


def build(environment: dict[str, str], base: str, packages: list[str]) -> str:
    """The id of an image with these packages."""
    arguments = ["--build-arg", f"BASE={base}", "--build-arg", f"PACKAGES={' '.join(packages)}"]
    done = subprocess.run(
        ["docker", "build", "--quiet", *arguments, str(CONTEXT)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_BUILD_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


class BootNode:
    """A container, by its name."""

    def __init__(self, environment: dict[str, str], name: str):
        self.environment = environment
        self.name = name

    def docker(
        self, *arguments: str, stdin: bytes | None = None, timeout: int = 120
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["docker", *arguments],
            env=self.environment,
            input=stdin,
            capture_output=True,
            timeout=timeout,
            check=False,
        )

    def run(self, *command: str, stdin: bytes | None = None, timeout: int = 120) -> tuple[int, str]:
        """Exit code and all output of a command in it."""
        done = self.docker("exec", "--interactive", self.name, *command, stdin=stdin, timeout=timeout)
        return done.returncode, (done.stdout + done.stderr).decode(errors="replace")

    def shell(self, script: str, timeout: int = 120) -> str:
        """Output of a script that must end with 0."""
        code, text = self.run("sh", "-euc", script, timeout=timeout)
        assert code == 0, f"{script}\n{text}"
        return text.strip()

    def put(self, files: dict[str, tuple[str | bytes, int]]) -> None:
        """Write files by path: content and mode; they belong to root."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for path, (content, mode) in files.items():
                data = content.encode() if isinstance(content, str) else content
                entry = tarfile.TarInfo(path.lstrip("/"))
                entry.size, entry.mode = len(data), mode
                tar.addfile(entry, io.BytesIO(data))
        done = self.docker("cp", "-", f"{self.name}:/", stdin=archive.getvalue())
        assert done.returncode == 0, done.stderr


@contextmanager
def node(environment: dict[str, str], image: str, *options: str, command: tuple[str, ...] = ()) -> Iterator[BootNode]:
    """A privileged container that is made and not yet started; it goes with the block, its loop devices too."""
    made = BootNode(environment, f"plumbline-node-{uuid.uuid4().hex[:8]}")
    call = ["create", "--privileged", "--cgroupns", "private", "--name", made.name, *options, image, *command]
    try:
        done = made.docker(*call)
        assert done.returncode == 0, done.stderr
        yield made
    finally:
        # a loop device outlives the container that made it
        made.run(
            "sh",
            "-c",
            "for device in $(losetup --list --noheadings --output NAME,BACK-FILE | awk '$2 ~ \"^/plumbline-volume\" {print $1}'); do umount -l $device; losetup -d $device; done",
        )
        made.docker("rm", "--force", "--volumes", made.name)
