"""One relation, one source: what a page or a picture says of a deployment is what its compose file does."""

import html
import re
from pathlib import Path

import pytest
import yaml

from generators.compose import ComposeGenerator
from generators.diagrams import DiagramGenerator
from generators.pages import PageGenerator
from plumbline.deployment import deployments, folder_of, services_of
from plumbline.loading import load_spec
from plumbline.spec import Spec
from plumbline.spec_files import read_spec_files
from tests.rules.two_modes import mode, service, two_modes
from validators.rules.examples import example_spec

EDGE = re.compile(r'^"([^"]+)" -> "([^"]+)": "([^"]+)"$', re.MULTILINE)


def shipped() -> Spec:
    """The spec of the project."""
    spec, _ = load_spec(read_spec_files(Path(__file__).parents[2] / "data"))
    assert spec
    return spec


def three_roles() -> Spec:
    """A spec of another shape: no tenants, no cloud, services of one mode on two nodes."""
    both = {f"topology/{name}.yaml": mode(["web", "db", "cache"]) for name in ("left", "right")}
    left = both["topology/left.yaml"]
    left["roles"]["store"] = {**left["roles"]["host"], "services": ["db"]}
    left["roles"]["host"] = {**left["roles"]["host"], "services": ["web", "cache"]}
    web = service(
        ports={"http": 80},
        needs={"db": "sql", "cache": "tcp"},
        publish={"http": {"address": "127.0.0.1", "port": 8080}},
    )
    return two_modes(
        {
            **both,
            "services/web.yaml": web,
            "services/db.yaml": service(ports={"sql": 5432}),
            "services/cache.yaml": service(ports={"tcp": 6379}, needs={"db": "sql"}, profile="cache"),
        }
    )


SPECS = {"shipped": shipped, "starter": lambda: example_spec(""), "two nodes": three_roles}


@pytest.fixture(params=SPECS)
def spec(request: pytest.FixtureRequest) -> Spec:
    """Each of the specs."""
    return SPECS[request.param]()


def test_the_picture_of_needs_shows_every_need(spec: Spec) -> None:
    pictures = {each.path: each.content.decode() for each in DiagramGenerator().generate(spec)}
    for name in spec.modes:
        services = services_of(spec, name)
        declared = {
            (source, need, port)
            for source, each in services.items()
            for need, port in each.needs.items()
            if need in services
        }
        assert set(EDGE.findall(pictures[f"docs/diagrams/needs-{name}.d2"])) == declared


def test_the_page_of_ports_lists_every_port_that_a_compose_file_publishes(spec: Spec) -> None:
    page = next(each for each in PageGenerator().generate(spec) if each.path == "docs/operator/ports.md")
    sections = dict(re.findall(r"## Mode (\S+)\n(.*?)(?=\n## |\Z)", html.unescape(page.content.decode()), re.DOTALL))
    files = {each.path: each.content.decode() for each in ComposeGenerator().generate(spec)}
    for deployment in deployments(spec):
        composed = yaml.safe_load(files[f"{folder_of(spec, deployment)}/compose.yaml"])["services"]
        for name, each in composed.items():
            rows = [
                line for line in sections[deployment.mode].splitlines() if line.startswith(f"| <code>{name}</code>")
            ]
            for port in each.get("ports", ()):
                own = port["host_ip"].startswith("$")
                shown = (
                    f"private address, <code>{port['published']}<" if own else f"{port['host_ip']}:{port['published']}<"
                )
                assert any(f"<code>{port['target']}</code>" in row and shown in row for row in rows), (name, port)
