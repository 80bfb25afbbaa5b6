"""An installation is struck by a fault; a second run completes it, and nothing is lost or left behind."""

import json
from dataclasses import dataclass
from pathlib import Path

from proofs.bundle.faults import BundleFault, strike
from tests.bundle.host import SealedHost, scripts_of
from tests.bundle.releases import Publisher

_EVENT = "INSERT INTO audit_events (tenant, actor, action, subject) VALUES ('t', 'kept', 'a', 's')"
_COUNT = "SELECT count(*) FROM audit_events"
_EARLY = ("preflight", "verify", "keep", "load")
"""Steps in which the services and files of the installation are not touched."""


@dataclass
class SecondRun:
    """A sealed host, and two releases that it is moved between."""

    host: SealedHost
    publisher: Publisher
    first: Path
    second: Path

    def install(self) -> None:
        """The first release, with something in its database."""
        self.empty()
        done = self.host.script(self._installer(self.first), *self.publisher.trust, self.first)
        assert done.returncode == 0, done.stdout + done.stderr

    def empty(self) -> None:
        """No image, no service, no data, no file, as at first; only what it remembers stays."""
        if self.host.installed("uninstall").exists():
            gone = self.host.script(self.host.installed("uninstall"), "--delete-data", "docpipe")
            assert gone.returncode == 0, gone.stderr

    def problems(self, fault: BundleFault) -> list[str]:
        """What is wrong with the run that is struck, and with the one after it."""
        if not fault.on_update:
            self.empty()
        elif not (self.host.home / "MANIFEST.json").exists():
            self.install()
        if fault.on_update:
            self.host.sql(_EVENT)
        kept = self.host.sql(_COUNT) if fault.on_update else ""
        secrets, before = self.host.secrets(), self._standing()
        # never an older release on an empty host: it would have nothing to remember
        target = self.first if self._release() == "1.1" else self.second
        words = [*self.publisher.trust, "--allow-downgrade", "the proof goes back and forth", target]
        call = self.host.call(self._installer(target), *words)
        struck = strike(self.host, fault, *call)
        found = [] if struck.hit else [f"{fault.step} was not reached: {struck.run.stdout[-500:]}"]
        found += self._after_the_fault(fault, struck.run.returncode, struck.run.stderr, before)
        again = self.host.run(*call)
        if again.returncode:
            return [*found, f"the second run ends with {again.returncode}: {again.stderr[-800:]}"]
        found += [] if kept in ("", self.host.sql(_COUNT)) else ["what was in the database is lost"]
        return found + self._after_all(fault, secrets, target)

    def _after_the_fault(self, fault: BundleFault, code: int, said: str, before: object) -> list[str]:
        found = []
        if fault.kind == "killed":
            if code != -9:
                found.append(f"it was not killed but ended with {code}: {said[-500:]}")
        elif (code not in (3, 4) or "stopped in step " not in said) and (code, fault.kind) != (0, "disk full"):
            # what is left to do may take no room
            found.append(f"it ended with {code} and said: {said[-500:]}")
        if fault.step in _EARLY and fault.kind != "engine stopped" and self._standing() != before:
            found.append(f"{fault.step} has changed services or files")
        return found

    def _after_all(self, fault: BundleFault, secrets: dict[str, bytes], target: Path) -> list[str]:
        host, found = self.host, []
        if not target.name.endswith(f"-{self._release()}.tar.zst"):
            found.append(f"release {self._release()} is installed")
        status = host.script(host.installed("status"))
        if status.returncode:
            found.append(f"status: {status.stdout}")
        if fault.on_update and host.secrets() != secrets:
            found.append("secrets have changed")
        marks = [host.state / each for each in ("changing", "recreate", "whole", "unfinished")]
        left = [*host.home.glob(".incoming*"), *marks, host.home / "secrets" / ".new", host.home / ".before.new"]
        found += [f"{path} was left behind" for path in left if path.exists()]
        found += [f"the lock says {held}"] if (held := (host.state / "lock").read_text()) else []
        oneoff = host.run("docker", "ps", "--all", "--quiet", "--filter", "label=com.docker.compose.oneoff=True").stdout
        if oneoff:
            found.append("containers of a run that was killed were left behind")
        return found

    def _standing(self) -> object:
        """Which containers run, and which files they run from."""
        names = self.host.run("docker", "ps", "--format", "{{.ID}} {{.Names}}").stdout.splitlines()
        return sorted(names), self._release()

    def _release(self) -> str | None:
        manifest = self.host.home / "MANIFEST.json"
        return str(json.loads(manifest.read_text())["release"]) if manifest.exists() else None

    def _installer(self, release: Path) -> Path:
        """The release's own script, as it comes out of the medium."""
        return scripts_of(release, self.host.folder / release.name.removesuffix(".tar.zst")) / "install.sh"
