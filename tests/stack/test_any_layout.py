"""What is handed to Compose for a mode of any shape: Compose takes it, with every address that the project asks for."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from generators.compose.project import ComposeGenerator
from plumbline.spec.spec import Spec
from plumbline.stack import scratch
from plumbline.stack.layout import nodes_of
from plumbline.stack.project import ComposeProject
from tests.generators.test_one_relation import three_roles
from tests.rules.three_modes import files, three_modes

pytestmark = pytest.mark.skipif(not shutil.which("docker"), reason="docker's command is not there")


def exposed() -> Spec:
    """The store of the two nodes is published on every interface too."""
    db = files()["services/db.yaml"] | {"publish": {"sql": {"address": "0.0.0.0", "port": 15432}}}
    return three_modes({"services/db.yaml": db})


SHAPES = {
    "one node": (three_modes, "dev"),
    "two nodes": (three_modes, "cluster"),
    "two nodes, published": (exposed, "cluster"),
    "two roles": (three_roles, "left"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_compose_takes_every_node(shape: str, tmp_path: Path) -> None:
    make, mode = SHAPES[shape]
    spec = make()
    for artifact in ComposeGenerator().generate(spec):
        file = tmp_path / artifact.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(artifact.content)
    nodes = nodes_of(spec, mode, [])
    for number, node in enumerate(nodes):
        folder = tmp_path / f"run-{number}"
        project = ComposeProject(f"run-{number}", node, str(folder), dict.fromkeys(spec.images.images, "sample:1"))
        scratch.make(spec, tmp_path / "data", project, scratch.secret_values(spec))
        call = ["docker", *scratch.compose(project, "--profile=*", "config", "--format=json")]
        done = subprocess.run(call, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        for name, service in json.loads(done.stdout)["services"].items():
            hosts = {host.replace("=", ":").split(":")[0]: host for host in service.get("extra_hosts", ())}
            for need in node.deployment.services[name].needs:
                others = [each for each in nodes if each is not node and need in each.deployment.services]
                assert need in node.deployment.services or hosts[need].endswith(others[0].address)
            bound = {(port["host_ip"], port["target"]) for port in service.get("ports", ())}
            assert {(node.address, port) for port in node.for_others.get(name, ())} <= bound
