"""One relation, one source: what a page or a picture says of a deployment is what its compose file does."""

import html
import re
from pathlib import Path

import pytest
import yaml

from generators.cloud.host_firewall import ruleset
from generators.compose.project import ComposeGenerator
from generators.site.diagrams import DiagramGenerator
from generators.site.pages import PageGenerator
from plumbline.effective.deployment import deployments, services_of
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from tests.rules.three_modes import three_modes
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


def proxied() -> Spec:
    """An entry before a backend that it does not need, and addresses outside, without a cloud."""
    front = service(
        ports={"http": 80},
        publish={"http": {"address": "0.0.0.0", "port": 80}},
        environment={
            "TRACES": "https://traces.example.net/v1",
            "SELF": "http://127.0.0.1:80",
            "DB": "sql://cache:6379/0",
        },
    )
    topology = mode(["web", "app", "cache"]) | {"egress": True}
    topology["entry"] = {"service": "web", "backend": "app", "backend_port": 8080}
    return two_modes(
        {
            "topology/left.yaml": topology,
            "topology/right.yaml": mode(["web", "app", "cache"]),
            "services/web.yaml": front,
            "services/app.yaml": service(ports={"http": 8080}, needs={"cache": "tcp"}),
            "services/cache.yaml": service(ports={"tcp": 6379}),
        }
    )


SPECS = {
    "shipped": shipped,
    "starter": lambda: example_spec(""),
    "two nodes": three_roles,
    "three modes": three_modes,
    "proxied": proxied,
}


@pytest.fixture(params=SPECS)
def spec(request: pytest.FixtureRequest) -> Spec:
    """Each of the specs."""
    return SPECS[request.param]()


def _pages(spec: Spec) -> dict[str, str]:
    return {each.path: html.unescape(each.content.decode()) for each in PageGenerator().generate(spec)}


def _section(page: str, name: str) -> str:
    return dict(re.findall(r"## Mode (\S+)\n(.*?)(?=\n## |\Z)", page, re.DOTALL))[name]


def fact(page: str, label: str, mode: str) -> str:
    """What a service's page says in a mode: beside the label where all modes say the same, else in the mode's column."""
    heads: list[str] = []
    for line in page.splitlines():
        cells = line.removeprefix("| ").removesuffix(" |").split(" | ")
        if not line.startswith("|"):
            heads = []
        elif not heads:
            heads = cells
        elif cells[0] == label:
            return cells[heads.index(mode)] if mode in heads else cells[1]
    return ""


def _drawn(spec: Spec, name: str) -> set[tuple[str, str, str]]:
    pictures = {each.path: each.content.decode() for each in DiagramGenerator().generate(spec)}
    parts = [text for path, text in pictures.items() if re.fullmatch(rf"docs/diagrams/needs-{name}(-.*)?\.d2", path)]
    return set(EDGE.findall("\n".join(parts)))


def _shown(text: str) -> str:
    return text.replace("`", "").strip().replace("outside", "(outside)")


def test_the_picture_of_needs_shows_every_connection_that_the_spec_speaks_of(spec: Spec) -> None:
    for name in spec.modes:
        services = services_of(spec, name)
        declared = {
            (source, need, port)
            for source, each in services.items()
            for need, port in each.needs.items()
            if need in services
        }
        drawn = _drawn(spec, name)
        assert {edge for edge in drawn if edge[1] in services and edge[0] != "(outside)"} >= declared
        entry = spec.topology[name].entry
        if entry.backend:
            assert {(entry.service, entry.backend)} <= {edge[:2] for edge in drawn}
        assert {edge[1] for edge in drawn if edge[0] == "(outside)"} >= {entry.service} & _publishing(spec, name)


def _publishing(spec: Spec, name: str) -> set[str]:
    return {each for each, service in services_of(spec, name).items() if service.publish}


def test_the_matrix_says_must_where_the_picture_has_a_line_and_nowhere_else(spec: Spec) -> None:
    page = _pages(spec)["docs/architect/networks.md"]
    for name in spec.modes:
        matrix = _section(page, name).partition("### Who reaches whom")[2].partition("### ")[0]
        lines = [[_shown(cell) for cell in line.split(" | ")] for line in matrix.splitlines() if line.startswith("|")]
        heads, rows = lines[0], lines[2:]
        heads = [head.strip("| ") for head in heads]
        must = {
            (row[0].strip("| "), head)
            for row in rows
            for head, cell in zip(heads[1:], row[1:], strict=True)
            if cell.strip("| ") == "●"
        }
        assert must == {edge[:2] for edge in _drawn(spec, name)}, name


def test_the_pages_of_services_list_the_lines_of_the_picture(spec: Spec) -> None:
    pages = _pages(spec)
    for name in spec.modes:
        drawn = _drawn(spec, name)
        for each in services_of(spec, name):
            for label, own, other in (("Connects to", 0, 1), ("Reached by", 1, 0)):
                said = fact(pages[f"docs/architect/services/{each}.md"], label, name)
                listed = [_shown(one) for one in re.findall(r"(?:^|\), )(\S+) \(", said)]
                assert sorted(listed) == sorted(edge[other] for edge in drawn if edge[own] == each), (name, each, label)


def test_compose_files_open_the_way_for_every_line_of_the_picture(spec: Spec) -> None:
    files = {each.path: each.content.decode() for each in ComposeGenerator().generate(spec)}
    for deployment in deployments(spec):
        composed = yaml.safe_load(files[f"{deployment.folder}/compose.yaml"])["services"]
        for source, target, _ in _drawn(spec, deployment.mode):
            if source not in composed or target not in services_of(spec, deployment.mode):
                continue
            entry = spec.topology[deployment.mode].entry
            if target in composed:
                assert set(composed[source]["networks"]) & set(composed[target]["networks"]), (source, target)
            elif (source, target) != (entry.service, entry.backend):
                assert any(host.startswith(f"{target}=") for host in composed[source]["extra_hosts"]), (source, target)


def test_host_firewalls_let_in_the_lines_that_cross_nodes_and_nothing_else(spec: Spec) -> None:
    for name in spec.modes:
        topology = spec.topology[name]
        if topology.cloud is None:
            continue
        services = services_of(spec, name)
        for role, layout in topology.roles.items():
            if layout.scope != "tenant":
                continue
            rules = ruleset(spec, name, next(iter(spec.tenants.tenants)), role)
            let_in = set(re.findall(r'tcp dport (\d+) accept comment "(\S+) needs (\S+)"', rules))
            here = topology.roles[layout.variant_of or role].services
            crossing = {
                (str(services[target].ports[port]), other, target)
                for source, target, port in _drawn(spec, name)
                if target in here and source in services and port in services[target].ports
                for other, each in topology.roles.items()
                if each.scope == "tenant"
                and source in (beside := topology.roles[each.variant_of or other].services)
                and target not in beside
            }
            assert {rule for rule in let_in if rule[2] in here} == crossing, (name, role)


def test_the_cloud_firewall_lets_the_entry_in_and_the_calls_out(spec: Spec) -> None:
    for name in spec.modes:
        topology = spec.topology[name]
        if topology.cloud is None:
            continue
        inbound, outbound = (
            {rule.port for rule in side} for side in (topology.cloud.firewall.inbound, topology.cloud.firewall.outbound)
        )
        assert str(topology.entry.backend_port) in inbound
        tenants = {each for role in topology.roles.values() if role.scope == "tenant" for each in role.services}
        for source, target, port in _drawn(spec, name):
            if source in tenants and target not in services_of(spec, name):
                assert port in outbound, (source, target)


def test_what_is_outside_is_told_apart_from_what_is_here() -> None:
    drawn = _drawn(proxied(), "left")
    assert ("web", "traces.example.net:443", "443") in drawn
    assert {edge[1] for edge in drawn if edge[0] == "web"} == {"app", "traces.example.net:443"}


def test_the_page_of_ports_lists_every_port_that_a_compose_file_publishes(spec: Spec) -> None:
    page = next(each for each in PageGenerator().generate(spec) if each.path == "docs/operator/ports.md")
    sections = dict(re.findall(r"## Mode (\S+)\n(.*?)(?=\n## |\Z)", page.content.decode(), re.DOTALL))
    files = {each.path: each.content.decode() for each in ComposeGenerator().generate(spec)}
    for deployment in deployments(spec):
        composed = yaml.safe_load(files[f"{deployment.folder}/compose.yaml"])["services"]
        for name, each in composed.items():
            rows = [line for line in sections[deployment.mode].splitlines() if line.startswith(f"| `{name}`")]
            for port in each.get("ports", ()):
                own = port["host_ip"].startswith("$")
                shown = f"private address, `{port['published']}`" if own else f"{port['host_ip']}:{port['published']}`"
                assert any(f"`{port['target']}`" in row and shown in row for row in rows), (name, port)
