"""A plan touches what changed, once, behind what it needs, and nothing else; what forbids it is a finding."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given

from plumbline.update.differences import DeployedRelease
from plumbline.update.plan import UpdatePlan, plan
from plumbline.update.printing import as_words
from plumbline.update.steps import steps
from schema.release import ReleaseFacts
from tests.update.facts import NONE, data, pairs, release, service

MADE_OF = ("image", "reference", "digest", "entry", "files")


def planned(old: ReleaseFacts, new: ReleaseFacts) -> UpdatePlan:
    return plan(DeployedRelease(old), DeployedRelease(new))


def acts_on(found: UpdatePlan, step: str) -> tuple[str, ...]:
    return next(each.acts_on for each in found.steps if each.id == step)


def differs(old: ReleaseFacts, new: ReleaseFacts, name: str) -> bool:
    """Judged without the code under test."""
    was, now = old.services.get(name), new.services.get(name)
    return was is None or now is None or any(getattr(was, each) != getattr(now, each) for each in MADE_OF)


@given(pairs())
def test_each_changed_service_is_in_exactly_one_step_and_nothing_else_is_touched(
    pair: tuple[ReleaseFacts, ReleaseFacts],
) -> None:
    old, new = pair
    found = planned(old, new)
    touched = Counter((*acts_on(found, "migrate"), *acts_on(found, "switch")))
    for name in {*old.services, *new.services}:
        now = new.services.get(name)
        if differs(old, new, name):
            assert touched[name] == 1, name
        elif now and now.kind == "service":
            assert touched[name] == 0, name
            assert name in found.stays
    assert set(acts_on(found, "drain")) <= {name for name in old.services if differs(old, new, name)}


@given(pairs())
def test_the_order_respects_the_needs(pair: tuple[ReleaseFacts, ReleaseFacts]) -> None:
    old, new = pair
    switched = [each for each in acts_on(planned(old, new), "switch") if each in new.services]
    for index, name in enumerate(switched):
        assert not set(new.services[name].needs) & set(switched[index + 1 :]), name


@given(pairs())
def test_a_plan_from_a_release_to_itself_touches_nothing(pair: tuple[ReleaseFacts, ReleaseFacts]) -> None:
    found = planned(pair[0], pair[0])
    assert (found.changes, acts_on(found, "switch"), acts_on(found, "drain")) == ((), (), ())
    assert "nothing changes" in as_words(found)


def test_needs_are_respected_through_services_that_stay() -> None:
    def chain(entry: str) -> ReleaseFacts:
        return release({"a": service(needs=("b",), entry=entry), "b": service(needs=("c",)), "c": service(entry=entry)})

    assert acts_on(planned(chain(NONE), chain("1" * 64)), "switch") == ("c", "a")


def test_a_job_runs_again_with_what_waits_for_it() -> None:
    def with_job(entry: str) -> ReleaseFacts:
        return release({"owner": service(kind="job"), "store": service(needs=("owner",), entry=entry)})

    assert acts_on(planned(with_job(NONE), with_job("1" * 64)), "switch") == ("owner", "store")


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ({"data": data("16.4"), "volumes": ("d",)}, {"data": data("16.9"), "volumes": ("d",)}, []),
        ({"data": data("16.4"), "volumes": ("d",)}, {"data": data("17.0"), "volumes": ("d",)}, ["PLB967"]),
        ({"data": data("16.4"), "volumes": ("d",)}, {"data": None, "volumes": ("d",)}, ["PLB967"]),
        (
            {"data": data("16.4"), "volumes": ("d",)},
            {"image": "other", "data": data("16.4") | {"format": "pages"}, "volumes": ("d",)},
            ["PLB967"],
        ),
        ({}, {"entry": "1" * 64, "health": False}, ["PLB969"]),
        ({"digest": None}, {"digest": None}, ["PLB990"]),
        ({"digest": None}, {"digest": None, "reference": "sample:2"}, []),
    ],
)
def test_what_forbids_it_is_found(old: dict[str, Any], new: dict[str, Any], rules: list[str]) -> None:
    found = planned(release({"db": service(**old)}), release({"db": service(**new)}))
    assert [each.rule for each in found.findings] == rules


def test_an_image_of_one_tag_is_told_apart_by_the_manifests() -> None:
    facts = release({"web": service(digest=None)})
    one, other = (DeployedRelease(facts, {"sample:1": digest}) for digest in ("sha256:1", "sha256:2"))
    assert [each.service for each in plan(one, other).changes] == ["web"]
    assert plan(one, one).changes == ()
    assert plan(one, other).findings == ()


@pytest.mark.parametrize(
    ("old", "rules"), [("1.0", ["PLB968"]), ("1.1", []), ("1.2", []), ("1.10", []), ("2.0", ["PLB966"])]
)
def test_a_contraction_asks_for_the_release_that_stopped_using_it(old: str, rules: list[str]) -> None:
    migrations = {"job": [{"revision": "2", "contracting": True, "unused_since": "1.1", "title": "Drop"}]}
    jobs = {"job": service(kind="job", called=True)}
    found = planned(release(jobs, version=old), release(jobs, version="1.20", migrations=migrations))
    assert [each.rule for each in found.findings if each.rule != "PLB990"] == rules
    assert found.undone_until == ("migrate" if rules == ["PLB968"] else None)
    assert found.migrations == ("job 2: Drop (contracts)",)


def test_a_contraction_that_names_no_release_ends_the_way_back() -> None:
    jobs = {"job": service(kind="job", called=True)}
    migrations = {"job": [{"revision": "2", "contracting": True, "title": "Drop"}]}
    found = planned(release(jobs), release(jobs, migrations=migrations))
    assert ([each.rule for each in found.findings], found.undone_until) == (["PLB968"], "migrate")


def test_a_store_in_a_later_version_ends_the_way_back() -> None:
    def store(version: str, read_by: str) -> ReleaseFacts:
        return release({"db": service(data=data(version, read_by), volumes=("d",))})

    assert planned(store("16.4", "later"), store("16.9", "later")).undone_until == "switch"
    assert planned(store("16.4", "same-major"), store("17.1", "same-major")).undone_until == "switch"
    # all of a major version read each other's
    assert planned(store("16.4", "same-major"), store("16.9", "same-major")).undone_until is None
    assert planned(store("16.4", "later"), store("16.4", "later")).undone_until is None


def test_a_network_that_changes_is_no_change_of_one_service_alone() -> None:
    def on(digest: str) -> ReleaseFacts:
        return release({"a": service(networks=("main",)), "b": service(networks=())}, networks={"main": digest})

    found = planned(on(NONE), on("1" * 64))
    assert (found.stops_all, [each.rule for each in found.findings]) == (("main",), ["PLB993"])
    assert [each.service for each in found.changes] == ["a"]


def test_clients_are_told_what_they_will_see() -> None:
    def shop(entry: str) -> ReleaseFacts:
        return release(
            {
                "web": service(answers=("0.0.0.0:80",), needs=("api",)),
                "api": service(entry=entry),
                "worker": service(entry=entry),
            }
        )

    assert [(each.service, each.seen) for each in planned(shop(NONE), shop("1" * 64)).clients] == [
        ("api", "requests to web that need it wait or fail until it answers again")
    ]


def test_a_pause_is_bounded_by_its_end_and_its_start() -> None:
    def shop(entry: str, ready: int | None) -> ReleaseFacts:
        store = service(entry=entry, volumes=("data",), stop_grace_s=60, ready_within_s=ready)
        return release({"web": service(answers=("0.0.0.0:80",), needs=("store",)), "store": store})

    found = planned(shop(NONE, 7), shop("1" * 64, 49))
    assert [each.at_most_s for each in found.clients] == [109]
    assert "that need it wait or fail until it answers again, at most 109 s" in as_words(found)
    # what an older release does not say is not made up
    assert [each.at_most_s for each in planned(shop(NONE, 7), shop("1" * 64, None)).clients] == [None]


def test_what_gets_a_second_copy_refuses_no_client() -> None:
    def shop(entry: str, network: str = NONE) -> ReleaseFacts:
        parts = {
            "api": service(entry=entry, second_copy=(), memory_mib=96),
            "web": service(entry=entry, second_copy=("127.0.0.1:80:80",), answers=("127.0.0.1:80",), needs=("api",)),
            "store": service(entry=entry, volumes=("data",)),
        }
        return release(parts, networks={"main": network})

    found = planned(shop(NONE), shop("1" * 64))
    assert (found.second_copies, found.copy_mib, found.clients) == (("api", "web"), 96, ())
    assert "second copy   api, web: one at a time, at most 96 MiB more meanwhile" in as_words(found)
    # where all services stop, there is nothing to be beside
    found = planned(shop(NONE), shop("1" * 64, "1" * 64))
    assert (found.second_copies, found.copy_mib, len(found.clients)) == ((), 0, 2)


def test_what_has_to_be_brought_is_named() -> None:
    new = release(
        {"web": service(folders=("/srv",), settings=("A",))},
        secrets={"made": None, "bought": "the bank"},
        variables=("ADDRESS",),
    )
    found = planned(release({"web": service(settings=("B",))}), new)
    assert found.before == ("secret bought, issued by the bank", "variable ADDRESS in .env", "/srv on the node")
    assert found.settings == ("web: + A", "web: − B")
    assert acts_on(found, "secrets") == ("bought", "made")


@pytest.mark.parametrize("sealed", [True, False])
def test_its_steps_are_those_of_the_place(sealed: bool) -> None:
    facts = release({}, sealed=sealed)
    assert [each.id for each in planned(facts, facts).steps] == [
        each.id for each in steps("host" if sealed else "node")
    ]
