"""A certificate issued by an ACME server, by each challenge that the spec can name."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.gateway.authority import authority
from tests.gateway.standing import Gateway, entry_ports, gateway, host
from tests.stack.waiting import until


@pytest.mark.live
@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_a_tenant_gets_a_certificate_issued(tools: None, tmp_path: Path, challenge: str) -> None:
    ports = entry_ports()
    with authority(tmp_path / "authority", ports) as issuer:
        named = {"directory": issuer.directory, "challenge": challenge}
        changes = {
            "topology/online.yaml": {"entry": {"tls": {"issuer": named}}},
            "tenants.yaml": {"tenants": {"acme": {"certificate": "issued"}}},
        }
        trusting = {"LEGO_CA_CERTIFICATES": str(issuer.certificate)}
        with gateway(tmp_path, changes, ports=ports, environment=trusting) as standing:
            root = tmp_path / "root.pem"
            root.write_text(issuer.root())
            issued = replace(standing, trusted=root)
            until(lambda: _answered(issued), f"a certificate of the authority; see {standing.log}")
            assert standing.ask(host("globex")).tenant == "globex"
            assert (standing.folder / "issued/acme.json").stat().st_mode & 0o777 == 0o600


def _answered(issued: Gateway) -> bool:
    try:
        return issued.ask(host("acme")).tenant == "acme"
    except OSError:
        return False
