"""The generated configuration in the real gateway: who is routed where, over what, how often, and what is left out."""

import http.client
import json
import ssl
import subprocess
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.gateway.standing import Gateway, answer, gateway, host, listening
from tests.stack.waiting import HANG_S, until

pytestmark = pytest.mark.slow

ACME, GLOBEX = host("acme"), host("globex")
_ROUNDS = 20
"""A slow machine asks more slowly than the limit lets through, once or twice."""


@pytest.fixture(scope="module")
def entry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The gateway with two tenants, whose backends it asks every second."""
    changes = {"topology/online.yaml": {"entry": {"health_interval_s": 1}}}
    with gateway(tmp_path_factory.mktemp("gateway"), changes) as standing:
        yield standing


def test_each_host_name_leads_to_its_tenant(entry: Gateway) -> None:
    assert entry.ask(ACME).tenant == "acme"
    assert entry.ask(GLOBEX).tenant == "globex"
    assert entry.ask(f"{ACME.upper()}:443", name=ACME).tenant == "acme"
    assert entry.ask("stranger.localhost", name=ACME).status == 404


def test_each_tenant_has_its_own_certificate(entry: Gateway) -> None:
    for tenant, name in (("acme", ACME), ("globex", GLOBEX)):
        connection = entry.connect(name)
        assert isinstance(connection.sock, ssl.SSLSocket)
        certificate = connection.sock.getpeercert()
        connection.close()
        assert certificate and certificate["subject"] == ((("commonName", tenant),),)
    with pytest.raises(ssl.SSLError, match="unrecognized name"):
        entry.connect("stranger.localhost")


def test_the_host_counts_not_the_name_in_the_handshake(entry: Gateway) -> None:
    assert entry.ask(GLOBEX, name=ACME).tenant == "globex"


def test_old_tls_is_refused(entry: Gateway) -> None:
    call = ["openssl", "s_client", "-connect", f"127.0.0.1:{entry.ports['https']}", "-servername", ACME]
    call += ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"]
    done = subprocess.run(call, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "alert protocol version" in done.stderr


@pytest.mark.parametrize(("method", "status"), [("GET", 301), ("POST", 308)])
def test_plain_http_is_sent_to_https(entry: Gateway, method: str, status: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", entry.ports["http"], timeout=HANG_S)
    connection.request(method, "/v1/documents?a=b", headers={"Host": ACME})
    got = connection.getresponse()
    assert got.status == status
    assert got.getheader("Location") == f"https://{ACME}:{entry.ports['https']}/v1/documents?a=b"
    connection.close()


def test_answers_carry_strict_transport(entry: Gateway) -> None:
    assert entry.ask(ACME).headers["strict-transport-security"] == "max-age=31536000"


def test_a_header_that_is_too_long_is_refused(entry: Gateway) -> None:
    assert entry.ask(ACME, headers={"X-Long": "a" * 40_000}).status == 431


def test_a_client_chooses_neither_its_tenant_nor_its_origin(entry: Gateway) -> None:
    asked = entry.ask(
        ACME, headers={"X-Tenant": "globex", "X-Forwarded-For": "203.0.113.9", "X-Real-Ip": "203.0.113.9"}
    )
    seen = json.loads(asked.body)["headers"]
    assert seen["x-tenant"] == "acme"
    assert "203.0.113.9" not in json.dumps(seen)


def test_the_log_holds_no_path_and_no_header(entry: Gateway) -> None:
    entry.ask(ACME, "/v1/documents/hushhush?token=hushhush", headers={"Authorization": "Bearer hushhush"})
    until(lambda: '"RouterName":"acme@file"' in entry.log.read_text(), "the log")
    assert "hushhush" not in entry.log.read_text()


@pytest.mark.parametrize(("client", "rawdata"), [("127.0.0.1", 200), ("127.0.0.2", 404)])
def test_there_is_no_dashboard_and_what_is_routed_is_told_to_its_own_container(
    entry: Gateway, client: str, rawdata: int
) -> None:
    connection = http.client.HTTPConnection(
        "127.0.0.1", entry.ports["ping"], timeout=HANG_S, source_address=(client, 0)
    )
    asked = {path: answer(connection, path, {}).status for path in ("/ping", "/dashboard/", "/api/rawdata")}
    connection.close()
    assert asked == {"/ping": 200, "/dashboard/": 404, "/api/rawdata": rawdata}
    assert listening(entry.process) == set(entry.ports.values())


def test_an_unhealthy_backend_leaves_the_pool_and_comes_back(entry: Gateway) -> None:
    acme = entry.backends["acme"]
    acme.healthy = False
    until(lambda: entry.ask(ACME).status == 503, "503 for the ill one")
    assert entry.ask(GLOBEX).tenant == "globex"
    acme.healthy = True
    until(lambda: entry.ask(ACME).status == 200, "200 for the one that is well again")


def test_a_tenant_over_its_limit_slows_nobody_else(entry: Gateway) -> None:
    """The limit is the tenant's, however many its clients are and however they write its name. The last test: it uses it up."""
    until(lambda: entry.ask(ACME).status == 200, "a healthy backend")
    before = time.monotonic()
    acme: Counter[int] = Counter()
    for _ in range(_ROUNDS):
        for client in ("127.0.0.1", "127.0.0.2"):
            connection = entry.connect(ACME, client)
            acme.update(answer(connection, "/", {"Host": f"{ACME}:{number}"}).status for number in range(1, 201))
            connection.close()
        if acme[429]:
            break
    seconds = time.monotonic() - before
    let_through = 100 + 1000 / 60 * seconds
    assert set(acme) == {200, 429}
    assert acme[200] <= let_through + 2, (acme, seconds)
    assert acme[200] >= 90
    assert entry.ask(GLOBEX).tenant == "globex"
