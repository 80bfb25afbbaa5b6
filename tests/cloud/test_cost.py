"""What a tenant costs, by the catalogue."""

import json
from hashlib import sha256

import pytest

from generators.cloud.desired import cloud_tenants, desired_state
from generators.cloud.desired_file import DesiredFileGenerator
from generators.site.cost_page import MonthlyPrices, catalogue_prices, estimate, shared_estimate, total, unknown
from plumbline.spec.spec import Spec


def test_a_tenant_costs_the_sum_of_what_it_has(shipped: Spec) -> None:
    lines = estimate(desired_state(shipped, "online", "acme"), catalogue_prices(shipped, "nbg1"))
    usual, most = total(lines)
    # three servers cx23 or cpx22, their addresses, 100 GB
    assert usual == pytest.approx(3 * 5.49 + 3 * 0.50 + 5.72)
    assert most == pytest.approx(3 * 19.49 + 3 * 0.50 + 5.72)
    assert unknown(lines) == []


def test_what_is_not_priced_at_the_location_is_not_guessed(shipped: Spec) -> None:
    lines = estimate(desired_state(shipped, "online", "acme"), catalogue_prices(shipped, "ash"))
    assert [line.usual for line in lines if line.what.startswith("server")] == [None] * 3
    assert len(unknown(lines)) == 3
    assert total(lines)[0] == pytest.approx(3 * 0.50 + 5.72)


def test_a_first_type_without_a_price_is_not_replaced_by_the_next(shipped: Spec) -> None:
    prices = MonthlyPrices("EUR", {"cpx22": 19.49}, None, None)
    server = next(line for line in estimate(desired_state(shipped, "online", "acme"), prices) if "server" in line.what)
    assert (server.usual, server.most) == (None, 19.49)


def test_shared_servers_are_counted_once_for_all(shipped: Spec) -> None:
    lines = shared_estimate(shipped, "online", catalogue_prices(shipped, "nbg1"))
    assert [line.what for line in lines] == ["server control 1", "IPv4 address of control 1"]


def test_the_file_is_the_desired_state(shipped: Spec) -> None:
    artifacts = {each.path: each for each in DesiredFileGenerator().generate(shipped) if each.path.endswith(".json")}
    assert len(artifacts) == len(list(cloud_tenants(shipped)))
    for mode, tenant in cloud_tenants(shipped):
        state = desired_state(shipped, mode, tenant)
        for want in state["objects"]:
            if "user_data" in want:
                data = want["user_data"].encode()
                want["user_data"] = {
                    "file": f"cloud-init/{want['role']}.yaml",
                    "sha256": sha256(data).hexdigest(),
                    "bytes": len(data),
                }
        assert json.loads(artifacts[f"deploy/{mode}/{tenant}/desired.json"].content) == state


def test_every_line_of_the_files_objects_leads_to_the_spec(shipped: Spec) -> None:
    for artifact in DesiredFileGenerator().generate(shipped):
        if not artifact.path.endswith(".json"):
            continue
        lines = artifact.content.decode().splitlines()
        first = next(number for number, line in enumerate(lines, 1) if '"objects"' in line) + 1
        for number in range(first, len(lines) - 1):
            found = artifact.sources_of(number)
            assert found, lines[number - 1]
            assert all(shipped.at(source.path).line for source in found)
