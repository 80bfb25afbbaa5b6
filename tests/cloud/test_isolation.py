"""The evidence of isolation: each way to another tenant is found, a refusal is no isolation, and what nobody tried is not measured."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from proofs.isolation import TenantFiles, declared, measured, overall, read_attempts, read_tenant, report
from tests.stack.conftest import DATA, shipped_spec

NOW = datetime(2026, 11, 27, tzinfo=UTC)
ACME, GLOBEX = (read_tenant(DATA.parent, name) for name in ("acme", "globex"))


def objects(files: TenantFiles, kind: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> TenantFiles:
    """With other objects of a kind."""
    found = [change(want) if want["kind"] == kind else want for want in files.state["objects"]]
    assert found != files.state["objects"]
    return replace(files, state={**files.state, "objects": found})


def opened(*peers: str) -> TenantFiles:
    """With a firewall that lets in somebody else."""
    return objects(
        ACME,
        "firewall",
        lambda want: {**want, "rules": [*want["rules"], {"direction": "in", "peers": list(peers), "port": "22"}]},
    )


def booted(old: str, new: str) -> TenantFiles:
    """With another first boot of the stores."""
    assert old in ACME.first_boot["db"]
    return replace(ACME, first_boot={**ACME.first_boot, "db": ACME.first_boot["db"].replace(old, new)})


BREACHES = {
    "a range around another's": (
        objects(ACME, "network", lambda want: {**want, "ip_range": "10.0.0.0/8"}),
        "private network",
    ),
    "a volume of another": (
        objects(ACME, "volume", lambda want: {**want, "name": "tenant-globex-data"}),
        "objects at the provider",
    ),
    "a network that is let in": (opened("203.0.113.0/24"), "public firewall"),
    "everybody by IPv6": (opened("::/0"), "public firewall"),
    "one address by IPv6": (opened("2001:db8::1/128"), "public firewall"),
    "a source of another": (booted("ip saddr 10.1.1.10 tcp", "ip saddr 10.2.1.10 tcp"), "host firewall of db"),
    "a source by IPv6": (booted("ip saddr 10.1.1.10 tcp", "ip6 saddr fd00::1 tcp"), "host firewall of db"),
    "what no rule names": (booted("counter drop\n", "counter accept\n"), "host firewall of db"),
    "an address of another": (
        replace(ACME, addresses={**ACME.addresses, "DB_ADDRESS": "10.2.1.30"}),
        "names of other nodes",
    ),
    "a route to another": (
        replace(ACME, route=ACME.route.replace("tenant-acme", "tenant-globex")),
        "route of the entry",
    ),
    "the key of another": (replace(ACME, recipient=GLOBEX.recipient or "age1x"), "key of its secrets"),
}


def test_what_is_generated_leads_to_nobody_else_and_the_whole_is_incomplete() -> None:
    found = report(DATA.parent, shipped_spec(), [], NOW)
    assert [(each["tenant"], each["mode"], each["overall"]) for each in found] == [
        ("acme", "online", "incomplete"),
        ("globex", "online", "incomplete"),
    ]
    outcomes = [check["outcome"] for each in found for check in each["checks"]]
    assert set(outcomes) == {"isolated", "not measured"} and outcomes.count("not measured") == 2
    assert set(found[0]) == {"tenant", "mode", "timestamp", "checks", "overall"}


@pytest.mark.parametrize("way", BREACHES)
def test_each_way_to_another_tenant_is_a_breach(way: str) -> None:
    files, subject = BREACHES[way]
    other = replace(GLOBEX, recipient=files.recipient) if way == "the key of another" else GLOBEX
    checks = list(declared(files, [other]))
    assert {check.subject for check in checks if check.outcome == "breach"} == {subject}
    assert overall(checks) == "breach"


def test_a_refusal_is_no_isolation_and_silence_is(tmp_path: Path) -> None:
    (tmp_path / "tried").write_text("acme globex 5432 timeout\nacme globex 22 refused\nglobex acme 5432 timeout\n")
    attempts = read_attempts(tmp_path / "tried")
    (there,) = measured("acme", ["globex"], attempts)
    assert (there.outcome, there.observed) == ("breach", "port 22 refused")
    (back,) = measured("globex", ["acme"], attempts)
    assert back.outcome == "isolated"
    assert overall([*declared(GLOBEX, [ACME]), back]) == "isolated"
    (nobody,) = measured("acme", ["globex"], [])
    assert (nobody.outcome, overall([nobody])) == ("not measured", "incomplete")


def test_a_line_of_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tried").write_text("acme globex 5432 closed\n")
    with pytest.raises(ValueError, match="tried:1: 'acme globex 5432 closed' is not FROM TO PORT"):
        read_attempts(tmp_path / "tried")
