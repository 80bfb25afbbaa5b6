"""DNS, certificates and load balancers."""

import subprocess
from pathlib import Path

import pytest
from hcloud.load_balancer_types import LoadBalancerType
from hcloud.zones import ZoneRecord, ZoneRRSet

from tests.fake_hcloud import FakeCloud
from tests.fake_hcloud.making import NBG1, Sdk, network, refused


@pytest.fixture
def zone(client: Sdk) -> Sdk:
    made = client.zones.create(name="example.com", mode="primary")
    made.action.wait_until_finished()
    return made.zone


def values(client: Sdk, zone: Sdk, name: str, kind: str) -> set[str]:
    return {it.value for it in client.zones.get_rrset(zone, name, kind).records}


def test_a_zone_has_its_own_records(client: Sdk, zone: Sdk) -> None:
    assert {(it.name, it.type) for it in zone.get_rrset_all()} == {("@", "SOA"), ("@", "NS")}
    assert (client.zones.get("example.com").status, zone.record_count) == ("ok", 4)


@pytest.mark.parametrize("name", ["www.example.com", "Example.org", "com", "a..com"])
def test_names_that_are_no_zone(client: Sdk, name: str) -> None:
    with refused("invalid_input"):
        client.zones.create(name=name, mode="primary")


def test_a_record_set_lives(client: Sdk, zone: Sdk) -> None:
    made = zone.create_rrset(name="acme", type="A", records=[ZoneRecord("192.0.2.1"), ZoneRecord("192.0.2.2")])
    with refused("locked"):
        zone.set_rrset_records(made.rrset, [ZoneRecord("192.0.2.3")])
    made.action.wait_until_finished()
    with refused("uniqueness_error"):
        zone.create_rrset(name="acme", type="A", records=[ZoneRecord("192.0.2.9")])
    zone.set_rrset_records(made.rrset, [ZoneRecord("192.0.2.3")]).wait_until_finished()
    zone.add_rrset_records(made.rrset, [ZoneRecord("192.0.2.4")]).wait_until_finished()
    assert values(client, zone, "acme", "A") == {"192.0.2.3", "192.0.2.4"}
    zone.change_rrset_ttl(made.rrset, 60).wait_until_finished()
    assert client.zones.get_rrset(zone, "acme", "A").ttl == 60
    zone.delete_rrset(made.rrset).action.wait_until_finished()
    with refused("not_found"):
        client.zones.get_rrset(zone, "acme", "A")


def test_records_come_in_another_order_each_time(client: Sdk, zone: Sdk) -> None:
    orders = {tuple(it.value for it in client.zones.get_rrset(zone, "@", "NS").records) for _ in range(12)}
    assert len(orders) > 1


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [("A", ["::1"]), ("AAAA", ["1.2.3.4"]), ("TXT", ["bare"]), ("A", []), ("A", ["192.0.2.1", "192.0.2.1"])],
)
def test_records_that_the_api_refuses(zone: Sdk, kind: str, wrong: list[str]) -> None:
    with refused("invalid_input"):
        zone.create_rrset(name="x", type=kind, records=[ZoneRecord(it) for it in wrong])


def test_a_record_set_that_is_protected(zone: Sdk) -> None:
    rrset = ZoneRRSet(name="@", type="NS", zone=zone)
    zone.change_rrset_protection(rrset, change=True).wait_until_finished()
    with refused("protected"):
        zone.delete_rrset(rrset)


def test_a_zone_goes_by_an_action(cloud: FakeCloud, client: Sdk, zone: Sdk) -> None:
    zone.delete().action.wait_until_finished()
    assert not cloud.objects("zones")


def test_a_load_balancer_goes_by_an_action(client: Sdk) -> None:
    net = network(client)
    made = client.load_balancers.create("front", LoadBalancerType(name="lb11"), location=NBG1, network=net)
    made.action.wait_until_finished()
    assert client.load_balancers.get_by_name("front").private_net[0].ip == "10.0.1.2"
    assert client.load_balancers.delete(made.load_balancer).action.status == "running"
    assert client.load_balancers.get_all() == []


def test_certificates(cloud: FakeCloud, client: Sdk, tmp_path: Path) -> None:
    call = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=x"]
    subprocess.run(
        [*call, "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"], capture_output=True, check=True
    )
    pem, key = ((tmp_path / name).read_text() for name in ("cert.pem", "key.pem"))
    own = client.certificates.create("own", certificate=pem, private_key=key)
    assert (own.not_valid_after - own.not_valid_before).days == 9
    made = client.certificates.create_managed("theirs", domain_names=["acme.example.com"])
    made.action.wait_until_finished()
    assert client.certificates.get_by_name("theirs").status.issuance == "completed"
    own.delete()
    assert len(cloud.objects("certificates")) == 1


def test_prices(client: Sdk) -> None:
    pricing = client.request("GET", "/pricing")["pricing"]
    prices = {it["name"]: it["prices"][0]["price_monthly"]["net"] for it in pricing["server_types"]}
    assert (pricing["currency"], prices["cx23"]) == ("EUR", "5.4900000000")
