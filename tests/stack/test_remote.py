"""An engine on another host: reached over TCP with TLS, by DOCKER_HOST or a context, and without sight of this host's files."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbline.spec.spec import Spec
from plumbline.stack.connection import find_connection
from plumbline.stack.engine import Engine, find_engine
from plumbline.stack.probing import image_of_probe, probe_container
from plumbline.stack.run import new_run
from plumbline.stack.stand_ins import build, recipe_of
from tests.lab.second_engine import SecondEngine, copy_images, second_engine
from tests.lab.tls_proxy import tls_proxy
from tests.stack.conftest import DATA, Plumb
from tests.stack.waiting import HANG_S


@pytest.fixture(scope="module")
def second(engine: Engine, spec: Spec) -> Iterator[SecondEngine]:
    """The other host, which has the images of the offline mode."""
    if os.geteuid() != 0:
        pytest.skip("LIVE TEST NOT RUN: a second engine needs root")
    used = {service for role in spec.topology["offline"].roles.values() for service in role.services}
    images = sorted({spec.services[name].image for name in used})
    with second_engine() as second:
        built = [build(engine, recipe_of(spec, DATA, "offline", image)) for image in images]
        copy_images([*built, image_of_probe(engine)], engine.connection.host, second.host)
        yield second


@pytest.fixture(scope="module")
def far(second: SecondEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that leads there over the network."""
    certificates = tmp_path_factory.mktemp("tls") / "certificates"
    with tls_proxy(str(second.socket), certificates) as port:
        address = f"tcp://127.0.0.1:{port}"
        yield {"DOCKER_HOST": address, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(certificates)}


@pytest.mark.live
def test_the_whole_proof_on_a_remote_engine(plumb: Plumb, far: dict[str, str]) -> None:
    process = plumb("--mode", "offline", **far)
    out, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 0, out + err
    assert " 0 differ, 0 not deployed" in out
    there = {**os.environ, **far}
    left = subprocess.run(["docker", "ps", "-aq"], env=there, capture_output=True, text=True, check=False)
    assert (left.returncode, left.stdout) == (0, "")


@pytest.mark.live
def test_a_socket_here_says_nothing_about_where_the_files_are(
    second: SecondEngine, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", second.host)
    for each, is_sent in ((find_engine(), True), (engine, False)):
        assert each.connection.is_local
        with new_run(each) as run:
            run.claim(f"plumb-files-{run.id}")
            (run.folder / "given").write_text("here")
            run.share_folder()
            assert run.sent is is_sent
            mount = f"{run.folder}:/host:ro"
            seen = probe_container(each, run.projects[0], ["cat", "/host/given"], b"", 60, mount)
            assert seen.stdout == b"here"


@pytest.mark.live
def test_a_context_leads_there_too(far: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    keys = {"ca": "ca.pem", "cert": "cert.pem", "key": "key.pem"}
    paths = ",".join(f"{name}={far['DOCKER_CERT_PATH']}/{file}" for name, file in keys.items())
    create = ["docker", "context", "create", "far", f"--docker=host={far['DOCKER_HOST']},{paths}"]
    subprocess.run(create, check=True, capture_output=True)
    subprocess.run(["docker", "context", "use", "far"], check=True, capture_output=True)
    connection, version, _ = find_connection()
    assert connection.setting == ("DOCKER_CONTEXT", "far")
    assert not connection.is_local
    assert version["Os"] == "linux"
    shown = subprocess.run(["docker", "info"], env=connection.environment, capture_output=True, check=False)
    assert shown.returncode == 0
