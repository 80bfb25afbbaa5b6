"""Edges of the cloud rules, beyond their examples."""

import pytest
import yaml

from validators.rules import RULES
from validators.rules.cloud_examples import KEY, cloud_example
from validators.rules.examples import example_spec


def found(rule: str, example: str, **changes: object) -> list[str]:
    """Messages of a rule about an example with changes at dotted places of its cloud topology."""
    data = yaml.safe_load(example)
    for place, value in changes.items():
        target = data["topology/cloud.yaml"]
        *parents, last = place.split("__")
        for part in parents:
            target = target[part]
        target[last] = value
    spec = example_spec(yaml.safe_dump(data))
    return [finding.message for finding in RULES[rule].findings(spec)]


@pytest.mark.parametrize(
    ("port", "fine"), [("123", True), ("any", True), ("100-200", True), ("124-200", False), ("12", False)]
)
def test_a_port_is_let_out_by_number_range_or_any(port: str, fine: bool) -> None:
    rule = f'[{{title: t, protocol: udp, port: "{port}", peers: [0.0.0.0/0]}}]'
    assert (found("PLB509", cloud_example(outbound=rule)) == []) is fine


def test_no_outbound_rule_lets_everything_out() -> None:
    assert found("PLB509", cloud_example()) == []
    assert found("PLB211", cloud_example()) == []


@pytest.mark.parametrize(
    ("peer", "fine"),
    [("0.0.0.0/0", True), ("11.0.0.0/8", True), ("10.0.0.0/8", False), ("172.31.0.0/16", False), ("fd00::/8", False)],
)
def test_private_ranges(peer: str, fine: bool) -> None:
    rule = f'[{{title: t, protocol: tcp, port: "22", peers: ["{peer}"]}}]'
    assert (found("PLB508", cloud_example(inbound=rule)) == []) is fine


@pytest.mark.parametrize(
    ("type", "address", "fine"),
    [
        ("A", "192.0.2.1/32", True),
        ("A", "192.0.2.0/24", False),
        ("A", "2001:db8::1/128", False),
        ("A", "192.0.2.1/24", False),
        ("AAAA", "2001:db8::1/128", True),
        ("AAAA", "2001:db8::/32", False),
        ("AAAA", "192.0.2.1/32", False),
    ],
)
def test_a_record_leads_to_one_address_of_its_type(type: str, address: str, fine: bool) -> None:
    messages = found("PLB511", cloud_example(), cloud__dns__type=type, cloud__addresses={"entry": address})
    assert (messages == []) is fine


@pytest.mark.parametrize(
    "key",
    [
        KEY.replace("ssh-ed25519", "ssh-rsa"),
        KEY[:-4],
        KEY + "AAAA",
        KEY.replace("AAAAC3", "AAA=C3"),
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
        "ssh-ed25519 AAA",
    ],
)
def test_keys_that_are_none(key: str) -> None:
    assert found("PLB512", cloud_example(), cloud__ssh_keys={"admin": {"public_key": key}})


def test_a_key_stands_once() -> None:
    twice = {"a": {"public_key": KEY}, "b": {"public_key": f"{KEY} with a comment"}}
    assert found("PLB512", cloud_example(), cloud__ssh_keys=twice) == ["is the same key as `a`"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("record", "tenants"),
        ("record", "{tenant}." + "x" * 64),
        ("record", "{tenant}.-x"),
        ("record", "{tenant}" + ".xxxxxxxxx" * 25),
        ("zone", "com"),
        ("zone", "Example.com"),
        ("ttl_s", 2**31),
    ],
)
def test_beyond_dns(field: str, value: object) -> None:
    tenant = "tenants.yaml: {tenants: {acme: {title: A, octet: 1, state: ACTIVE}}}\n"
    assert found("PLB514", tenant + cloud_example(), **{f"cloud__dns__{field}": value})
    assert not found("PLB514", tenant + cloud_example())


def test_a_variant_carries_the_volume_of_its_role() -> None:
    roles = yaml.safe_load(cloud_example())["topology/cloud.yaml"]["roles"]
    large = {**roles["node"], "services": [], "variant_of": "node"}
    assert found("PLB518", cloud_example(count=0), roles={"node": {**roles["node"], "count": 0}, "large": large}) == []


def test_room_is_the_cloud_volumes_on_the_role_that_carries_it() -> None:
    sizes = "services/db.yaml: {volume_gb: {data: 11}}\n"
    assert found("PLB510", sizes + cloud_example())
    assert not found("PLB510", sizes + cloud_example(), cloud__volume__size_gb=11)


def test_a_size_is_of_a_volume() -> None:
    assert found("PLB510", "services/db.yaml: {volume_gb: {dat: 1}}\n" + cloud_example()) == [
        "`db` has no volume `dat`"
    ]


@pytest.mark.parametrize("port", ["0", "65536", "20-10", "1-70000"])
def test_ports_that_are_none(port: str) -> None:
    rule = f'[{{title: t, protocol: tcp, port: "{port}", peers: [0.0.0.0/0]}}]'
    assert found("PLB504", cloud_example(inbound=rule))


def test_labels_that_provisioning_keeps_are_taken() -> None:
    assert found("PLB504", cloud_example(), cloud__labels={"user_data": "x"})
    assert found("PLB504", cloud_example(), cloud__labels={"plumbline_node_files": "x"})


def test_what_is_gone_is_reported_once() -> None:
    """By the rule that says what took its place, not as a reference to nothing as well."""
    assert found("PLB501", cloud_example(server_type="cx22"))
    assert not found("PLB101", cloud_example(server_type="cx22"))
    assert found("PLB101", cloud_example(server_type="cx34"))
