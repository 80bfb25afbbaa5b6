"""What a mode's override does to a service."""

from plumbline.effective.deployment import effective
from schema.service import Service

COMMON = {
    "title": "t",
    "summary": "s",
    "image": "i",
    "environment": {"A": "1", "B": "2"},
    "tmpfs": ["/tmp"],
    "needs": {"db": "sql"},
}


def in_mode(**override: object) -> Service:
    return effective(Service.model_validate({**COMMON, "modes": {"online": override}}), "online")


def test_a_map_is_merged_key_by_key() -> None:
    assert in_mode(environment={"B": "3", "C": "4"}).environment == {"A": "1", "B": "3", "C": "4"}


def test_null_removes_a_key() -> None:
    assert in_mode(environment={"A": None}).environment == {"B": "2"}


def test_null_empties_a_map() -> None:
    assert in_mode(needs=None).needs == {}


def test_anything_else_is_replaced() -> None:
    assert in_mode(tmpfs=["/run"]).tmpfs == ("/run",)


def test_another_mode_is_as_common() -> None:
    service = Service.model_validate({**COMMON, "modes": {"online": {"image": "other"}}})
    assert effective(service, "offline").image == "i"
