"""Nothing of the API is ignored by mistake: each field is compared or left out for a reason, and no form of it stops a look."""

import importlib
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from functools import cache
from typing import Any

import pytest

from plumbline.spec.spec import Spec
from tests.cloud import drifting
from tests.cloud.drifting import Provisioned
from tests.stack.conftest import shipped_spec
from validators.cloud.fields import COMPARED, LEFT_OUT, is_known, unknown_fields
from validators.cloud.reading import LISTS, snapshot_of
from validators.cloud.verify import judge, states_of

DOMAINS = {
    "server": (
        "servers",
        "Server",
        {"public_net": ("servers", "PublicNetwork"), "private_net[]": ("servers", "PrivateNet")},
    ),
    "network": (
        "networks",
        "Network",
        {"subnets[]": ("networks", "NetworkSubnet"), "routes[]": ("networks", "NetworkRoute")},
    ),
    "firewall": ("firewalls", "Firewall", {"rules[]": ("firewalls", "FirewallRule")}),
    "volume": ("volumes", "Volume", {}),
    "placement_group": ("placement_groups", "PlacementGroup", {}),
    "record": ("zones", "ZoneRRSet", {"records[]": ("zones", "ZoneRecord")}),
    "zone": ("zones", "Zone", {"authoritative_nameservers": ("zones", "ZoneAuthoritativeNameservers")}),
    "ssh_key": ("ssh_keys", "SSHKey", {}),
    "primary_ip": ("primary_ips", "PrimaryIP", {}),
    "floating_ip": ("floating_ips", "FloatingIP", {}),
    "load_balancer": ("load_balancers", "LoadBalancer", {"targets[]": ("load_balancers", "LoadBalancerTarget")}),
    "certificate": ("certificates", "Certificate", {"status": ("certificates", "ManagedCertificateStatus")}),
    "image": ("images", "Image", {}),
}
"""The SDK's classes for each kind: what the API was known to show when the SDK was released."""
THE_SDKS = {"server.public_net.primary_ipv4", "server.public_net.primary_ipv6"}
"""What the SDK adds to what the API shows."""
OTHER = {
    "iso": {"id": 1, "name": "rescue.iso"},
    "vswitch_id": 7,
    "public_key": "ssh-ed25519 AAAA",
    "labels": {"managed_by": "plumbline", "tenant_id": "acme"},
}
"""Where just any other value would not do."""
OF_ORPHANS = {("primary_ip", "name"), ("server", "labels.plumbline_new")}
"""Compared of what no server has; held by cases of drift. And a mark of provisioning, of which no spec speaks."""
DROP = object()
FORMS = (DROP, None, "x", 7, True, [], {}, [None], [{}])
LEAST_COMPARED = 45
LATER = date(2027, 1, 1)


@pytest.fixture(scope="module")
def raws(shipped: Spec, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Any]]]:
    """What the API shows of both tenants of the shipped spec, by kind."""
    with drifting.provisioned(shipped, tmp_path_factory.mktemp("journals")) as found:
        yield raws_of(found)


def raws_of(project: Provisioned) -> dict[str, list[Any]]:
    objects = project.cloud.objects
    lists: dict[str, list[Any]] = {kind: list(objects(plural).values()) for kind, plural in LISTS.items()}
    zone = lists["zone"][0]
    lists |= {"image": list(objects("images").values()), "record example.com": list(zone["rrsets"].values())}
    lists["zone"] = [{key: value for key, value in zone.items() if key != "rrsets"}]
    return deepcopy(lists)


@cache
def desired() -> list[dict[str, Any]]:
    """Both tenants' desired states."""
    return states_of(shipped_spec(), ["acme", "globex"])


def told(spec: Spec, raws: dict[str, list[Any]]) -> list[tuple[str, str, str]]:
    """What does not match, by tenant; nothing of it is dropped."""
    snapshot = snapshot_of(dict(raws), {})
    judged = judge(spec, desired(), snapshot, LATER, everything=True)
    wrong = [each for each in judged if each.check.outcome != "matches"]
    return sorted((each.check.where, each.rule, f"{each.check.subject} {each.check.difference}") for each in wrong)


def places(raw: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in an object, inner ones last."""
    if at:
        yield at
    inner = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    for key, value in inner:
        yield from places(value, (*at, key))


def put(raw: Any, place: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value at a place."""
    copy = deepcopy(raw)
    target = copy
    for key in place[:-1]:
        target = target[key]
    if value is DROP:
        del target[place[-1]]
    else:
        target[place[-1]] = value
    return copy


def named(place: tuple[Any, ...]) -> str:
    """A place as the tables write it."""
    return "".join("[]" if isinstance(key, int) else f".{key}" for key in place).lstrip(".")


def acmes(raws: dict[str, list[Any]]) -> Iterator[tuple[str, int]]:
    """The first object of each kind, list and index, that is acme's or the project's."""
    for kind, found in raws.items():
        own = [number for number, raw in enumerate(found) if "acme" in raw["name"] or kind in ("zone", "ssh_key")]
        if kind == "primary_ip":
            own = [0]
        if kind == "server":
            own = [number for number, raw in enumerate(found) if raw["name"] == "tenant-acme-db-1"]
        if own and kind not in ("server_type", "image"):
            yield kind, own[0]


@pytest.mark.parametrize("kind", DOMAINS)
def test_each_field_that_the_sdk_knows_stands_in_a_table(kind: str) -> None:
    module, top, below = DOMAINS[kind]
    for prefix, (where, name) in {"": (module, top), **below}.items():
        domain = getattr(importlib.import_module(f"hcloud.{where}.domain"), name)
        fields = getattr(domain, "__api_properties__", domain.__slots__)
        for field in fields:
            path = f"{prefix}.{field}".lstrip(".")
            if f"{kind}.{path}" not in THE_SDKS and field not in below:
                assert is_known(kind, path), f"{kind}.{path}"


def test_each_kind_stands_in_both_tables_and_each_reason_is_one() -> None:
    assert COMPARED.keys() == LEFT_OUT.keys() == DOMAINS.keys()
    for kind, reasons in LEFT_OUT.items():
        assert not set(COMPARED[kind]) & reasons.keys(), kind
        assert all(len(reason) > 10 for reason in reasons.values())


def test_a_field_that_nobody_knows_is_named(raws: dict[str, list[Any]]) -> None:
    assert unknown_fields("server", raws["server"]) == set()
    assert unknown_fields("server", [raws["server"][0] | {"gpu": {"count": 1}}]) == {"server.gpu.count"}


@pytest.mark.slow
def test_each_field_that_is_said_to_be_compared_is(shipped: Spec, raws: dict[str, list[Any]]) -> None:
    clean = told(shipped, raws)
    tried = set()
    for kind, number in acmes(raws):
        word = kind.split(" ")[0]
        raw = raws[kind][number]
        for place in places(raw):
            path, value = named(place), raw
            for key in place:
                value = value[key]
            table = [each for each in COMPARED[word] if path == each or path.startswith((f"{each}.", f"{each}["))]
            if not table or (value and isinstance(value, dict | list)) or (word, path) in tried | OF_ORPHANS:
                continue
            tried.add((word, path))
            other = OTHER.get(str(place[-1])) or changed(value)
            after = [*raws[kind][:number], put(raw, place, other), *raws[kind][number + 1 :]]
            assert told(shipped, raws | {kind: after}) != clean, f"{word}.{path}: {value!r} → {other!r}"
    assert len(tried) >= LEAST_COMPARED


def changed(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value - 1
    if isinstance(value, str):
        return f"{value}x"
    return ["other"] if isinstance(value, list) else "other"


@pytest.mark.slow
def test_no_form_of_a_field_stops_a_look_or_reaches_another_tenant(shipped: Spec, raws: dict[str, list[Any]]) -> None:
    before = [each for each in told(shipped, raws) if each[0] == "globex"]
    for kind, number in acmes(raws):
        for place in places(raws[kind][number]):
            for form in FORMS:
                after = [*raws[kind]]
                after[number] = put(raws[kind][number], place, form)
                found = told(shipped, raws | {kind: after})
                if kind not in ("ssh_key", "zone"):
                    assert [each for each in found if each[0] == "globex"] == before, (kind, place, form)


def test_all_fields_of_an_object_can_be_missing(shipped: Spec, raws: dict[str, list[Any]]) -> None:
    for kind, found in raws.items():
        told(shipped, raws | {kind: [{}, *found, {}]})
