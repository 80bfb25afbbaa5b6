"""A volume that two services use: one in the compose file, one on the node's disk, and seen by everything that knows mounts."""

import html
from datetime import date
from typing import Any

import pytest
import yaml

from generators.compose.project import ComposeGenerator
from generators.site.pages import PageGenerator
from plumbline.effective.differences import differences
from plumbline.effective.node_links import deployment_of
from plumbline.effective.probe_answers import decide_answer
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from plumbline.stack.layout import Node
from plumbline.stack.stand_ins import contract_of
from schema.image import StandIn
from schema.probe import Probe
from tests.rules.three_modes import three_modes
from tests.rules.two_modes import mode, service, two_modes
from validators.rules import check_rules
from validators.rules.examples import example_spec
from validators.stack.expected import ExpectedService, ImageUsed, storage
from validators.stack.kernel import expected_mounts

STORE = service(volumes={"files": "/srv/files"}, volume_gb={"files": 30})
SHARE = {"service": "store", "volume": "files", "target": "/mnt/files"}


def spec_of(share: dict[str, Any] | None, **store: Any) -> Spec:
    """`web` and `store` on one node, where `web` has the share."""
    both = mode(["web", "store"])
    return two_modes(
        {
            "services/web.yaml": service(shares=[share] if share else []),
            "services/store.yaml": {**STORE, **store},
            "topology/left.yaml": both,
            "topology/right.yaml": both,
        }
    )


def composed(spec: Spec) -> tuple[Artifact, dict[str, Any]]:
    made = next(each for each in ComposeGenerator().generate(spec) if each.path == "deploy/left/compose.yaml")
    return made, yaml.safe_load(made.content)


def rules(spec: Spec) -> list[str]:
    return [each.rule for each in check_rules(spec, date.today())]


@pytest.mark.parametrize("read_only", [True, False])
def test_two_services_mount_one_volume_and_its_owner_alone_fills_it(read_only: bool) -> None:
    _, project = composed(spec_of({**SHARE, "read_only": read_only}))
    assert project["volumes"] == {"store-files": {}}
    web, store = (project["services"][name]["volumes"] for name in ("web", "store"))
    assert store == [{"type": "volume", "source": "store-files", "target": "/srv/files"}]
    assert web == [
        {
            "type": "volume",
            "source": "store-files",
            "target": "/mnt/files",
            "read_only": read_only,
            "volume": {"nocopy": True},
        }
    ]


def test_a_share_comes_from_the_line_that_says_so() -> None:
    made, _ = composed(spec_of(SHARE))
    lines = made.content.decode().split("\n")
    target = next(number for number, line in enumerate(lines, 1) if line.strip() == "target: /mnt/files")
    assert path_of("services", "web", "shares", 0, "target") in {each.path for each in made.sources_of(target)}
    named = lines.index("  store-files: {}") + 1
    assert path_of("services", "store", "volumes", "files") in {each.path for each in made.sources_of(named)}


def test_both_pages_show_it() -> None:
    pages = {each.path: html.unescape(each.content.decode()) for each in PageGenerator().generate(spec_of(SHARE))}
    assert "files of store: /mnt/files (read-only)" in pages["docs/architect/services/web.md"]
    assert "| Volumes shared with | `files`: `web` |" in pages["docs/architect/services/store.md"]


def test_its_room_is_asked_for_once() -> None:
    assert "PLB510" not in rules(spec_of(SHARE))  # 30 of 40 GB
    own = service(volumes={"files": "/mnt/files"}, volume_gb={"files": 30})
    both = mode(["web", "store"])
    changes = {"services/web.yaml": own, "services/store.yaml": STORE}
    assert "PLB510" in rules(two_modes({**changes, "topology/left.yaml": both, "topology/right.yaml": both}))


def test_a_share_in_one_mode_is_a_difference() -> None:
    both = mode(["web", "store"])
    web = service(modes={"left": {"shares": [SHARE]}})
    files = {"services/web.yaml": web, "services/store.yaml": STORE}
    spec = two_modes({**files, "topology/left.yaml": both, "topology/right.yaml": both})
    assert [each.path for each in differences(spec)] == ["services.web.shares"]


def test_a_stub_finds_it_readable_and_writes_it_only_where_it_may() -> None:
    stand_in = StandIn.model_validate({"recipe": "contract", "server": "a stub"})
    for read_only, field, other in ((True, "readable", "writable"), (False, "writable", "readable")):
        spec = spec_of({**SHARE, "read_only": read_only})
        contract = contract_of(spec, "left", spec.services["web"], stand_in)
        assert "/mnt/files" in contract[field]
        assert "/mnt/files" not in contract[other]


def test_what_lies_in_it_shows_only_when_it_runs() -> None:
    question = {"shows": "A file.", "file": {"service": "web", "path": "/mnt/files/a"}, "answers": {"left": "present"}}
    probe = Probe.model_validate(question)
    for share, answers in ((SHARE, ()), (None, ("absent",))):
        found = decide_answer(spec_of(share), "left", probe)
        assert found
        assert found.answers == answers


def test_a_running_stack_is_expected_to_have_it() -> None:
    for read_only, access in ((True, "ro"), (False, "rw")):
        spec = spec_of({**SHARE, "read_only": read_only})
        deployment = deployment_of(spec, "left", "host")
        assert deployment
        declared = ExpectedService(spec, deployment, "web", ImageUsed("", {}), Node(deployment), {})
        assert storage(declared)["/mnt/files"] == f"volume store-files {access}"
        assert expected_mounts(declared)["/mnt/files"] == access


@pytest.mark.parametrize(
    ("share", "says"),
    [
        (SHARE, None),
        ({**SHARE, "volume": "file"}, "`store` has no volume `file`"),
        ({**SHARE, "service": "web"}, "web shares a volume with itself"),
    ],
)
def test_a_share_of_nothing_is_an_error(share: dict[str, Any], says: str | None) -> None:
    found = [each for each in check_rules(spec_of(share), date.today()) if each.rule == "PLB126"]
    assert [each.message for each in found] == ([says] if says else [])
    assert all(each.location and each.location.file == "services/web.yaml" for each in found)


def test_a_share_on_another_node_is_an_error() -> None:
    web = three_modes().services["web"].model_dump(mode="json", exclude_unset=True)
    shared = {**web, "shares": [{"service": "db", "volume": "data", "target": "/mnt"}]}
    found = [
        each for each in check_rules(three_modes({"services/web.yaml": shared}), date.today()) if each.rule == "PLB126"
    ]
    assert [each.message for each in found] == ["web is on role host in mode cluster, but `db` is not"]


@pytest.mark.parametrize(
    ("user", "read_only", "warned"),
    [("1000:1000", False, False), ("1001:1000", False, False), ("1001:1001", True, False), ("1001:1001", False, True)],
)
def test_two_users_that_write_one_volume_are_a_warning(user: str, read_only: bool, warned: bool) -> None:
    assert ("PLB127" in rules(spec_of({**SHARE, "read_only": read_only}, user=user))) == warned


def test_two_mounts_at_one_path_are_an_error_also_where_one_is_shared() -> None:
    assert "PLB420" in rules(spec_of({**SHARE, "target": "/tmp"}))
    assert "PLB420" not in rules(spec_of(SHARE))


def test_volumes_of_one_name_stay_two() -> None:
    both = mode(["web", "store"])
    files = {"services/web.yaml": service(volumes={"files": "/mnt"}), "services/store.yaml": STORE}
    _, project = composed(two_modes({**files, "topology/left.yaml": both, "topology/right.yaml": both}))
    assert sorted(project["volumes"]) == ["store-files", "web-files"]


def test_a_store_may_keep_its_data_in_a_volume_that_it_shares_and_writes() -> None:
    for read_only, found in ((True, True), (False, False)):
        share = f"{{service: web, volume: data, target: /var/lib/postgresql/data, read_only: {str(read_only).lower()}}}"
        spec = example_spec(
            f"services/web.yaml: {{volumes: {{data: /srv}}}}\nservices/db.yaml: {{volumes: null, shares: [{share}]}}\n"
        )
        assert ("PLB134" in rules(spec)) == found
