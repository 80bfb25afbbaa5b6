"""Parity with three modes: an explanation of one mode explains nothing about the other two."""

from datetime import date
from typing import Any

import pytest

from plumbline.spec.finding import Finding
from tests.rules.three_modes import SIZE, files, three_modes
from validators.rules import check_rules


def found(changes: dict[str, Any]) -> list[Finding]:
    return [each for each in check_rules(three_modes(changes), date.today()) if each.severity == "error"]


def test_the_spec_as_it_is_has_no_finding() -> None:
    assert found({}) == []


def _service(name: str, **fields: Any) -> dict[str, Any]:
    return {f"services/{name}.yaml": {**files()[f"services/{name}.yaml"], **fields}}


def _topology(mode: str, **fields: Any) -> dict[str, Any]:
    return {f"topology/{mode}.yaml": {**files()[f"topology/{mode}.yaml"], **fields}}


def _apart(divergence: str, modes: list[str]) -> dict[str, Any]:
    parity = files()["parity.yaml"]
    parity["divergences"][divergence]["sets_apart"] = modes
    return {"parity.yaml": parity}


WEB = files()["services/web.yaml"]["modes"]
BIGGER = {"host": {"title": "host", "size": {**SIZE, "vcpus": 8}, "services": ["web", "db"]}}
MISTAKES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a third value where one mode is explained": (
        _service("web", modes={**WEB, "cluster": {"environment": {"MAIL": "smtp.typo.example.net:587"}}}),
        "PLB701",
        "mail:25 in dev, smtp.example.net:587 in single",
    ),
    "a mode that joins the explained one": (
        _service("web", modes={**WEB, "single": {"publish": {"http": {"address": "127.0.0.1", "port": 8080}}}}),
        "PLB701",
        "services.web.publish.http differs",
    ),
    "an entry that limits in one mode": (
        _topology("cluster", entry={"service": "web", "requests_per_minute": 60}),
        "PLB701",
        "topology.entry.requests_per_minute differs: 60 in cluster, absent in dev and single",
    ),
    "a node of another size": (_topology("single", roles=BIGGER), "PLB701", "topology.roles.host.size differs"),
    "no mode named": (_apart("D1", []), "PLB720", "it does not say which of the modes"),
    "a mode that is not apart": (_apart("D1", ["dev", "single"]), "PLB702", "mode single does not differ"),
    "all modes named": (_apart("D1", ["dev", "single", "cluster"]), "PLB702", "mode single does not differ"),
    "the wrong mode named": (_apart("D1", ["single"]), "PLB701", "between modes that it does not set apart"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_difference_that_nobody_explained_is_found(mistake: str) -> None:
    changes, rule, message = MISTAKES[mistake]
    assert any(each.rule == rule and message in each.message for each in found(changes)), found(changes)


def test_each_mode_can_go_its_own_way() -> None:
    own = {mode: {"environment": {"MAIL": f"mail.{mode}.example.net"}} for mode in ("single", "cluster")}
    changes = _service("web", modes={"dev": WEB["dev"], **own}) | _apart("D1", ["dev", "single", "cluster"])
    parity = changes["parity.yaml"]
    parity["features"]["mail"]["probes"][0]["answers"] = {
        "dev": "mail:25",
        "single": "mail.single.example.net",
        "cluster": "mail.cluster.example.net",
    }
    assert found(changes) == []


def test_modes_stand_in_the_order_of_the_platform_or_by_their_ids() -> None:
    spec = three_modes()
    assert spec.modes == ("cluster", "dev", "single")
    platform = spec.platform.model_dump() | {"modes": ["single"]}
    assert three_modes({"platform.yaml": platform}).modes == ("single", "cluster", "dev")
