"""Servers and what is attached to them."""

from typing import Any

import pytest
from hcloud.firewalls import FirewallResource, FirewallResourceLabelSelector, FirewallRule
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.networks import NetworkRoute, NetworkSubnet
from hcloud.server_types import ServerType
from hcloud.servers import ServerCreatePublicNetwork

from tests.fake_hcloud import FakeCloud
from tests.fake_hcloud.making import KEY, NBG1, Sdk, network, refused, server, volume

SSH = FirewallRule(direction="in", protocol="tcp", port="22", source_ips=["0.0.0.0/0", "2001:DB8:0:0::/32"])
PRIVATE_ONLY = ServerCreatePublicNetwork(enable_ipv4=False, enable_ipv6=False)


def test_a_server_with_everything(cloud: FakeCloud, client: Sdk) -> None:
    group = client.placement_groups.create("spread", "spread").placement_group
    firewall = client.firewalls.create("edge", rules=[SSH]).firewall
    net, data, key = network(client), volume(client, format="ext4"), client.ssh_keys.create("ops", KEY)
    made = client.servers.create(
        "web-1",
        ServerType(name="cx23"),
        Image(name="ubuntu-24.04"),
        location=NBG1,
        ssh_keys=[key],
        volumes=[data],
        networks=[net],
        firewalls=[firewall],
        placement_group=group,
        user_data="#cloud-config",
        labels={"role": "web"},
    )
    assert (made.server.status, made.root_password, made.server.locked) == ("initializing", None, True)
    made.action.wait_until_finished()
    assert client.servers.get_by_name("web-1").status == "starting"
    for action in made.next_actions:
        action.wait_until_finished()
    one = client.servers.get_by_name("web-1")
    assert (one.status, one.private_net[0].ip, one.volumes[0].id) == ("running", "10.0.1.2", data.id)
    assert one.public_net.firewalls[0].status == "applied"
    assert "user_data" not in cloud.objects("servers")[one.id]
    assert {it.type for it in client.primary_ips.get_all()} == {"ipv4", "ipv6"}


def test_deleting_a_server_frees_what_it_had_when_the_action_ends(cloud: FakeCloud, client: Sdk) -> None:
    firewall = client.firewalls.create("edge", rules=[SSH]).firewall
    firewall.get_actions()
    cloud.finish_actions()
    data = volume(client)
    one = server(client, firewalls=[firewall], volumes=[data])
    action = one.delete()
    assert client.servers.get_by_name("one") is None
    with refused("resource_in_use"):
        firewall.delete()
    action.wait_until_finished()
    firewall.delete()
    data.delete()
    assert not any(cloud.objects(kind) for kind in ("servers", "volumes", "firewalls", "primary_ips"))


def test_a_type_that_is_sold_out_comes_back(cloud: FakeCloud, client: Sdk) -> None:
    cloud.sold_out("cx23", "nbg1")
    offers = {it.location.name: it.available for it in client.server_types.get_by_name("cx23").locations}
    assert offers == {"fsn1": True, "nbg1": False, "hel1": True}
    with refused("resource_unavailable"):
        server(client)
    server(client, location=Location(name="fsn1"))
    cloud.sold_out("cx23", "nbg1", available=True)
    server(client, "two")


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("not_found", {"type": "cx22"}),
        ("not_found", {"image": "debian-9"}),
        ("invalid_input", {"type": "cpx11"}),
        ("invalid_input", {"location": Location(name="ash")}),
        ("invalid_input", {"name": "under_score"}),
        ("invalid_input", {"user_data": "é" * (16 * 1024 + 1)}),
        ("invalid_input", {"public_net": PRIVATE_ONLY, "start_after_create": True}),
    ],
)
def test_servers_that_can_not_be_made(cloud: FakeCloud, client: Sdk, code: str, asked: dict[str, Any]) -> None:
    with refused(code):
        server(client, **asked)
    assert not cloud.objects("servers")


def test_the_image_of_a_name_is_that_of_the_architecture(client: Sdk) -> None:
    assert server(client, type="cax11").image.architecture == "arm"
    assert client.images.get_by_name_and_architecture("debian-11", "x86").deprecation is not None


def test_a_fixed_address_in_a_network(client: Sdk) -> None:
    net, one, two = network(client), server(client), server(client, "two")
    one.attach_to_network(net, ip="10.0.1.7").wait_until_finished()
    with refused("server_already_attached"):
        one.attach_to_network(net)
    for taken in ("10.0.1.7", "10.0.1.0", "10.0.1.1", "10.0.1.255"):
        with refused("ip_not_available"):
            two.attach_to_network(net, ip=taken)
    with refused("no_subnet_available"):
        two.attach_to_network(net, ip="10.0.2.7")
    with refused("no_subnet_available"):
        server(client, "far", type="ccx13", location=Location(name="ash")).attach_to_network(net)
    with refused("networks_overlap"):
        one.attach_to_network(network(client, "other", "10.0.0.0/8"))
    assert [it.ip for it in client.networks.get_member_all(net)] == ["10.0.1.7"]
    net.delete()
    assert client.servers.get_by_id(one.id).private_net == []


def test_subnets_and_routes(client: Sdk) -> None:
    net, one = network(client), server(client)
    cloud_subnet: dict[str, Any] = {"type": "cloud", "network_zone": "eu-central"}
    net.add_subnet(NetworkSubnet(ip_range="10.0.2.0/24", **cloud_subnet)).wait_until_finished()
    for ip_range in ("10.0.2.128/25", "10.1.0.0/24", "10.0.3.1/24", "10.0.3.0/31"):
        with refused("invalid_input"):
            net.add_subnet(NetworkSubnet(ip_range=ip_range, **cloud_subnet))
    one.attach_to_network(net, ip="10.0.1.7").wait_until_finished()
    net.add_route(NetworkRoute("0.0.0.0/0", "10.0.1.7")).wait_until_finished()
    with refused("service_error"):
        net.delete_subnet(NetworkSubnet(ip_range="10.0.1.0/24", **cloud_subnet))
    net.delete_subnet(NetworkSubnet(ip_range="10.0.2.0/24", **cloud_subnet)).wait_until_finished()
    net.change_protection(delete=True).wait_until_finished()
    with refused("protected"):
        net.delete()


def test_volumes(client: Sdk) -> None:
    one, data = server(client), volume(client)
    assert data.linux_device == f"/dev/disk/by-id/scsi-0HC_Volume_{data.id}"
    data.attach(one).wait_until_finished()
    with refused("service_error"):
        data.delete()
    with refused("volume_already_attached"):
        data.attach(server(client, "two"))
    data.resize(20).wait_until_finished()
    with refused("invalid_input"):
        data.resize(20)
    data.detach().wait_until_finished()
    with refused("invalid_input"):
        data.attach(server(client, "far", location=Location(name="fsn1")))
    data.change_protection(delete=True).wait_until_finished()
    with refused("protected"):
        data.delete()


def test_a_larger_type(client: Sdk) -> None:
    one = server(client, start_after_create=True)
    with refused("server_not_stopped"):
        one.change_type(ServerType(name="cx33"), upgrade_disk=False)
    one.power_off().wait_until_finished()
    with refused("invalid_server_type"):
        one.change_type(ServerType(name="cax21"), upgrade_disk=False)
    one.change_type(ServerType(name="cx33"), upgrade_disk=False).wait_until_finished()
    one.reload()
    assert (one.server_type.name, one.primary_disk_size, one.status) == ("cx33", 40, "running")
    one.power_off().wait_until_finished()
    one.change_type(ServerType(name="cx43"), upgrade_disk=True).wait_until_finished()
    one.power_off().wait_until_finished()
    with refused("invalid_server_type"):
        one.change_type(ServerType(name="cx33"), upgrade_disk=False)


def test_protection_of_a_server_is_one_thing(client: Sdk) -> None:
    one = server(client)
    with refused("invalid_input"):
        one.change_protection(delete=True)
    one.change_protection(delete=True, rebuild=True).wait_until_finished()
    with refused("protected"):
        one.delete()


def test_firewall_rules_come_back_in_their_normal_form(client: Sdk) -> None:
    firewall = client.firewalls.create("edge", rules=[SSH]).firewall
    assert set(firewall.rules[0].source_ips) == {"0.0.0.0/0", "2001:db8::/32"}
    wrongs: list[dict[str, Any]] = [{"port": it} for it in (None, "0", "80-79")]
    for wrong in [*wrongs, {"source_ips": ["10.0.0.1/8"]}, {"source_ips": []}]:
        rule: dict[str, Any] = {
            "direction": "in",
            "protocol": "tcp",
            "port": "22",
            "source_ips": ["10.0.0.0/8"],
            **wrong,
        }
        with refused("invalid_input"):
            client.firewalls.create("wrong", rules=[FirewallRule(**rule)])


def test_a_firewall_by_label_selector(cloud: FakeCloud, client: Sdk) -> None:
    one = server(client, labels={"role": "web"})
    by_label = FirewallResource("label_selector", label_selector=FirewallResourceLabelSelector(selector="role=web"))
    firewall = client.firewalls.create("edge", rules=[SSH], resources=[by_label]).firewall
    cloud.finish_actions()
    assert client.servers.get_by_id(one.id).public_net.firewalls[0].firewall.id == firewall.id
    with refused("firewall_managed_by_label_selector"):
        firewall.remove_from_resources([FirewallResource("server", server=one)])
    one.update(labels={})
    assert client.servers.get_by_id(one.id).public_net.firewalls == []


def test_a_firewall_needs_a_public_interface(client: Sdk) -> None:
    firewall = client.firewalls.create("edge").firewall
    with refused("private_net_only_server"):
        firewall.apply_to_resources([FirewallResource("server", server=server(client, public_net=PRIVATE_ONLY))])
    one = server(client, "public")
    firewall.apply_to_resources([FirewallResource("server", server=one)])[0].wait_until_finished()
    with refused("firewall_already_applied"):
        firewall.apply_to_resources([FirewallResource("server", server=one)])
    with refused("resource_in_use"):
        firewall.delete()


def test_a_placement_group_holds_ten(client: Sdk) -> None:
    group = client.placement_groups.create("spread", "spread").placement_group
    for number in range(10):
        server(client, f"s{number}", placement_group=group)
    with refused("placement_group_member_limit_reached"):
        server(client, "more", placement_group=group)


def test_primary_ips(client: Sdk) -> None:
    made = client.primary_ips.create(type="ipv4", name="entry", location=NBG1)
    address = client.primary_ips.get_by_id(made.primary_ip.id)
    assert (address.assignee_type, address.assignee_id) == ("unassigned", None)
    one = server(client, public_net=ServerCreatePublicNetwork(ipv4=address, enable_ipv6=False))
    assert one.public_net.ipv4.ip == address.ip
    with refused("must_be_unassigned"):
        address.delete()
    one.power_on().wait_until_finished()
    with refused("server_not_stopped"):
        address.unassign()
    one.delete().wait_until_finished()
    assert client.primary_ips.get_by_id(address.id).assignee_type == "unassigned"
    address.delete()


def test_an_ssh_key_is_there_once(client: Sdk) -> None:
    key = client.ssh_keys.create("ops", KEY)
    assert key.fingerprint == "65:96:2d:fc:e8:d5:a9:11:64:0c:0f:ea:00:6e:5b:bd"
    assert client.ssh_keys.get_by_fingerprint(key.fingerprint).name == "ops"
    with refused("uniqueness_error"):
        client.ssh_keys.create("again", KEY.replace("user@host", "somebody"))


def test_what_somebody_takes_away_is_gone_from_everything(cloud: FakeCloud, client: Sdk) -> None:
    net = network(client)
    one = server(client, networks=[net], volumes=[volume(client)])
    cloud.remove("servers", one.id)
    assert client.volumes.get_all()[0].server is None
    assert client.networks.get_by_id(net.id).servers == []
    assert not cloud.objects("primary_ips")
