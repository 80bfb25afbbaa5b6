"""install.sh goes from one release to the next service by service, and rollback.sh goes back, with an engine that is a stub."""

import os
import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plumbline.update.differences import DeployedRelease
from plumbline.update.formats import ReadBy, unread
from plumbline.update.plan import UpdatePlan, plan
from tests.bundle.shop import NEW, OLD, left, shop
from tests.bundle.small_engine import SmallEngine
from tests.bundle.tampering import Keys
from tests.update.facts import data

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        which("gpg") is None or os.geteuid() != 0, reason="needs gpg, and root for a network of its own"
    ),
]
INSTALL = Path(__file__).parents[2] / "deploy" / "offline" / "scripts" / "install.sh"
ALONE = "up --detach --wait --wait-timeout 300 --no-deps"


@pytest.fixture
def small(keys: Keys, tmp_path: Path) -> SmallEngine:
    """With release 1.0 installed."""
    engine = SmallEngine(tmp_path / "host", keys)
    code, calls, said = engine.install(engine.bundle("1.0", shop()))
    assert code == 0, said
    assert "up --detach --wait --wait-timeout 300 --remove-orphans" in calls
    assert not (engine.host.home / ".before").exists()
    return engine


def test_only_what_changed_is_made_anew_in_the_order_of_needs(small: SmallEngine) -> None:
    code, calls, said = small.install(small.bundle("1.1", shop("1.1", ("web", "worker", "alone"))))
    assert code == 0, said
    assert calls == ["stop worker", "run migrate", f"{ALONE} alone", f"{ALONE} worker", f"{ALONE} web"]
    assert [small.made_from(each) for each in ("web", "worker", "alone", "postgres")] == [NEW, NEW, NEW, OLD]
    assert left(small) == []
    assert f"back to 1.0: sh {small.host.home}/scripts/rollback.sh" in said


def test_what_it_does_is_what_the_plan_says(small: SmallEngine) -> None:
    new = shop("1.1", ("postgres", "web", "worker"))
    _, calls, _ = small.install(small.bundle("1.1", new))
    found: UpdatePlan = plan(DeployedRelease(shop()), DeployedRelease(new))
    steps = {each.id: each.acts_on for each in found.steps}
    assert calls[0] == f"stop {' '.join(steps['drain'])}"
    assert [call.rpartition(" ")[2] for call in calls[1:]] == [*steps["migrate"], *steps["switch"]]


def test_the_same_release_again_touches_nothing(small: SmallEngine) -> None:
    code, calls, said = small.install(small.host.folder / "bundle-1.0")
    assert (code, calls) == (0, ["run migrate"]), said


def test_the_release_that_a_rollback_came_to_is_no_downgrade(small: SmallEngine) -> None:
    assert small.install(small.bundle("1.1", shop("1.1", ("web",))))[0] == 0
    assert small.rollback()[0] == 0
    code, calls, said = small.install(small.host.folder / "bundle-1.0")
    assert (code, calls) == (0, ["run migrate"]), said
    other = small.bundle("1.0.5", shop("1.0.5", ("web",)))
    assert "is older than 1.1, which this host has had" in small.install(other)[2]


def test_files_that_compose_does_not_see_make_a_service_anew(small: SmallEngine) -> None:
    bundle = small.bundle("1.1", shop("1.1"), {"deployment/config/web/a.conf": "b"})
    code, calls, said = small.install(bundle)
    assert (code, calls) == (0, ["run migrate", f"{ALONE} --force-recreate web"]), said


def test_a_secret_that_was_replaced_makes_anew_who_was_given_it(small: SmallEngine) -> None:
    """By the same release again; one that is new with a release was given to nobody."""
    bundle = small.bundle("1.1", shop("1.1", more={"web": {"secrets": ("key",)}, "alone": {"secrets": ("other",)}}))
    secrets = small.host.home / "secrets"
    assert small.install(bundle)[0] == 0
    secrets.mkdir(exist_ok=True)
    for name in ("key", "other"):
        (secrets / name).write_text("one")
    assert small.install(bundle)[1] == ["run migrate"]
    (secrets / "key").write_text("two")
    assert small.install(bundle)[1] == ["run migrate", f"{ALONE} --force-recreate web"]
    assert small.install(bundle)[1] == ["run migrate"]


def test_another_image_under_the_same_name_makes_it_anew(small: SmallEngine) -> None:
    _, calls, said = small.install(small.bundle("1.1", shop("1.1"), image="1"))
    made = [call.rpartition(" ")[2] for call in calls if call.startswith("up")]
    assert made == ["postgres", "alone", "worker", "web"], said


def test_what_is_gone_is_removed_and_what_is_new_comes(small: SmallEngine) -> None:
    facts = shop("1.1", more={"later": {"needs": ("web",)}})
    facts = facts.model_copy(update={"services": {k: v for k, v in facts.services.items() if k != "alone"}})
    code, calls, said = small.install(small.bundle("1.1", facts))
    assert (code, calls) == (0, ["run migrate", f"{ALONE} later", "stop id-alone", "rm id-alone"]), said


def test_a_network_that_changes_stops_all(small: SmallEngine) -> None:
    small.install(small.bundle("1.1", shop("1.1", networks={"main": OLD})))
    code, calls, said = small.install(small.bundle("1.2", shop("1.2", networks={"main": NEW, "other": NEW})))
    assert code == 0, said
    assert calls[0] == "down" and "up --detach --wait --wait-timeout 300 --remove-orphans" in calls
    assert left(small) == []


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ({"data": data("17.0")}, "postgres 17.0 does not read what 16.4 has written: it has another major version"),
        ({"data": data("15.9")}, "postgres 15.9 does not read what 16.4 has written: it is older"),
    ],
)
def test_data_that_the_new_image_does_not_read_is_refused(small: SmallEngine, store: dict[str, Any], said: str) -> None:
    code, calls, told = small.install(small.bundle("1.1", shop("1.1", more={"postgres": store})))
    assert (code, calls) == (1, []), told
    assert said in told and "dump and restore" in told and "stopped in step verify: nothing was changed" in told
    assert small.installed() == "1.0"


CONTRACTS = {"migrate": [{"revision": "2", "contracting": True, "unused_since": "1.1", "title": "Drop a column"}]}


def test_a_contraction_asks_for_the_release_before_it(small: SmallEngine) -> None:
    bundle = small.bundle("1.2", shop("1.2", migrations=CONTRACTS))
    code, calls, told = small.install(bundle)
    assert (code, calls) == (1, []) and "update to 1.1 first" in told, told
    small.install(small.bundle("1.1", shop("1.1")))
    assert small.install(bundle)[0] == 0
    # 1.1 no longer uses what is gone
    assert (small.rollback()[0], small.installed()) == (0, "1.1")


def test_the_way_back_needs_no_bundle(small: SmallEngine) -> None:
    small.install(small.bundle("1.1", shop("1.1", ("web", "worker")), image="1"))
    (small.host.home / ".env").write_text("CHANGED=1\n")
    for bundle in small.host.folder.glob("bundle-*"):
        bundle.unlink()
    code, calls, said = small.rollback()
    assert code == 0, said
    assert "docpipe 1.0 runs again" in said and small.installed() == "1.0"
    assert calls[0] == "stop worker" and "run migrate" not in calls
    assert [small.made_from(each) for each in ("web", "worker")] == [OLD, OLD]
    assert (small.host.home / ".env").read_text() == "RELEASE=1.0\n"
    assert (small.host.home / "site/index.html").read_text() == "1.0"
    assert (small.engine / "images" / "sample:1").read_text().strip() == f"sha256:{'0' * 64}"
    assert left(small) == [] and small.host.scratch() == []
    again = small.rollback()
    assert again[0] == 1 and "keeps no release" in again[2]


def test_a_service_that_does_not_become_healthy_ends_it_and_back_it_goes(small: SmallEngine) -> None:
    small.sick("web")
    code, _, said = small.install(small.bundle("1.1", shop("1.1", ("web", "worker"))))
    assert code == 4 and "web did not become healthy" in said
    assert "stopped in step switch: run this again" in said and "scripts/rollback.sh goes back" in said
    small.sick("web", ill=False)
    code, calls, said = small.rollback()
    assert code == 0, said
    assert [small.made_from(each) for each in ("web", "worker", "postgres")] == [OLD, OLD, OLD]
    assert not [call for call in calls if call.endswith(" postgres") or call.endswith(" alone")]


def test_what_an_unfinished_update_kept_is_not_lost_to_the_next(small: SmallEngine) -> None:
    small.sick("web")
    small.install(small.bundle("1.1", shop("1.1", ("web",))))
    small.install(small.bundle("1.2", shop("1.2", ("web", "alone"))))
    small.sick("web", ill=False)
    assert small.rollback()[0] == 0
    assert (small.installed(), small.made_from("alone")) == ("1.0", OLD)


def test_a_failed_migration_leaves_the_services_that_run(small: SmallEngine) -> None:
    small.sick("migrate")
    code, calls, said = small.install(small.bundle("1.1", shop("1.1", ("web", "worker"))))
    assert (code, calls) == (4, ["stop worker", "run migrate"]), said
    assert small.made_from("web") == OLD
    small.sick("migrate", ill=False)
    code, calls, said = small.install(small.host.folder / "bundle-1.1")
    assert (code, calls) == (0, ["run migrate", f"{ALONE} worker", f"{ALONE} web"]), said


@pytest.mark.parametrize(
    ("more", "fields", "said"),
    [
        ({}, {"migrations": CONTRACTS}, "release 1.0 uses what these migrations took away: 2"),
        (
            {"postgres": {"data": data("16.9", "later")}},
            {},
            "postgres keeps its data as version 16.9 does, and release 1.0 has 16.4",
        ),
    ],
)
def test_no_way_back_is_told_with_what_is_possible(
    small: SmallEngine, more: dict[str, Any], fields: dict[str, Any], said: str
) -> None:
    allowed = ("--allow-downgrade", "the operator knows better")
    code, _, told = small.install(small.bundle("1.2", shop("1.2", ("web",), more, **fields)), *allowed)
    assert code == 0, told
    code, calls, told = small.rollback()
    assert (code, calls) == (1, []), told
    assert said in told
    assert "restore.sh EXPORT" in told and "nothing was changed" in told
    assert small.installed() == "1.2"


def test_a_store_goes_back_to_a_version_that_reads_its_data(small: SmallEngine) -> None:
    new = shop("1.1", ("postgres",), {"postgres": {"data": data("16.9")}})
    assert plan(DeployedRelease(shop()), DeployedRelease(new)).undone_until is None
    assert small.install(small.bundle("1.1", new))[0] == 0
    code, calls, said = small.rollback()
    assert (code, calls, small.installed()) == (0, ["run owner", f"{ALONE} postgres"], "1.0"), said


def test_a_downgrade_takes_no_data_that_it_can_not_read(small: SmallEngine) -> None:
    allowed = ("--allow-downgrade", "a drill")
    store = {"postgres": {"data": data("16.9", "later")}}
    assert small.install(small.bundle("1.1", shop("1.1", ("postgres",), store)))[0] == 0
    older = small.bundle("1.0.1", shop("1.0.1", ("postgres",), {"postgres": {"data": data("16.8", "later")}}))
    code, calls, said = small.install(older, *allowed)
    assert (code, calls) == (1, []), said
    assert "postgres 16.8 does not read what 16.9 has written: it is older" in said
    assert "uninstall.sh --delete-data" in said and "stopped in step verify: nothing was changed" in said
    assert small.install(small.bundle("1.0.2", shop("1.0.2", ("web",), store)), *allowed)[0] == 0


def test_before_the_migration_there_is_a_way_back_all_the_same(small: SmallEngine) -> None:
    small.host.stub("chmod", '#!/bin/sh\ncase "$*" in 0711*) exit 1 ;; esac\nexec REAL "$@"\n')
    bundle = small.bundle("1.2", shop("1.2", ("worker",), migrations=CONTRACTS))
    code, _, said = small.install(bundle, "--allow-downgrade", "the operator knows better")
    assert code == 4 and "stopped in step place" in said, said
    small.host.stub("chmod", '#!/bin/sh\nexec REAL "$@"\n')
    code, calls, said = small.rollback()
    assert (code, small.installed()) == (0, "1.0"), said
    assert calls == [f"{ALONE} worker"]


def test_a_folder_that_takes_no_links_is_copied(small: SmallEngine) -> None:
    """A file system of its own, say, for the models."""
    small.host.stub(
        "cp",
        '#!/bin/sh\ncase "$*" in "-al "*/site*) echo "cp: Invalid cross-device link" >&2; exit 1 ;; esac\nexec REAL "$@"\n',
    )
    assert small.install(small.bundle("1.1", shop("1.1", ("web",))))[0] == 0
    code, _, said = small.rollback()
    assert (code, (small.host.home / "site/index.html").read_text()) == (0, "1.0"), said


def test_what_is_kept_has_to_be_whole(small: SmallEngine) -> None:
    small.install(small.bundle("1.1", shop("1.1", ("web",))))
    (small.host.home / ".before" / "compose.yaml").write_text("web\n")
    code, calls, said = small.rollback()
    assert (code, calls) == (1, []) and "altered or missing: deployment/compose.yaml" in said, said


def test_a_release_without_facts_is_left_and_come_back_to(small: SmallEngine) -> None:
    """One that was made before there were any: Compose says what is the same, and the files tell the rest."""
    old = small.bundle("1.1", shop("1.1"), {"deployment/release.json": "", "deployment/config/web/a.conf": "a"})
    code, calls, said = small.install(old)
    assert code == 0, said
    assert calls[-2:] == ["up --detach --wait --wait-timeout 300 --remove-orphans", f"{ALONE} --force-recreate web"]
    assert not (small.host.home / "release.json").exists()
    code, calls, said = small.install(small.bundle("1.2", shop("1.2"), {"deployment/config/web/a.conf": "b"}))
    assert code == 0, said
    assert f"{ALONE} --force-recreate web" in calls and f"{ALONE} postgres" in calls
    code, calls, said = small.rollback()
    assert (code, small.installed()) == (0, "1.1"), said
    assert calls[-1] == f"{ALONE} --force-recreate web"
    assert not (small.host.home / "release.json").exists()


def test_a_dry_run_goes_nowhere(small: SmallEngine) -> None:
    small.install(small.bundle("1.1", shop("1.1", ("web",))))
    before = small.host.everything()
    code, calls, said = small.rollback("--dry-run")
    assert (code, calls) == (0, []) and "would go back to 1.0; made anew: web" in said, said
    assert {k: v for k, v in small.host.everything().items() if not k.startswith("engine")} == {
        k: v for k, v in before.items() if not k.startswith("engine")
    }


@settings(max_examples=6)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["same-major", "next-minor", "later"]),
            st.lists(st.integers(0, 12), min_size=1, max_size=3),
            st.lists(st.integers(0, 12), min_size=1, max_size=3),
        ),
        min_size=40,
        max_size=60,
    )
)
def test_the_script_judges_data_as_the_plan_does(cases: list[tuple[ReadBy, list[int], list[int]]]) -> None:
    text = INSTALL.read_text()
    functions = [text[text.index(f"\n{name}() {{") :].partition("\n}\n")[0] + "\n}" for name in ("unread",)]
    functions += [
        next(line for line in text.splitlines() if line.startswith(f"{name}() ")) for name in ("older", "minor")
    ]
    told = [(how, *(".".join(map(str, each)) for each in pair)) for how, *pair in cases]
    calls = [f'echo "$(unread {how} {old} {new})"' for how, old, new in told]
    done = subprocess.run(
        ["sh", "-c", "\n".join(["export LC_ALL=C", *functions, *calls])], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [unread(how, old, new) for how, old, new in told]
