"""Start order and restart loops, from the engine's events."""

from dataclasses import replace

from plumbline.effective.deployment import Deployment, deployments
from plumbline.report.fact import Check
from plumbline.stack.attach import as_started
from plumbline.stack.events import Events
from plumbline.stack.layout import Node
from plumbline.stack.project import ComposeProject
from validators.rules.examples import example_spec
from validators.stack.order import order_checks

SECOND = 1_000_000_000


def starter_deployment() -> Deployment:
    (whole,) = deployments(example_spec(""), "single")
    return replace(whole, services={name: whole.services[name] for name in ("db", "web")})


def events(*happened: tuple[str, str, float]) -> Events:
    """Events of project `p`: service, action, second."""
    found = Events()
    for service, action, second in happened:
        attributes = {"com.docker.compose.project": "p", "com.docker.compose.service": service}
        found.note({"Actor": {"Attributes": attributes}, "Action": action, "timeNano": int(second * SECOND)})
    return found


def order(*happened: tuple[str, str, float]) -> Check:
    (check,) = order_checks(events(*happened), "p", starter_deployment(), "")
    return check


def test_after_the_need_is_healthy() -> None:
    check = order(("db", "start", 1), ("db", "health_status: healthy", 3), ("web", "start", 3.1))
    assert (check.attribute, check.outcome) == ("order.db", "matches")


def test_before_the_need_is_healthy() -> None:
    check = order(("db", "start", 1), ("web", "start", 1.5), ("db", "health_status: healthy", 3))
    assert check.observed == "1.5 s before db was healthy"
    assert check.outcome == "differs"


def test_the_first_start_counts_and_not_a_later_one() -> None:
    check = order(("web", "start", 1), ("db", "start", 1), ("db", "health_status: healthy", 3), ("web", "start", 4))
    assert check.outcome == "differs"


def test_a_need_that_was_never_healthy() -> None:
    assert order(("db", "start", 1), ("web", "start", 2)).observed == "db was never seen healthy"


def with_a_job() -> Deployment:
    """The starter's, where the web server starts after a job."""
    services = dict(starter_deployment().services)
    job = services["db"].model_copy(update={"kind": "job", "health": None})
    web = services["web"].model_copy(update={"needs": {}, "after": ("load",)})
    return replace(starter_deployment(), services={"load": job, "web": web})


def test_who_starts_after_a_job_starts_at_its_end() -> None:
    for web, observed in (
        (3.0, "after load was over"),
        (1.5, "0.5 s before load was over"),
        (None, "web was never seen"),
    ):
        seen = events(("load", "start", 1), ("load", "die", 2), *([("web", "start", web)] if web else []))
        (check,) = order_checks(seen, "p", with_a_job(), "")
        assert (check.attribute, check.expected, check.observed) == ("order.load", "after load was over", observed)


def test_a_job_that_others_start_after_is_expected_on_its_node_and_called_by_nobody() -> None:
    images = {"postgres": "a", "traefik": "b"}
    assert ComposeProject("p", Node(with_a_job()), "", images).jobs == ()
    there = [{"Config": {"Labels": {"com.docker.compose.service": "web"}}}]
    assert as_started(Node(with_a_job()), there)[1] == []
    alone = replace(with_a_job(), services={**with_a_job().services, "web": starter_deployment().services["web"]})
    assert ComposeProject("p", Node(alone), "", images).jobs == ("load",)
    assert as_started(Node(alone), there)[1] == ["load"]


def test_a_service_that_ends_three_times_is_in_a_loop() -> None:
    seen = events(*(("web", "die", at) for at in range(3)), ("db", "die", 1))
    assert seen.restart_loops("p", {"web": 0, "db": 0}) == {"web": 3}
    assert seen.restart_loops("other", {"web": 0, "db": 0}) == {}


def test_what_ended_before_is_no_loop() -> None:
    """A job that others start after ends at each start, and a look stops and starts the stack several times."""
    seen = events(*(("load", "die", at) for at in range(3)))
    before = seen.ends("p", ["load"])
    attributes = {"com.docker.compose.project": "p", "com.docker.compose.service": "load"}
    seen.note({"Actor": {"Attributes": attributes}, "Action": "die", "timeNano": 9})
    assert (before, seen.restart_loops("p", before)) == ({"load": 3}, {})
