"""Ports that stand in a service's texts: what is found, and what is none of the spec's."""

import json
from datetime import date

import pytest

from tests.rules.edited import edited
from validators.rules import check_rules
from validators.rules.examples import example_spec

OURS = ("PLB111", "PLB112", "PLB113")


def found(files: dict[str, object]) -> list[str]:
    return [each.rule for each in check_rules(example_spec(json.dumps(files)), date.today()) if each.rule in OURS]


def web(**fields: object) -> dict[str, object]:
    return {"services/web.yaml": fields}


def file(text: str, service: str = "web") -> dict[str, object]:
    return {
        "config/own.conf.j2": text,
        f"services/{service}.yaml": {"config": [{"source": "config/own.conf.j2", "target": "/etc/own.conf"}]},
    }


WRONG = {
    "an option and its word": web(command=["--port", "8001"]),
    "an option with =": web(command=["--http-port=8001"]),
    "every interface": web(command=["--listen-addr=0.0.0.0:8001"]),
    "every IPv6 interface": web(command=["--bind", "[::]:8001"]),
    "a colon alone": web(command=["--address", ":8001"]),
    "inside a script": web(entrypoint=["sh", "-c"], command=["exec web --address :8001"]),
    "in camel case": web(command=["--httpPort", "8001"]),
    "the check": web(health={"http": None, "command": ["wget", "-q", "http://localhost:8001/ping"]}),
    "the check by option": web(health={"http": None, "command": ["web-ready", "-p", "8001"]}),
    "a variable": web(environment={"PORT": "8001"}),
    "an address in a variable": web(environment={"LISTEN": "0.0.0.0:8001"}),
    "a need": web(environment={"DATABASE": "postgres://db:5433/sample"}),
    "a need beside a user": web(environment={"DATABASE": "postgres://sample@db:5433/sample"}),
    "key of a file": file("listen_port: 8001\n"),
    "key at the top of a file": file("port = 8001\n"),
    "address in a file": file('http:\n  address: ":8001"\n'),
    "a need in a file": file('targets: ["db:5433"]\n'),
}
TWICE = {
    "an option": web(command=["--port", "8000"]),
    "a need": web(environment={"DATABASE": "postgres://db:5432/sample"}),
    "a need's port by itself": web(environment={"DATABASE_PORT": "5432"}),
    "the check": web(health={"http": None, "command": ["wget", "-q", "http://localhost:8000/ping"]}),
    "a host that is known as it runs": web(
        exports=[{"file": "all", "title": "All", "folder": True, "command": ["sh", "-c", "get http://$PEER:8000/"]}]
    ),
    "key of a file": file("server:\n  http_listen_port: 8000\n"),
    "a runbook": {
        "runbooks/start.yaml": {
            "steps": [
                {
                    "title": "Look",
                    "where": "host",
                    "run": "curl -f http://127.0.0.1:8000/ping",
                    "expect": "OK",
                    "verify": "curl -f http://{{ published('web', 'http') }}/ping",
                    "undo": "nothing",
                }
            ]
        }
    },
}
NONE_OF_OURS = {
    "a size": web(command=["--max-body", "8001", "--workers=4000"]),
    "a time": web(command=["--at", "03:30", "--every", ":30"]),
    "a user": web(environment={"RUN_AS": "10001:10001"}),
    "an image": web(environment={"IMAGE": "registry.example.com:5000/web:8001"}),
    "a server outside": web(environment={"MAIL": "smtp://mail.example.com:587", "MAIL_PORT": "587"}),
    "an outside server's option": web(command=["--smtp-port", "587"]),
    "not TCP": web(command=["--statsd.listen-udp=:9125"]),
    "JSON": web(environment={"LIMITS": '{"size":8001,"age":9000}'}),
    "an import": web(command=["--import", "8001", "--export=9000", "--transport 9001"]),
    "a loopback port that the program opens": web(
        command=["--admin", "127.0.0.1:9901"],
        health={"http": None, "command": ["wget", "-q", "http://127.0.0.1:9901/ready"]},
    ),
    "another program's option in a script": web(
        entrypoint=["sh", "-c"], command=["mailer --port 587 mail.example.com & exec web"]
    ),
    "limits of a file": file("timeout 300\nmaxclients 10000\nbacklog: 511\n"),
    "a section of a file": file("[smtp]\nport = 587\n"),
    "deep in a file": file("smtp:\n  port: 587\n  host: mail.example.com\n"),
    "an expression": web(command=[{"template": "--port={{ port('web', 'http') }}"}]),
    "part of one": web(command=[{"template": "--port=1{{ port('web', 'http') }}"}]),
    "an image whose port nobody knows": {
        "images.yaml": {"images": {"traefik": {"repository": "docker.io/library/unknown"}}},
        "services/web.yaml": {"ports": {"http": 8123}, "command": None},
    },
    "told by a file": file("port = {{ service.ports.sql }}\n", "db") | {"services/db.yaml": {
        "ports": {"sql": 5433}, "health": {"command": ["pg_isready", "-p", {"template": "{{ port('db', 'sql') }}"}]},
        "config": [{"source": "config/own.conf.j2", "target": "/etc/own.conf"}]}},
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_number_that_is_nobodys_port_is_found_once(name: str) -> None:
    assert found(WRONG[name]) == ["PLB111"]


@pytest.mark.parametrize("name", TWICE)
def test_a_port_that_is_written_again_is_found_once(name: str) -> None:
    assert found(TWICE[name]) == ["PLB112"]


@pytest.mark.parametrize("name", NONE_OF_OURS)
def test_what_is_no_port_of_the_spec_is_left_alone(name: str) -> None:
    assert found(NONE_OF_OURS[name]) == []


def test_a_wrong_number_in_a_file_is_shown_at_its_line() -> None:
    spec = example_spec(json.dumps(file("# the first line\n{# a\n comment #}\nlisten_port: 8001\n")))
    (wrong,) = (each for each in check_rules(spec, date.today()) if each.rule == "PLB111")
    assert wrong.location is not None
    assert (wrong.location.file, wrong.location.line) == ("config/own.conf.j2", 4)


@pytest.mark.parametrize(("port", "rule"), [(5433, "PLB113"), (5432, None)])
def test_a_server_and_its_client_are_told_their_port(port: int, rule: str | None) -> None:
    assert found({"services/db.yaml": {"ports": {"sql": port}}}) == ([rule] if rule else [])


@pytest.mark.parametrize(("service", "old", "new"), [("qdrant", "6333", "6335"), ("grafana", "3000", "9094")])
def test_a_port_that_only_a_cluster_opens_is_not_the_servers(service: str, old: str, new: str) -> None:
    edit = edited(f"services/{service}.yaml", f"http: {old}", f"http: {new}")
    assert edit.rules == ["PLB113"]
    assert edit.is_near
