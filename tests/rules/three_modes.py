"""A spec of a shape of its own: three modes on two kinds of nodes, no tenants, no cloud, a mail catcher in one mode alone."""

from typing import Any

from plumbline.spec.spec import Spec
from tests.rules.two_modes import service, spec_of

MODES = ("dev", "single", "cluster")
SIZE = {"vcpus": 4, "memory_mib": 8192, "disk_gb": 40, "reserve_mib": 512}


def _mode(title: str, roles: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "title": title,
        "summary": f"{title}, for whoever tries.",
        "tenancy": "one",
        "egress": True,
        "entry": {"service": "web"},
        "roles": {name: {"title": name, "size": SIZE, "services": services} for name, services in roles.items()},
    }


def _network(title: str, octet: int, internal: bool) -> dict[str, Any]:
    subnet = {"subnet": f"172.28.{octet}.0/24", "internal": internal}
    # what other nodes reach is published on the node's private address, and Docker publishes nothing from internal networks
    return {"title": title, "modes": {mode: {**subnet, "internal": internal and mode != "cluster"} for mode in MODES}}


def three_modes(changes: dict[str, Any] | None = None) -> Spec:
    """The spec, with whole files replaced, or removed by None. `plumb check` finds nothing in it as it is."""
    return spec_of({**files(), **(changes or {})})


def files() -> dict[str, Any]:
    """The spec's files as data, beyond those that `two_modes` brings."""
    mail = {"template": "{{ address('mail', 'smtp') if placed('mail') else 'smtp.example.net:587' }}"}
    status = dict.fromkeys(MODES, "full")
    return {
        "topology/left.yaml": None,
        "topology/right.yaml": None,
        "topology/dev.yaml": _mode("On a laptop", {"host": ["web", "db", "mail"]}),
        "topology/single.yaml": _mode("One host", {"host": ["web", "db"]}),
        "topology/cluster.yaml": _mode("Two nodes", {"host": ["web"], "store": ["db"]}),
        "networks.yaml": {"networks": {"main": _network("Main", 0, False), "back": _network("Stores", 1, True)}},
        "services/web.yaml": service(
            ports={"http": 80},
            publish={"http": {"address": "0.0.0.0", "port": 8080}},
            segments=["main", "back"],
            needs={"db": "sql"},
            environment={"MAIL": mail},
            modes={"dev": {"needs": {"mail": "smtp"}, "publish": {"http": {"address": "127.0.0.1", "port": 8080}}}},
        ),
        "services/db.yaml": service(ports={"sql": 5432}, segments=["back"], volumes={"data": "/var/lib/db"}),
        "services/mail.yaml": service(ports={"smtp": 25}, segments=["back"]),
        "parity.yaml": _parity(status),
    }


def _parity(status: dict[str, str]) -> dict[str, Any]:
    return {
        "features": {
            "mail": {
                "title": "Mail",
                "status": {**status, "dev": "caught"},
                "parity": "divergent",
                "divergence": "D1",
                "paths": ["services.web", "services.mail"],
                "probes": [
                    {
                        "shows": "Where mail goes.",
                        "variable": {"service": "web", "name": "MAIL"},
                        "answers": {**dict.fromkeys(MODES, "smtp.example.net:587"), "dev": "mail:25"},
                    },
                    {
                        "shows": "The catcher is reached where there is one.",
                        "caller": "web",
                        "tcp": {"service": "mail", "port": "smtp"},
                        "answers": {**dict.fromkeys(MODES, "not deployed"), "dev": "open"},
                    },
                ],
            },
            "reach": {
                "title": "Who may call",
                "status": {**status, "dev": "the laptop alone"},
                "parity": "divergent",
                "divergence": "D2",
                "paths": ["services.web.publish"],
            },
            "nodes": {
                "title": "Stores on a node of their own",
                "status": {**dict.fromkeys(MODES, "absent"), "cluster": "full"},
                "parity": "divergent",
                "divergence": "D3",
                "paths": ["services.db"],
            },
        },
        "divergences": {
            "D1": _divergence(
                "Mail is caught",
                ["services.mail", "services.web.environment.MAIL", "services.web.needs.mail"],
                "dev",
            ),
            "D2": _divergence("Reach", ["services.web.publish.http"], "dev"),
            "D3": _divergence("Stores apart", ["topology.roles", "networks.back.internal"], "cluster"),
        },
    }


def _divergence(title: str, covers: list[str], mode: str) -> dict[str, Any]:
    return {
        "title": title,
        "reason": "So it is meant.",
        "impact": "Seen by who looks.",
        "workaround": "None is needed.",
        "covers": covers,
        "sets_apart": [mode],
    }
