"""A line of each service is found where logs are collected, and a service whose line is lost is named."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import IO, Any

import pytest

from plumbline.stack.probe.logged import looked_for

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "deploy/online/db/config/alloy/config.alloy"
QUERY = "/loki/api/v1/query_range?query=%7Bservice%3D%22${service}%22%7D%20%7C%3D%20%22${once}%22"


def program(name: str) -> Any:
    """A stand-in's program as a module."""
    loader = SourceFileLoader(name, str(ROOT / "data/stand-ins/logs/bin" / name))
    made = spec_from_loader(name, loader)
    assert made
    module = module_from_spec(made)
    loader.exec_module(module)
    return module


class Writer:
    """A process, and an engine that keeps what it prints."""

    def __init__(self, service: str, folder: Path):
        self.service, self.log = service, folder / f"{service}0" / f"{service}0-json.log"
        self.log.parent.mkdir(parents=True)
        self.log.touch()
        self.process = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdout
        threading.Thread(target=self._keep, args=(self.process.stdout,), daemon=True).start()

    def _keep(self, output: IO[bytes]) -> None:
        labels = {"io.plumbline.service": self.service}
        for line in output:
            entry = {
                "log": line.decode(),
                "stream": "stdout",
                "attrs": labels,
                "time": "2026-11-28T01:02:03.123456789Z",
            }
            with self.log.open("a") as file:
                file.write(json.dumps(entry) + "\n")

    def asked(self, *to: Path) -> dict[str, Any]:
        """As the probe is told of it."""
        return {
            "service": self.service,
            "pid": self.process.pid,
            "log": str(self.log),
            "to": [str(each) for each in to],
        }


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[list[Writer]]:
    """Two services."""
    made = [Writer(name, tmp_path / "engine") for name in ("redis", "serving")]
    yield made
    for each in made:
        each.process.kill()
        each.process.communicate()


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The log store, and the folder that the shipper reads with the configuration that ships."""
    loki, run = program("loki"), program("run")
    server = ThreadingHTTPServer(("127.0.0.1", 0), loki.handler(loki.Lines(tmp_path / "lines.jsonl")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address, node = f"http://127.0.0.1:{server.server_port}", tmp_path / "node"
    node.mkdir()
    shipper = run.Shipper(CONFIG.read_text().replace("/var/log/containers", str(node)), tmp_path)
    assert shipper.address.endswith(":3100/loki/api/v1/push")
    shipper.address = f"{address}/loki/api/v1/push"
    threading.Thread(target=shipper.follow, daemon=True).start()
    yield address, node
    server.shutdown()


def test_every_line_that_is_carried_to_the_collector_is_found(
    writers: list[Writer], collector: tuple[str, Path]
) -> None:
    address, node = collector
    asked = {"collector": address, "request": QUERY, "seconds": 20}
    assert looked_for({**asked, "writers": [each.asked(node) for each in writers]}) == "every service"
    # nothing brings the second one's there
    given = [writers[0].asked(node), writers[1].asked()]
    assert looked_for({**asked, "writers": given}) == "all but serving"


def test_a_line_under_another_name_is_lost(writers: list[Writer], collector: tuple[str, Path]) -> None:
    address, node = collector
    given = [{**writers[0].asked(node), "service": "postgres"}, writers[1].asked(node)]
    asked = {"collector": address, "request": QUERY, "seconds": 3, "writers": given}
    assert looked_for(asked) == "all but postgres"


def test_what_the_engine_keeps_is_found_and_a_closed_output_is_lost(writers: list[Writer]) -> None:
    given = [each.asked() for each in writers]
    assert looked_for({"writers": given, "seconds": 10}) == "every service"
    writers[1].process.kill()
    writers[1].process.wait()
    assert looked_for({"writers": given, "seconds": 1}) == "all but serving"


def test_a_shipper_without_the_label_ships_no_name() -> None:
    config = CONFIG.read_text()
    run = program("run")
    assert run.Shipper(config, Path("/nowhere")).labels == {"service": "io.plumbline.service"}
    assert run.Shipper(config.replace("stage.labels", "stage.others"), Path("/nowhere")).labels == {}
    assert not run.Shipper(config.replace("stage.docker", "// stage"), Path("/nowhere")).unpacks
