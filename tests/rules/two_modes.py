"""A spec of two modes that are alike, for tests that make them differ."""

from typing import Any

import yaml

from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec

DIGEST = "sha256:" + "0f" * 32


def mode(services: list[str]) -> dict[str, Any]:
    """A topology with one role."""
    size = {"vcpus": 4, "memory_mib": 8192, "disk_gb": 40, "reserve_mib": 512}
    return {
        "title": "Mode",
        "summary": "A mode.",
        "tenancy": "one",
        "egress": False,
        "entry": {"service": "web"},
        "roles": {"host": {"title": "Host", "size": size, "services": services}},
    }


def service(**fields: Any) -> dict[str, Any]:
    """A service that the rules accept."""
    return {
        "title": "Service",
        "summary": "A service.",
        "image": "sample",
        "user": "1000:1000",
        "segments": ["main"],
        "health": {"command": ["/bin/ok"]},
        "limits": {"memory_mib": 64, "cpus": 0.1},
        **fields,
    }


def two_modes(changes: dict[str, Any] | None = None) -> Spec:
    """The spec, with whole files replaced, or removed by None."""
    return spec_of(changes or {})


def spec_of(changes: dict[str, Any]) -> Spec:
    """A spec by its files, with those of `two_modes` where none is given."""
    spec, findings = load_spec(texts_of(changes))
    assert spec is not None, findings
    return spec


def texts_of(changes: dict[str, Any]) -> dict[str, str]:
    """The text of each of its files."""
    subnet = {"subnet": "172.28.0.0/24", "internal": False}
    files: dict[str, Any] = {
        "platform.yaml": {
            "name": "shop",
            "title": "Shop",
            "summary": "A shop.",
            "version": "1.0",
            "domain": "{tenant}.example.com",
            "floors": {"engine": "27", "compose": "2.29"},
            "logs": {"max_size_mib": 1, "max_files": 1},
        },
        "images.yaml": {
            "images": {
                "sample": {
                    "repository": "docker.io/library/sample",
                    "tag": "1.4.3",
                    "digest": DIGEST,
                    "licence": "MIT",
                    "lifecycle": {"state": "supported"},
                    "http_client": "wget",
                }
            }
        },
        "networks.yaml": {"networks": {"main": {"title": "Main", "modes": {"left": subnet, "right": subnet}}}},
        "topology/left.yaml": mode(["web"]),
        "topology/right.yaml": mode(["web"]),
        "services/web.yaml": service(),
        **changes,
    }
    return {name: data if isinstance(data, str) else yaml.safe_dump(data) for name, data in files.items() if data}
