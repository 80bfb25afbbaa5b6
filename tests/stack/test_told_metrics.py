"""Stand-ins tell metrics where the image does, so that a collector of the lab finds its targets up."""

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from plumbline.effective.deployment import service_in
from plumbline.effective.monitoring import exported_metrics
from plumbline.stack.stand_ins import contract_of
from plumbline.stack.stub import contract_stub
from tests.gateway.standing import free_ports
from tests.stack.conftest import shipped_spec
from tests.stack.waiting import until

VECTORS = Path(__file__).parents[2] / "data/stand-ins/vectors/bin/qdrant"
KEY = "k" * 32


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[str]:
    loader = SourceFileLoader("vectors", str(VECTORS))
    module: Any = module_from_spec(spec_from_loader("vectors", loader))  # type: ignore[arg-type]
    loader.exec_module(module)
    server = ThreadingHTTPServer(("127.0.0.1", 0), module.handler(module.Store(tmp_path), KEY))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/metrics"
    server.shutdown()


def told(url: str, **headers: str) -> tuple[str, str]:
    with urlopen(Request(url, headers=headers), timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def test_the_vectors_take_the_key_as_a_bearer_token_and_tell_what_the_image_tells(vectors: str) -> None:
    kind, text = told(vectors, Authorization=f"Bearer {KEY}")
    names = {line.partition(" ")[0] for line in text.splitlines() if not line.startswith("#")}
    spec = shipped_spec()
    assert kind.startswith("text/plain; version=0.0.4")
    assert names and names <= exported_metrics(spec, spec.services["qdrant"]).keys()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}, {"Authorization": KEY[:-1]}])
def test_nobody_else_is_told(vectors: str, headers: dict[str, str]) -> None:
    with pytest.raises(HTTPError) as refused:
        told(vectors, **headers)
    assert refused.value.code == 401


def test_the_stub_tells_a_sample_at_the_path_of_the_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = shipped_spec()
    stand_in = spec.images.images["grafana"].stand_in
    assert stand_in is not None
    contract = contract_of(spec, "offline", service_in(spec, "offline", "grafana"), stand_in) | {"needs": {}}
    (port,) = free_ports(1)
    monkeypatch.setattr(contract_stub, "listening", lambda words, ports: [("127.0.0.1", port)])
    monkeypatch.setattr(contract_stub, "words_of_the_command", lambda contract: [])
    serving = threading.Thread(target=contract_stub.serve, args=(contract, contract_stub.Needs({})), daemon=True)
    serving.start()
    until(lambda: answers(port), "the stub")
    kind, text = told(f"http://127.0.0.1:{port}/metrics")
    assert (kind, text) == ("text/plain; version=0.0.4", "stand_in 1\n")
    kind, _ = told(f"http://127.0.0.1:{port}/api/health")
    assert kind == "application/json"


def answers(port: int) -> bool:
    try:
        return bool(told(f"http://127.0.0.1:{port}/"))
    except OSError:
        return False
