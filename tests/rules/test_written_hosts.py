"""Names of hosts in configuration files: which are meant, and where they stand."""

import pytest

from plumbline.spec.loading import load_spec
from proofs.wrong_specs import files_of
from tests.rules.edited import edited
from validators.rules.written import of_services
from validators.rules.written_hosts import _hosts, host_location

SOURCES, SCRAPED = "config/grafana/datasources.yaml.j2", "config/prometheus/prometheus.yml.j2"


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("      - targets: ['exporter:9100', \"other:9100\"]", ["exporter", "other"]),
        ("targets:\n  - exporter:9100\n  - 'other:9100'\n", ["exporter", "other"]),
        ("targets:\n- exporter:9100\n", ["exporter"]),
        ("url: http://lokki:3100/push", ["lokki"]),
        ('url = "http://lokki/push"', ["lokki"]),
        ("sqlalchemy.url = postgresql+psycopg://me:it@store:5432/x", ["store"]),
        ("dsn: host=store port=5432 dbname=x", ["store"]),
        ("servers: {a: {url: 'http://back:80'}}", ["back"]),
        ("address = store:\ufffc", ["store"]),
        ("url: http://\ufffc:3100", []),
        ("url: http://loki.example.net:3100", []),
        ("# url: http://lokki:3100", []),
        ("labels: {host: node-1, zone: a:12}", []),
        ("at: T12:30", []),
        ("image: server:16", []),
        ("level: debug:80", []),
        ("listen: :8080", []),
        ("upstream back {\n  server a.example.net:80;\n}\nlocation / { proxy_pass http://back; }", []),
        ("address: 10.0.0.1:80", []),
    ],
)
def test_a_name_is_a_hosts_where_its_place_says_so(text: str, hosts: list[str]) -> None:
    assert [host for host, _ in _hosts(text)] == hosts
    assert all(text[position:].startswith(host) for host, position in _hosts(text))


def test_a_host_in_a_file_that_is_no_service_is_found_in_every_mode_with_line_and_column() -> None:
    found = edited(SOURCES, "{{ url('loki', 'http') }}", "http://logstore:3100")
    assert found.rules == ["PLB117"]
    assert found.found[0][1:] == (SOURCES, found.line)


def test_the_column_counts_the_files_own_characters() -> None:
    files = files_of("shipped")
    old = '- targets: ["{{ target.address }}"]'
    assert old in files[SCRAPED]
    spec, problems = load_spec({**files, SCRAPED: files[SCRAPED].replace(old, old[:-1] + ', "exporter:9100"]', 1)})
    assert spec is not None, problems
    text = next(each for _, texts in of_services(spec) for each in texts if each.name == SCRAPED)
    ((host, position),) = _hosts(text.literal)
    at = host_location(text, host, position)
    line = spec.templates[SCRAPED].split("\n")[at.line - 1]
    assert line[at.column - 1 : at.end_column - 1] == "exporter"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (SOURCES, "{{ url('loki', 'http') }}", "http://loki:3100"),
        (SOURCES, "{{ url('loki', 'http') }}", "http://localhost:3100"),
        (SOURCES, "apiVersion: 1", "# http://logstore:3100\napiVersion: 1"),
        (SOURCES, "apiVersion: 1", "apiVersion: 1  # see http://logstore.example.net:3100"),
    ],
)
def test_what_is_a_service_or_said_in_a_comment_is_not_accused(file: str, old: str, new: str) -> None:
    assert "PLB117" not in edited(file, old, new).rules
