"""What is the same for every call: tokens, paths, pages, filters, the rate limit, faults."""

import time
from contextlib import nullcontext

import pytest
import requests
from hcloud import APIException, Client
from hcloud.actions import ActionFailedException

from tests.fake_hcloud import ApiFault, FakeCloud, Rate, fake_cloud
from tests.fake_hcloud.errors import ApiError
from tests.fake_hcloud.faults import Mode
from tests.fake_hcloud.limit import RequestBucket
from tests.fake_hcloud.making import KEY, Sdk, network, refused, server, volume


def get(cloud: FakeCloud, path: str, token: str | None = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(cloud.endpoint + path, headers=headers, timeout=5)


def test_an_unknown_path_is_404_and_a_missing_token_401(cloud: FakeCloud) -> None:
    assert [get(cloud, path).status_code for path in ("/nothing", "/servers")] == [404, 401]
    assert get(cloud, "/servers", "wrong").json()["error"]["code"] == "unauthorized"


def test_what_was_removed_says_so(cloud: FakeCloud) -> None:
    assert [get(cloud, path, cloud.token).status_code for path in ("/datacenters", "/actions")] == [410, 410]


def test_a_token_that_only_reads(cloud: FakeCloud) -> None:
    reader: Sdk = Client(cloud.read_only_token, api_endpoint=cloud.endpoint)
    assert reader.servers.get_all() == []
    with refused("token_readonly"):
        network(reader)
    assert not cloud.objects("networks")


def test_pages_hold_25_or_at_most_50_and_the_last_has_no_next(cloud: FakeCloud, client: Sdk) -> None:
    for number in range(60):
        client.placement_groups.create(f"group-{number}", "spread")
    first = get(cloud, "/placement_groups", cloud.token).json()
    assert len(first["placement_groups"]) == 25
    assert first["meta"]["pagination"]["next_page"] == 2
    last = get(cloud, "/placement_groups?per_page=50&page=2", cloud.token).json()["meta"]["pagination"]
    assert (last["next_page"], last["last_page"], last["total_entries"]) == (None, 2, 60)
    assert get(cloud, "/placement_groups?per_page=51", cloud.token).status_code == 422
    assert len({group.id for group in client.placement_groups.get_all()}) == 60


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("a", "xz"),
        ("!a", "y"),
        ("a=1", "x"),
        ("a==1", "x"),
        ("a!=1", "yz"),
        ("a in (1, 2)", "xz"),
        ("a notin (1,3)", "yz"),
        ("a,b=2", "z"),
        ("a in (1,2),!b", "x"),
    ],
)
def test_label_selectors(client: Sdk, selector: str, names: str) -> None:
    for name, labels in {"x": {"a": "1"}, "y": {"b": "2"}, "z": {"a": "2", "b": "2"}}.items():
        client.placement_groups.create(name, "spread", labels=labels)
    found = client.placement_groups.get_all(label_selector=selector)
    assert "".join(sorted(group.name for group in found)) == names


@pytest.mark.parametrize("labels", [{"a b": ""}, {"a": "x/y"}, {"a": "x" * 64}, {"hetzner.cloud/a": "1"}, {"a": "1\n"}])
def test_labels_that_the_api_refuses(client: Sdk, labels: dict[str, str]) -> None:
    with refused("invalid_input"):
        client.placement_groups.create("x", "spread", labels=labels)


def test_a_name_is_taken_within_its_kind_only(client: Sdk) -> None:
    network(client, "same")
    client.placement_groups.create("same", "spread")
    with refused("uniqueness_error"):
        network(client, "same")


def test_the_rate_limit_answers_429_with_its_headers() -> None:
    with fake_cloud(rate=(3, 0.001)) as cloud:
        answers = [get(cloud, "/servers", cloud.token) for _ in range(4)]
        assert [it.status_code for it in answers] == [200, 200, 200, 429]
        assert [it.headers["RateLimit-Remaining"] for it in answers] == ["2", "1", "0", "0"]
        assert answers[-1].json()["error"]["code"] == "rate_limit_exceeded"
        assert get(cloud, "/actions/1", cloud.token).status_code == 404  # has a limit of its own


def test_the_rate_limit_refills() -> None:
    time_now = [0.0]
    bucket = RequestBucket(Rate(2, 0.5), clock=lambda: time_now[0])
    for passed, there in ((0.0, True), (0.0, True), (0.0, False), (1.0, False), (1.0, True), (60.0, True)):
        time_now[0] += passed
        with nullcontext() if there else pytest.raises(ApiError):
            bucket.take()
    assert bucket.tokens == 1


def test_the_account_has_limits() -> None:
    with fake_cloud(limits={"networks": 1}) as cloud:
        client: Sdk = Client(cloud.token, api_endpoint=cloud.endpoint)
        network(client)
        with refused("resource_limit_exceeded"):
            network(client, "more")


def test_calls_are_recorded(cloud: FakeCloud, client: Sdk) -> None:
    network(client)
    client.networks.get_all()
    assert [(it.method, it.path, it.status) for it in cloud.calls] == [
        ("POST", "/networks", 201),
        ("GET", "/networks", 200),
    ]
    assert [it.body and it.body["name"] for it in cloud.changing_calls()] == ["net"]


def test_an_error_before_the_effect_and_one_after(cloud: FakeCloud, client: Sdk) -> None:
    cloud.inject(ApiFault("before", nth=1, code="unavailable"))
    with refused("unavailable"):
        network(client)
    assert not cloud.objects("networks")
    cloud.inject(ApiFault("after", method="POST", path=r"^/networks$", code="server_error"))
    with refused("server_error"):
        network(client)
    assert len(cloud.objects("networks")) == 1


def test_a_fault_strikes_the_nth_changing_call_after_it(cloud: FakeCloud, client: Sdk) -> None:
    cloud.inject(ApiFault("before", nth=2))
    network(client, "first")
    client.networks.get_all()
    with refused("server_error"):
        network(client, "second")
    network(client, "third")


@pytest.mark.parametrize(("mode", "made"), [("timeout", 1), ("timeout_before", 0)])
def test_no_answer_at_all(cloud: FakeCloud, client: Sdk, mode: Mode, made: int) -> None:
    cloud.inject(ApiFault(mode, nth=1))
    with pytest.raises(requests.ConnectionError):
        network(client)
    assert len(cloud.objects("networks")) == made
    assert [it.status for it in cloud.calls] == [0]


def test_the_sdk_repeats_a_call_that_timed_out_and_finds_the_name_taken(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hcloud._client.time.sleep", lambda _: None)
    client: Sdk = Client(cloud.token, api_endpoint=cloud.endpoint, timeout=0.5)
    cloud.inject(ApiFault("timeout", nth=1, hang=5.0))
    with refused("uniqueness_error"):
        network(client)
    assert len(cloud.objects("networks")) == 1


def test_an_action_that_fails_has_no_effect(cloud: FakeCloud, client: Sdk) -> None:
    one, data = server(client), volume(client)
    cloud.inject(ApiFault("action_error", path="/actions/attach$"))
    with pytest.raises(ActionFailedException):
        data.attach(one).wait_until_finished()
    assert cloud.objects("volumes")[data.id]["server"] is None


def test_an_action_runs_until_it_was_asked_for_so_often() -> None:
    with fake_cloud(action_polls=3, action_seconds=60) as cloud:
        client: Sdk = Client(cloud.token, api_endpoint=cloud.endpoint)
        action = client.volumes.create(10, "data", location=client.locations.get_by_name("nbg1")).action
        seen = [action.status] + [client.actions.get_by_id(action.id).status for _ in range(3)]
        assert seen == ["running", "running", "running", "success"]


def test_an_action_that_nobody_asks_for_ends_too() -> None:
    with fake_cloud(action_polls=99, action_seconds=0.05) as cloud:
        client: Sdk = Client(cloud.token, api_endpoint=cloud.endpoint)
        client.volumes.create(10, "data", location=client.locations.get_by_name("nbg1"))
        time.sleep(0.06)
        assert client.volumes.get_all()[0].status == "available"


def test_what_an_action_holds_is_locked(client: Sdk) -> None:
    one = server(client)
    action = one.power_on()
    with refused("locked"):
        one.shutdown()
    action.wait_until_finished()
    one.shutdown().wait_until_finished()


def test_sets_come_in_another_order_each_time(client: Sdk) -> None:
    net = network(client)
    for number in range(6):
        server(client, f"s{number}", networks=[net])
    orders = {tuple(it.id for it in client.networks.get_by_id(net.id).servers) for _ in range(8)}
    assert len(orders) > 1
    assert len({frozenset(it) for it in orders}) == 1


def test_a_body_with_an_unknown_field_is_refused(cloud: FakeCloud) -> None:
    headers = {"Authorization": f"Bearer {cloud.token}"}
    body = {"name": "x", "public_key": KEY, "datacenter": "nbg1-dc3"}
    answer = requests.post(f"{cloud.endpoint}/ssh_keys", json=body, headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_input")


def test_what_is_not_there(client: Sdk) -> None:
    with refused("not_found"):
        client.servers.get_by_id(1)
    assert client.servers.get_by_name("nobody") is None
    with pytest.raises(APIException):
        client.actions.get_by_id(1)
