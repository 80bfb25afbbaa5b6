"""Signed releases for tests: the shipped spec's, and later ones in which a service or its image changed."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.bundle.keys import Key, end_agent, make_key
from tests.lab.turns import turn

ROOT = Path(__file__).parents[2]
_PROJECT = ("data", "deploy", "docs", "generated.json", "schema")
ENTRY = "intake-gateway"
"""The service of the shipped spec that answers at the entry; it is what the next release changes."""
_LAST = yaml.safe_load((ROOT / "data/update.yaml").read_text())["migrations"]["migrate"][-1]
LAST_REVISION: str = _LAST["revision"]
"""Of the shipped spec's database."""
LATER_REVISION = f"{int(LAST_REVISION) + 1:04}"
"""Of the database after DATABASE_CHANGED, which has a table `later`."""
_FILE = next((ROOT / "data/config/migrate").glob(f"{LAST_REVISION}_*.py")).name
_MIGRATION = f"""from alembic import op

revision = "{LATER_REVISION}"
down_revision = "{LAST_REVISION}"


def upgrade() -> None:
    op.execute("CREATE TABLE later (id integer PRIMARY KEY)")


def downgrade() -> None:
    op.execute("DROP TABLE later")
"""
_MOUNTED = f"  - {{source: config/migrate/{_FILE}, target: /migrations/versions/{_FILE}}}\n"
_LISTED = f'    - {{revision: "{LAST_REVISION}", title: {_LAST["title"]}}}\n'
ENTRY_CHANGED = {f"data/services/{ENTRY}.yaml": ("memory_mib: 512", "memory_mib: 640")}
DATABASE_CHANGED = ENTRY_CHANGED | {
    "data/services/migrate.yaml": (_MOUNTED, _MOUNTED + _MOUNTED.replace(_FILE, f"{LATER_REVISION}_later.py")),
    f"data/config/migrate/{LATER_REVISION}_later.py": ("", _MIGRATION),
    "data/update.yaml": (
        _LISTED,
        _LISTED + _LISTED.replace(LAST_REVISION, LATER_REVISION).replace(_LAST["title"], "Later"),
    ),
}
SIGNATURES_CHANGED = {"data/stand-ins/models/clamav-signatures/eicar.hdb": ("Eicar", "Eicar.Again")}
ENTRY_SICK = {f"data/services/{ENTRY}.yaml": ("http: {port: http, path: /health}", 'command: ["false"]')}
"""With this it never becomes healthy."""


@dataclass(frozen=True)
class Publisher:
    """Who makes releases, and a stranger who would like to."""

    folder: Path
    key: Key
    stranger: Key
    source: Path = ROOT
    """The project that it publishes."""
    platform: str = "docpipe"
    mode: str = "offline"

    def release(self, version: str = "1.0", changes: Mapping[str, tuple[str, str]] | None = None) -> Path:
        """A signed bundle with stand-ins, of the spec with changes: by file, what is replaced by what, nothing in a new one. Made once."""
        folder = self.folder / version
        bundle = folder / f"{self.platform}-{self.mode}-{version}.tar.zst"
        if not bundle.exists():
            project = _changed(self.source, folder / "project", changes) if changes else self.source
            done = plumb(*self.words(version, folder, project), environment=self.key.environment)
            assert done.returncode == 0, done.stderr
        return bundle

    def words(self, version: str, folder: Path, project: Path | None = None) -> list[str]:
        """How it calls the command to make one."""
        build = ["--spec", str((project or self.source) / "data"), "bundle", "build", "--stand-ins", "--substitutes"]
        return ["--quiet", *build, "--release", version, "--sign", self.key.fingerprint, "--out", str(folder)]

    @property
    def trust(self) -> list[str | Path]:
        """What an operator says to a script the first time on a host."""
        return ["--key", self.key.public, "--fingerprint", self.key.fingerprint]


@contextmanager
def publisher(folder: Path) -> Iterator[Publisher]:
    """Its keys end with the block."""
    ring = folder / "gnupg"
    try:
        yield Publisher(folder, make_key(ring, "release"), make_key(ring, "stranger"))
    finally:
        end_agent(ring)


def plumb(*words: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A call of the command; nobody else uses the lab's engine meanwhile."""
    call = [sys.executable, "-m", "plumbline", *words]
    with turn():
        return subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def _changed(original: Path, project: Path, changes: Mapping[str, tuple[str, str]]) -> Path:
    project.mkdir(parents=True)
    for name in _PROJECT:
        source = original / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, project / name)
    for name, (before, after) in changes.items():
        text = (project / name).read_text() if before else ""
        assert before in text, f"{name} holds no {before!r}"
        (project / name).write_text(text.replace(before, after) if before else after)
    done = plumb("--spec", str(project / "data"), "build", "--force")
    assert done.returncode == 0, done.stderr
    return project
