"""Signed releases for tests: the shipped spec's, and later ones in which a service or its image changed."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bundle.keys import Key, end_agent, make_key

ROOT = Path(__file__).parents[2]
_PROJECT = ("data", "deploy", "docs", "generated.json", "schema")
ENTRY = "intake-gateway"
"""The service of the shipped spec that answers at the entry; it is what the next release changes."""
_MIGRATION = """from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("CREATE TABLE later (id integer PRIMARY KEY)")


def downgrade() -> None:
    op.execute("DROP TABLE later")
"""
_LAST = "  - {source: config/migrate/0006_rights.py, target: /migrations/versions/0006_rights.py}\n"
_LISTED = '    - {revision: "0006", title: Rights of the application}\n'
ENTRY_CHANGED = {f"data/services/{ENTRY}.yaml": ("memory_mib: 512", "memory_mib: 640")}
DATABASE_CHANGED = ENTRY_CHANGED | {
    "data/services/migrate.yaml": (_LAST, _LAST + _LAST.replace("0006_rights", "0007_later")),
    "data/config/migrate/0007_later.py": ("", _MIGRATION),
    "data/update.yaml": (
        _LISTED,
        _LISTED + _LISTED.replace("0006", "0007").replace("Rights of the application", "Later"),
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

    def release(self, version: str = "1.0", changes: Mapping[str, tuple[str, str]] | None = None) -> Path:
        """A signed bundle with stand-ins, of the spec with changes: by file, what is replaced by what, nothing in a new one. Made once."""
        folder = self.folder / version
        bundle = folder / f"docpipe-offline-{version}.tar.zst"
        if not bundle.exists():
            project = _changed(folder / "project", changes) if changes else ROOT
            done = plumb(*self.words(version, folder, project), environment=self.key.environment)
            assert done.returncode == 0, done.stderr
        return bundle

    def words(self, version: str, folder: Path, project: Path = ROOT) -> list[str]:
        """How it calls the command to make one."""
        build = ["--spec", str(project / "data"), "bundle", "build", "--stand-ins", "--substitutes"]
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
    """A call of the command."""
    call = [sys.executable, "-m", "plumbline", *words]
    return subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def _changed(project: Path, changes: Mapping[str, tuple[str, str]]) -> Path:
    project.mkdir(parents=True)
    for name in _PROJECT:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, project / name)
    for name, (before, after) in changes.items():
        text = (project / name).read_text() if before else ""
        assert before in text, f"{name} holds no {before!r}"
        (project / name).write_text(text.replace(before, after) if before else after)
    done = plumb("--spec", str(project / "data"), "build", "--force")
    assert done.returncode == 0, done.stderr
    return project
