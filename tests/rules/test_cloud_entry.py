"""The firewall, the entry, its backend, the DNS record and the places of the shipped spec, held against each other."""

from dataclasses import replace

import pytest

from tests.rules.edited import edited

pytestmark = pytest.mark.slow

ONLINE, GATEWAY, PLATFORM = "topology/online.yaml", "services/intake-gateway.yaml", "platform.yaml"
FROM_ENTRY = "peers: [{template: \"{{ address_of('api-gateway') }}\"}]"
FROM_BASTION = "peers: [{template: \"{{ address_of('bastion') }}\"}]"
REQUESTS = f'      - {{title: Requests from the API gateway, protocol: tcp, port: "443", {FROM_ENTRY}}}\n'
ADMIN = f'      - {{title: Administration from the bastion, protocol: tcp, port: "22", {FROM_BASTION}}}\n'
ANYBODY = "peers: [0.0.0.0/0]"
INBOUND, OUTBOUND = "    inbound:\n", "    outbound:\n"

WRONG = {
    "the entry's rule dropped": (ONLINE, REQUESTS, "", "PLB221"),
    "at another port": (ONLINE, 'port: "443", peers: [{t', 'port: "444", peers: [{t', "PLB221"),
    "from another": (ONLINE, FROM_ENTRY, FROM_BASTION, "PLB221"),
    "by another protocol": (ONLINE, "gateway, protocol: tcp", "gateway, protocol: udp", "PLB221"),
    "the record leads to the bastion": (ONLINE, "address: api-gateway", "address: bastion", "PLB221"),
    "the record leads to another role": (ONLINE, "target: control", "target: gateway", "PLB224"),
    "the backend open to everybody": (ONLINE, FROM_ENTRY, ANYBODY, "PLB222"),
    "SSH open to everybody": (ONLINE, FROM_BASTION, ANYBODY, "PLB222"),
    "SSH open to all of IPv6": (ONLINE, FROM_BASTION, FROM_BASTION.replace("[{", '["::/0", {'), "PLB222"),
    "a store open to everybody": (
        ONLINE,
        INBOUND,
        INBOUND + f'      - {{title: Store, protocol: tcp, port: "5432", {ANYBODY}}}\n',
        "PLB222",
    ),
    "everything open": (
        ONLINE,
        INBOUND,
        INBOUND + f"      - {{title: All, protocol: tcp, port: any, {ANYBODY}}}\n",
        "PLB222",
    ),
    "nobody enters": (ONLINE, ADMIN, "", "PLB226"),
    "who enters is shut out": (ONLINE, FROM_BASTION, FROM_ENTRY, "PLB226"),
    "an endpoint shut out": (
        ONLINE,
        '      - {title: Embedding API, protocol: tcp, port: "443", peers: [0.0.0.0/0]}\n',
        "",
        "PLB223",
    ),
    "an endpoint at another port": (
        "services/serving.yaml",
        "https://openrouter.ai/api",
        "https://openrouter.ai:8443/api",
        "PLB223 far",
    ),
    "the entry asks elsewhere": (ONLINE, "health_path: /health\n", "health_path: /healthz\n", "PLB225"),
    "the backend answers elsewhere": (
        GATEWAY,
        "http: {port: http, path: /health}",
        "http: {port: http, path: /healthz}",
        "PLB225",
    ),
    "the entry asks another port": (ONLINE, "backend_port: 443", "backend_port: 444", "PLB213"),
    "published elsewhere": (GATEWAY, "{address: 0.0.0.0, port: 443}", "{address: 0.0.0.0, port: 444}", "PLB213"),
    "a place of another role": (PLATFORM, "role: gateway\n", "role: worker\n", "PLB226"),
    "a place that leads elsewhere": (PLATFORM, 'server_name("db", index)', 'server_name("worker", index)', "PLB226"),
}

LEGAL = {
    "an office may enter too": (
        ONLINE,
        INBOUND,
        INBOUND + '      - {title: Office, protocol: tcp, port: "22", peers: [198.51.100.0/24]}\n',
    ),
    "one host for a program of the node": (
        ONLINE,
        INBOUND,
        INBOUND + '      - {title: Metrics, protocol: tcp, port: "9100", peers: [198.51.100.7/32]}\n',
    ),
    "ping": (ONLINE, INBOUND, INBOUND + f"      - {{title: Ping, protocol: icmp, {ANYBODY}}}\n"),
    "a range that holds the port": (ONLINE, 'port: "443", peers: [{t', 'port: "440-450", peers: [{t'),
    "out to one more": (
        ONLINE,
        OUTBOUND,
        OUTBOUND + '      - {title: Mirror, protocol: tcp, port: "80", peers: [192.0.2.0/24]}\n',
    ),
    "another address of the entry": (ONLINE, "api-gateway: 192.0.2.10/32", "api-gateway: 192.0.2.11/32"),
    "the address written out": (ONLINE, FROM_ENTRY, "peers: [192.0.2.10/32]"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_contradicts_the_entry_is_found_once_where_it_was_edited(name: str) -> None:
    file, old, new, rule = WRONG[name]
    found = edited(file, old, new)
    # the matrix promises where the gateway is published, and backups where they go; both say so at lines of their own
    found = replace(found, found=[each for each in found.found if each[0] not in ("PLB721", "PLB878")])
    assert found.rules == [rule.split()[0]]
    assert found.is_near or rule.endswith("far")


@pytest.mark.parametrize("name", LEGAL)
def test_an_ordinary_change_of_the_firewall_is_left_alone(name: str) -> None:
    assert edited(*LEGAL[name]).found == []
