"""Which container is a service's own, whatever else of it the engine lists, and in whatever order."""

from pathlib import Path
from typing import Any

import pytest

from plumbline.stack.containers import container_of, is_first, service_of
from tests.stack.seen import seen, stack_of

OWN = {
    "com.docker.compose.container-number": "1",
    "com.docker.compose.oneoff": "False",
    "com.docker.compose.project": "p",
    "com.docker.compose.service": "web",
}
REPLICA = {**OWN, "com.docker.compose.container-number": "2"}
BESIDE = {**OWN, "com.docker.compose.oneoff": "True"}
OF_NO_PROJECT = {name: value for name, value in OWN.items() if not name.endswith(".project")}
OF_NO_NUMBER = {name: value for name, value in OWN.items() if not name.endswith("-number")}
OF_ANOTHER = {**OWN, "com.docker.compose.service": "db"}
OLDER_COMPOSE = {name: value for name, value in OWN.items() if not name.endswith(".oneoff")}


def described(labels: Any) -> dict[str, Any]:
    return {"Config": {"Labels": labels}}


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        *((OWN, True), (OLDER_COMPOSE, True), (OF_ANOTHER, True)),
        *((REPLICA, False), (BESIDE, False), (OF_NO_PROJECT, False), (OF_NO_NUMBER, False), ({}, False), (None, False)),
    ],
)
def test_the_first_of_a_service(labels: Any, wanted: bool) -> None:
    assert is_first(described(labels)) is wanted


def test_a_service_is_named_by_its_label_alone() -> None:
    assert [service_of(described(labels)) for labels in (OWN, OF_ANOTHER, {}, None)] == ["web", "db", "", ""]


def test_the_engine_may_list_others_before_it(tmp_path: Path) -> None:
    """`docker ps` has the newest first: what was run beside a service, and its replicas."""
    project = stack_of(seen("host"), tmp_path).projects[0]
    own = described(OWN)
    listed = [described(each) for each in (BESIDE, REPLICA, OF_ANOTHER, None)]
    assert container_of(project, "web", [*listed, own]) is own
    assert container_of(project, "web", listed) is None
