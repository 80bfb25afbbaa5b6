"""What a process is told: variables, secrets, and the settings of its tenant."""

import json
import os
from pathlib import Path
from typing import Any

MODE = os.environ.get("DOCPIPE_MODE", "offline")
DEFAULTS: dict[str, Any] = {
    "pii_types": ["SSN", "DOB", "EMAIL"],
    "classification_threshold": 0.7,
    "injection_quarantine_threshold": 0.7,
    "injection_flag_threshold": 0.3,
    "max_file_size_mb": 500,
    "embedding_dimensions": 768,
    "retrieval_top_k_default": 5,
    "retrieval_top_k_max": 50,
    "mime_allowlist": ["application/pdf", "text/plain", "text/html"],
}
"""What holds where a tenant's row in the registry is silent."""
TENANT_FILE = Path(os.environ.get("DOCPIPE_TENANT_FILE", "/etc/docpipe/tenant.json"))
"""The one tenant of a host that has no registry of a platform to ask; absent where there is one."""
CONTRACT = json.loads(Path(os.environ.get("DOCPIPE_CONTRACT", "/contract.json")).read_text())
_SECRETS = Path(os.environ.get("DOCPIPE_SECRETS", "/run/secrets"))


def secret(name: str) -> str:
    """The value of a secret, from its file."""
    return (_SECRETS / name).read_text().strip()


def contract(service: str) -> dict[str, Any]:
    """What the spec says of a service: ports, needs, what it tolerates."""
    found: dict[str, Any] = CONTRACT[service]
    return found
