"""Specs of several shapes, for properties that have to hold for any."""

from functools import cache
from pathlib import Path

from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from tests.core.support import STARTER
from tests.rules.two_modes import mode, service, two_modes

ROOT = Path(__file__).parents[2]


def _loaded(folder: Path) -> Spec:
    spec, findings = load_spec(read_spec_files(folder), f"{folder.name}/")
    assert spec is not None, findings
    return spec


def _overridden() -> Spec:
    """Two modes, a store, a job and a profile, and every kind of field that a mode overrides."""
    store = service(ports={"sql": 5432}, volumes={"files": "/var/lib/store"}, secrets={"key": {"variable": "KEY_FILE"}})
    web = service(
        ports={"http": 8080, "admin": 8081},
        publish={"http": {"address": "127.0.0.1", "port": 18080}},
        needs={"store": "sql"},
        environment={"STORE": {"template": '{{ address("store", "sql") }}'}, "LEVEL": "info", "MODE": "plain"},
        command=["serve", {"template": "--listen={{ service.ports.http }}"}],
        health={"http": {"port": "http", "path": "/healthy"}, "retries": 7},
        secrets={"token": {"environment": "TOKEN"}},
        tmpfs=["/tmp", "/run/web"],
        mounts=[{"source": "/srv/shared", "target": "/shared"}],
        config=[{"source": "config/web.ini.j2", "target": "/etc/web/web.ini"}],
        modes={
            "right": {
                "environment": {"LEVEL": "debug", "EXTRA": "only-here"},
                "limits": {"memory_mib": 96, "cpus": 0.5, "pids": 77},
                "volumes": {"cache": "/var/cache/web"},
                "publish": {"http": {"address": "0.0.0.0", "port": 28080}},
            }
        },
    )
    job = service(kind="job", health=None, needs={"store": "sql"}, capabilities=["CHOWN"], stop_grace_s=33)
    extra = service(profile="extra", volumes={"state": "/state"})
    every = ["web", "store", "load", "extra"]
    secret = {"title": "Key", "owner": "operations", "scope": "platform", "length": 32, "rotation_days": 90}
    return two_modes(
        {
            "services/web.yaml": web,
            "services/store.yaml": store,
            "services/load.yaml": job,
            "services/extra.yaml": extra,
            "secrets.yaml": {"folder": "secrets", "encryption": "none", "secrets": {"key": secret, "token": secret}},
            "config/web.ini.j2": "[web]\nport = {{ service.ports.http }}\nstore = {{ url('store', 'sql') }}\nplain = text\n",
            "topology/left.yaml": mode(every),
            "topology/right.yaml": mode(every),
        }
    )


@cache
def shape(name: str) -> Spec:
    """The spec of a shape."""
    return {"shipped": lambda: _loaded(ROOT / "data"), "starter": lambda: _loaded(STARTER), "overridden": _overridden}[
        name
    ]()
