"""A node with real stores, and a destination that is a folder: what the generated scripts run on."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.stack.relational import binaries

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
SCRIPTS = ROOT / "deploy/online/db/backup"
TESTS = ROOT / "deploy/online/restore-test"
NOBODY = 65534
PASSWORD = "a'password"


def free_port() -> int:
    """A port of this machine that nobody has."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def new_key(file: Path) -> str:
    """A key of age in a file; its public half."""
    subprocess.run(["age-keygen", "-o", str(file)], check=True, capture_output=True)
    return subprocess.run(["age-keygen", "-y", str(file)], check=True, capture_output=True, text=True).stdout.strip()


class BackupNode:
    """A node of one tenant, and what stands around it."""

    def __init__(self, folder: Path, tenant: str = "acme"):
        self.folder, self.tenant = folder, tenant
        self.home, self.state, self.kept = folder / "home", folder / "state", folder / "kept"
        for each in (
            self.home / "secrets",
            self.home / "backup",
            self.kept / f"docpipe-backup-{tenant}",
            folder / "bin",
        ):
            each.mkdir(parents=True)
        (self.home / "role.env").write_text(f"# first node\nTENANT={tenant}\nPRIVATE_ADDRESS=127.0.0.1\n")
        (self.home / "compose.yaml").write_text("name: node\n")
        for name in ("backup_access_key", "backup_secret_key"):
            (self.home / "secrets" / name).write_text(f"{name}-of-{tenant}")
        self.keys = {name: folder / f"{name}.key" for name in ("operations", "stranger")}
        self.recipients = {name: new_key(file) for name, file in self.keys.items()}
        self.containers: dict[str, dict[str, dict[str, object]]] = {"node": {}}
        shutil.copy(HERE / "docker", folder / "bin/docker")
        (folder / "bin/docker").chmod(0o755)
        # what the scripts call an S3 is a folder here; the program is the real one
        program = shutil.which("rclone")
        self._program(
            "rclone", f"RCLONE_CONFIG_KEPT_TYPE=alias RCLONE_CONFIG_KEPT_REMOTE='{self.kept}' exec {program} \"$@\""
        )
        for file in SCRIPTS.glob("*.sh"):
            self.place(file, self.home / "backup" / file.name)

    def _program(self, name: str, text: str) -> None:
        file = self.folder / "bin" / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

    def place(self, source: Path, target: Path) -> None:
        """A generated script that encrypts to the key of this test alone, and stages in this folder."""
        recipients = [word for word in source.read_text().split() if word.startswith("age1")]
        text = source.read_text()
        for each in recipients:
            text = text.replace(each, self.recipients["operations"])
        target.write_text(text.replace("/mnt/tenant-data", str(self.folder)))

    def run(self, script: str, *words: str, at: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """A script, on this node."""
        (self.folder / "containers.json").write_text(json.dumps(self.containers))
        call = ["sh", str(at or self.home / "backup" / f"{script}.sh"), *words]
        call += ["--state", str(self.state)] + ([] if at else ["--home", str(self.home)])
        path = f"{self.folder / 'bin'}:{binaries()}:{os.environ['PATH']}"
        return subprocess.run(
            call,
            env={**os.environ, "NODE": str(self.folder), "PATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def backups(self, name: str) -> list[Path]:
        """Folders of the backups of something, oldest first."""
        return sorted(
            each for each in (self.kept / f"docpipe-backup-{self.tenant}/online/{name}").glob("*") if each.is_dir()
        )

    def metric(self, file: str) -> dict[str, float]:
        """Metrics of a file by their names."""
        lines = (self.state / "metrics" / f"{file}.prom").read_text().splitlines()
        return {line.partition("{")[0]: float(line.rpartition(" ")[2]) for line in lines}

    @contextlib.contextmanager
    def relational(self, project: str = "node") -> Iterator["Relational"]:
        """A PostgreSQL of the node, or of a project of the restore test."""
        found = Relational(self.folder / f"postgres-{project}")
        self.containers.setdefault(project, {})["postgres"] = found.container()
        try:
            yield found
        finally:
            found.stop()


class Relational:
    """A cluster with the roles and the password that the spec's has, on a port of this machine."""

    def __init__(self, folder: Path):
        self.folder, self.port, self.programs = folder, free_port(), binaries()
        (folder / "secrets").mkdir(parents=True)
        (folder / "secrets/postgres_password").write_text(PASSWORD)
        subprocess.run(["chown", "-R", str(NOBODY), str(folder)], check=True)
        self._as_nobody(
            "initdb",
            "-D",
            str(folder / "data"),
            "-U",
            "docpipe",
            "--auth=scram-sha-256",
            f"--pwfile={folder}/secrets/postgres_password",
        )
        self.start()
        self.sql("CREATE DATABASE docpipe", database="postgres")

    def container(self) -> dict[str, object]:
        """It, as the stub of the engine knows it."""
        return {
            "paths": {"/run/secrets": str(self.folder / "secrets")},
            "environment": {"PGPORT": str(self.port)},
            "nobody": True,
            "up": "true",
            "restart": "true",
            "down": "true",
        }

    def _as_nobody(self, program: str, *words: str) -> None:
        subprocess.run(
            [str(self.programs / program), *words],
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def start(self) -> None:
        """Serve."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        self._as_nobody(
            "pg_ctl", "-w", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-o", options, "start"
        )

    def stop(self) -> None:
        """End."""
        self._as_nobody("pg_ctl", "-w", "-m", "immediate", "-D", str(self.folder / "data"), "stop")

    def sql(self, statements: str, database: str = "docpipe") -> str:
        """What is answered. Raises CalledProcessError."""
        call = [
            str(self.programs / "psql"),
            "-qAtX",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-U",
            "docpipe",
            "-d",
            database,
        ]
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        done = subprocess.run(
            [*call, "-v", "ON_ERROR_STOP=1"],
            env=environment,
            input=statements,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()
