"""Restarts for security updates: no two roles of a tenant together, tenants one after the other, and the engine's packages by nobody."""

import re
from itertools import combinations

import pytest
import yaml

from generators.cloud.first_boot import user_data
from plumbline.effective.security_restarts import minutes_apart, restart_at
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from tests.first_boot.test_user_data import FILES, ROLES, SPEC, files, shipped

DAY = 24 * 60
STARTS_IN = 20
"""Minutes within which a node is back, with all that it runs."""


def minutes(text: str) -> int:
    hours, rest = map(int, text.split(":"))
    return hours * 60 + rest


def of_tenants(count: int) -> Spec:
    """The shipped spec with many tenants."""
    tenants = {f"t{octet}": {"title": "T", "octet": octet, "state": "ACTIVE"} for octet in range(1, count + 1)}
    update = FILES["update.yaml"].replace("[acme]", "[t1]")
    spec, findings = load_spec({**FILES, "tenants.yaml": yaml.safe_dump({"tenants": tenants}), "update.yaml": update})
    assert spec, findings
    return spec


@pytest.mark.parametrize(("at", "window"), [("03:30", 180), ("23:50", 60), ("00:00", 1440), ("12:00", 61)])
def test_no_two_roles_of_a_tenant_restart_together(at: str, window: int) -> None:
    spec = shipped(first_boot=f'{{"reboot_at": "{at}", "reboot_window_min": {window}}}')
    apart = minutes_apart(spec, "online")
    assert apart >= STARTS_IN
    for tenant in spec.tenants.tenants:
        for one, other in combinations(("gateway", "worker", "db"), 2):
            between = (
                minutes(restart_at(spec, "online", tenant, one)) - minutes(restart_at(spec, "online", tenant, other))
            ) % DAY
            # the window is a circle: its end leads to its start
            assert min(between, DAY - between, abs(window - between), abs(DAY - window - between)) >= apart - 1


def test_every_restart_is_within_the_window_and_a_variant_has_its_roles_time() -> None:
    spec = of_tenants(200)
    cloud = spec.topology["online"].cloud
    assert cloud is not None
    start, window = minutes(cloud.first_boot.reboot_at), cloud.first_boot.reboot_window_min
    for tenant in spec.tenants.tenants:
        assert all((minutes(restart_at(spec, "online", tenant, role)) - start) % DAY < window for role in ROLES)
        assert restart_at(spec, "online", tenant, "db") == restart_at(spec, "online", tenant, "db-heavy")


def test_two_hundred_tenants_are_spread_over_the_window() -> None:
    spec = of_tenants(200)
    gateways = [restart_at(spec, "online", tenant, "gateway") for tenant in spec.tenants.tenants]
    assert max(gateways.count(each) for each in gateways) <= 2


@pytest.mark.parametrize("role", ROLES)
def test_the_node_is_told_its_time_and_leaves_the_engine_alone(role: str) -> None:
    upgrades = files(role)["/etc/apt/apt.conf.d/60docpipe"]
    assert f'Automatic-Reboot-Time "{restart_at(SPEC, "online", "acme", role)}";' in upgrades
    patterns = re.findall(r'^  "(.*)";$', upgrades, re.M)
    for package in ("docker.io", "docker-cli", "docker-compose", "containerd", "runc"):
        assert any(re.match(pattern, package) for pattern in patterns), package
    for package in ("dockerxio", "docker.io-doc", "openssl", "linux-image-amd64"):
        assert not any(re.match(pattern, package) for pattern in patterns), package


def test_an_image_whose_engine_nobody_knows_has_nothing_to_hold_back() -> None:
    spec = shipped(image='"ubuntu-24.04"')
    assert "Blacklist" not in user_data(spec, "online", "acme", "db")
