"""A real PostgreSQL, as Debian has it, started by the shipped scripts: without an engine, on a socket in a folder of its own."""

import contextlib
import os
import re
import runpy
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.lab.packages import install
from tests.rules.edited import DATA

SETTINGS = {"POSTGRES_USER": "docpipe", "POSTGRES_DB": "docpipe", "POSTGRES_INITDB_ARGS": "--auth=scram-sha-256"}
PASSWORDS = {name: f"{name}'s" for name in ("postgres_password", "postgres_owner_password", "postgres_app_password")}
"""With a character that SQL has to be told of."""
_NOBODY = 65534
_SECONDS = 60


def binaries() -> Path:
    """PostgreSQL's programs. Raises CannotInstall."""
    install("postgresql")
    return max(Path("/usr/lib/postgresql").glob("*/bin"))


class Cluster:
    """A folder with all that the container has: scripts, secrets, data and sockets; nobody's, for PostgreSQL refuses root."""

    def __init__(self, folder: Path):
        self.folder, self.programs = folder, binaries()
        self.sockets = folder / "sockets"
        self.log = folder / "log"
        for name in ("secrets", "etc", "init", "bin", "sockets"):
            (folder / name).mkdir()
        for name, value in PASSWORDS.items():
            (folder / "secrets" / name).write_text(value)
        for file in ("start.sh", "roles.sql"):
            self._place(DATA / "config/postgres" / file, folder / "etc" / file)
        self._place(DATA / "config/postgres/start.sh", folder / "init/start.sh")
        self._place(DATA / "stand-ins/postgres/docker-entrypoint.sh", folder / "bin/docker-entrypoint.sh")
        (folder / "bin/docker-entrypoint.sh").chmod(0o755)
        subprocess.run(["chown", "-R", str(_NOBODY), str(folder)], check=True)

    def _place(self, source: Path, target: Path) -> None:
        """A shipped script, with the container's folders in this one."""
        text = source.read_text()
        for there, here in (
            ("/run/secrets", "secrets"),
            ("/etc/postgresql", "etc"),
            ("/docker-entrypoint-initdb.d", "init"),
        ):
            text = text.replace(there, str(self.folder / here))
        target.write_text(text)

    @contextlib.contextmanager
    def running(self, *, by: str = "etc/start.sh") -> Iterator[None]:
        """The server, once it takes connections; `by` is what the container's entry point is."""
        path = f"{self.folder / 'bin'}:{self.programs}:{os.environ['PATH']}"
        environment = {"PATH": path, "PGDATA": str(self.folder / "data"), "PGHOST": str(self.sockets), **SETTINGS}
        environment["POSTGRES_PASSWORD_FILE"] = str(self.folder / "secrets/postgres_password")
        shell = "sh" if by.startswith("etc") else "bash"
        options = ["-c", f"unix_socket_directories={self.sockets}", "-c", "listen_addresses=", "-c", "fsync=off"]
        with self.log.open("ab") as log:
            server = subprocess.Popen(
                [shell, str(self.folder / by), "postgres", *options],
                env=environment, cwd=self.folder, stdout=log, stderr=log, user=_NOBODY, group=_NOBODY, extra_groups=[],
            )  # fmt: skip
        try:
            self._await(server)
            yield
        finally:
            server.terminate()
            server.wait(_SECONDS)

    def _await(self, server: "subprocess.Popen[bytes]") -> None:
        """A new cluster is served once before: the roles are there when the process is the server itself."""
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end and server.poll() is None:
            is_server = Path(f"/proc/{server.pid}/comm").read_text().strip() == "postgres"
            ready = [str(self.programs / "pg_isready"), "-q", "-h", str(self.sockets)]
            if is_server and subprocess.run(ready, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError(self.log.read_text()[-4000:])

    def call(self, role: str, program: str, *words: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """A client's program, as a role with its password."""
        environment = {**os.environ, "PGPASSWORD": password_of(role)}
        call = [str(self.programs / program), "-h", str(self.sockets), "-U", role, "-d", "docpipe", *words]
        return subprocess.run(call, env=environment, input=given, capture_output=True, check=False, timeout=_SECONDS)

    def sql(self, role: str, statements: str) -> str:
        """What a role is answered; the error, if it is refused."""
        done = self.call(role, "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", given=statements.encode())
        return (done.stdout if done.returncode == 0 else done.stderr).decode().strip()


def password_of(role: str) -> str:
    """The value of a role's secret."""
    of_its_own = {"docpipe_owner": "postgres_owner_password", "docpipe_app": "postgres_app_password"}
    return PASSWORDS[of_its_own.get(role, "postgres_password")]


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """A folder that nobody can reach, unlike pytest's own, and that is removed."""
    with tempfile.TemporaryDirectory(prefix="plumb-sql-") as name:
        Path(name).chmod(0o755)
        yield Cluster(Path(name))


def migrating_role() -> str:
    """Whom the shipped migrations connect as."""
    found = re.search(r'username="(\w+)"', (DATA / "config/migrate/env.py").read_text())
    assert found
    return found[1]


def migrations(after: str = "", until: str = "9999") -> Mapping[str, str]:
    """The SQL of each shipped migration, by its revision."""
    said: list[str] = []
    alembic = types.ModuleType("alembic")
    alembic.op = types.SimpleNamespace(execute=lambda text: said.append(f"{text.strip()};\n"))  # type: ignore[attr-defined]
    found = {}
    before = sys.modules.get("alembic")
    sys.modules["alembic"] = alembic
    try:
        for file in sorted((DATA / "config/migrate").glob("0*.py")):
            said.clear()
            names = runpy.run_path(str(file))
            names["upgrade"]()
            if after < names["revision"] <= until:
                found[names["revision"]] = "".join(said)
    finally:
        sys.modules.pop("alembic")
        if before:
            sys.modules["alembic"] = before
    return found


def migrate(database: Cluster, role: str, after: str = "", until: str = "9999") -> None:
    """What Alembic does: its own table, then a migration and the revision in one transaction, one by one."""
    if not after:
        assert database.sql(role, "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)") == ""
    for revision, text in migrations(after, until).items():
        noted = f"DELETE FROM alembic_version; INSERT INTO alembic_version VALUES ('{revision}')"
        assert database.sql(role, f"BEGIN;\n{text}\n{noted};\nCOMMIT") == ""
