"""What rules make of contracts of images: on the shipped spec with each mend undone, and case by case."""

from datetime import date

import pytest

from generators.site.contract_page import PAGE, link_sources
from generators.site.pages import PageGenerator
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.update.formats import ReadBy, unread
from schema.contract import ImageFolder
from schema.service import Service
from tests.rules.edited import edited, shipped
from tests.rules.three_modes import three_modes
from validators.rules import RULES, check_rules
from validators.rules.examples import example_spec
from validators.rules.image_programs import has
from validators.rules.volume_owners import may_write
from validators.stand_in_limits import weakened, weakness

SHIPPED, _ = load_spec(shipped())
READ = 'read: {tag: "16.15-alpine"}'


@pytest.fixture(scope="module")
def spec() -> Spec:
    assert SHIPPED is not None
    return SHIPPED


def findings(rule: str, example: str) -> list[str]:
    return [each.message for each in RULES[rule].findings(example_spec(example), date.today())]


@pytest.mark.parametrize(
    ("file", "old", "new", "rule"),
    [
        ("images.yaml", "tag: 16.15-alpine", "tag: 16.16-alpine", "PLB313"),
        ("images.yaml", "sha256:721873c34ceb", "sha256:821873c34ceb", "PLB313"),
        ("images.yaml", "tag: 16.15-alpine", "tag: 18.1-alpine", "PLB314"),
        ("images.yaml", "tag: v1.15.4", "tag: v1.18.0", "PLB314"),
        ("services/qdrant.yaml", "after: [store-owner]\n", "", "PLB315"),
        ("services/minio.yaml", "after: [store-owner]\n", "", "PLB315"),
        ("services/traefik.yaml", "after: [certificate-owner]\n", "", "PLB315"),
        ("services/clamav.yaml", "scratch: /tmp", "scratch: /scratch", "PLB315"),
        ("services/store-owner.yaml", '"1000:1000"', '"1001:1001"', "PLB315"),
        ("services/store-owner.yaml", "/minio, /qdrant]", "/minio]", "PLB315"),
        ("services/store-owner.yaml", "[CHOWN]", "[CHOWN, FOWNER]", "PLB315"),
        ("services/loki.yaml", "http: {port: http, path: /ready}", "command: [curl, -f, http://x]", "PLB316"),
        ("images.yaml", "http_client: bash", "http_client: curl", "PLB316"),
        ("services/clamav.yaml", "entrypoint: [clamd]\ncommand: [--foreground,", "#", "PLB317"),
        ("services/minio.yaml", 'MINIO_UPDATE: "off", ', "", "PLB318"),
        ("services/alloy.yaml", "  - --disable-reporting\n", "", "PLB318"),
        ("config/loki/loki.yaml.j2", "reporting_enabled: false", "reporting_enabled: true", "PLB318"),
        ("services/grafana.yaml", '  GF_PLUGINS_PREINSTALL_DISABLED: "true"\n', "", "PLB318"),
        ("services/minio.yaml", "stop_grace_s: 70", "stop_grace_s: 10", "PLB319"),
        ("services/alloy.yaml", 'user: "0:473"', 'user: "473:473"', "PLB432"),
        ("services/alloy.yaml", 'user: "0:473"', 'user: "473:473"\ncapabilities: [DAC_READ_SEARCH]', "PLB432"),
        ("services/alloy.yaml", 'user: "0:473"', 'user: "0:0"', "PLB315"),
        ("config/alloy/config.alloy.j2", "  stage.docker {}\n", "", "PLB159"),
        ("config/loki/loki.yaml.j2", "retention_enabled: true", "retention_enabled: false", "PLB154"),
        ("config/loki/loki.yaml.j2", "  delete_request_store: filesystem\n", "", "PLB154"),
        ("config/loki/loki.yaml.j2", "retention_period: 336h", "retention_period: 0s", "PLB154"),
        ("waivers.yaml", "subject: services.alloy.user", "subject: services.loki.user", "PLB415"),
    ],
)
def test_the_shipped_spec_is_held_against_the_images(file: str, old: str, new: str, rule: str) -> None:
    assert rule in edited(file, old, new).rules


@pytest.mark.parametrize(
    ("read_by", "old", "new", "wrong"),
    [
        ("same-major", "16.9-alpine", "16.10-alpine", ""),
        ("same-major", "16.9-alpine", "17.0-alpine", "it has another major version"),
        ("same-major", "16.9-alpine", "16.8-alpine", ""),
        ("same-major", "16.9-alpine", "15.8-alpine", "it is older"),
        ("next-minor", "v1.15.4", "v1.16.0", ""),
        ("next-minor", "v1.15.4", "v1.17.0", "it skips a minor version"),
        ("next-minor", "v1.15.4", "v2.0.0", "it has another major version"),
        ("later", "RELEASE.2025-09-07T16-13-09Z", "RELEASE.2026-01-01T00-00-00Z", ""),
        ("later", "RELEASE.2025-09-07T16-13-09Z", "RELEASE.2025-04-22T22-12-26Z", "it is older"),
        ("later", "v3.5.0", "latest", ""),
    ],
)
def test_a_tag_reads_the_data_of_another_or_not(read_by: ReadBy, old: str, new: str, wrong: str) -> None:
    assert unread(read_by, old, new) == wrong


@pytest.mark.parametrize(
    ("user", "owner", "mode", "may"),
    [
        ("70:70", "70:70", "0700", True),
        ("70:70", "70:70", "0500", False),
        ("70:70", "70:0", "0755", True),
        ("70:70", "0:70", "0775", True),
        ("70:70", "0:70", "0755", False),
        ("70:70", "0:0", "1777", True),
        ("70:70", "0:0", "0755", False),
        ("0:0", "70:70", "0700", False),  # root owns nothing there, and every capability is dropped
        ("0:70", "70:70", "0770", True),
    ],
)
def test_who_may_write_to_a_folder(user: str, owner: str, mode: str, may: bool) -> None:
    service = Service.model_validate({"title": "A", "summary": "a", "image": "a", "user": user})
    assert may_write(service, ImageFolder(owner=owner, mode=mode)) is may


@pytest.mark.parametrize(
    ("program", "there"),
    [("sha256sum", True), ("/usr/bin/wget", True), ("sh", True), ("/init", True), ("curl", False), ("python3", False)],
)
def test_a_set_of_programs_holds_those_of_its_packages(program: str, there: bool) -> None:
    assert has(("busybox", "/init"), program) is there


def test_a_script_is_read_for_its_programs_alone() -> None:
    script = "ask() { pg_isready -q; }; [ -f /x ] && ask; $TOOL; exec curl -sf http://127.0.0.1/"
    health = f"services/db.yaml: {{health: {{command: [sh, -c, {script!r}]}}}}\n"
    contract = f"contracts/postgres.yaml: {{{READ}, programs: [busybox, pg_isready]}}\n"
    assert findings("PLB316", contract + health) == ["the health check of db calls `curl`, which image postgres lacks"]


def test_a_probe_of_the_parity_matrix_calls_a_program_of_the_image() -> None:
    parity = (
        "parity.yaml: {divergences: {}, features: {state: {title: State, status: {single: full}, parity: full, paths: [services.db], "
        "probes: [{shows: It is there., command: {service: db, run: [python3, -V]}, answers: {single: yes}}]}}}\n"
    ).replace("single: yes", "single: 'yes'")
    contract = f"contracts/postgres.yaml: {{{READ}, programs: [busybox, pg_isready]}}\n"
    assert findings("PLB316", contract + parity) == ["a probe of db calls `python3`, which image postgres lacks"]


def test_a_contract_of_no_image_is_found() -> None:
    assert findings("PLB313", f"contracts/mysql.yaml: {{{READ}}}") == ["there is no image mysql"]


def test_an_image_s_own_script_behind_a_shell_outlives_its_server_too() -> None:
    process = "first_process: {program: tini, ends_with_server: false, scripts: [/init]}"
    contract = f"contracts/postgres.yaml: {{{READ}, {process}}}\n"
    assert findings("PLB317", contract + "services/db.yaml: {entrypoint: [sh, -c], command: [exec /init]}")
    assert not findings("PLB317", contract + "services/db.yaml: {entrypoint: [sh, -c], command: [exec /initdb]}")


@pytest.mark.parametrize(
    ("gives_way_to", "started", "outlives"),
    [
        ("options, programs", "command: [--foreground]", False),
        ("options, programs", "command: [postgres, --foreground]", False),
        ("options, programs", "command: [unknown]", True),
        ("options, programs", "entrypoint: [/init], command: [--foreground]", False),
        ("options, programs", "entrypoint: [/init]", True),
        ("options, programs", "entrypoint: [sh, -c], command: ['exec /init --foreground']", False),
        ("options, programs", "command: [sh, -c, 'exec /init']", True),
        ("options", "command: [--foreground]", False),
        ("options", "command: [postgres, --foreground]", True),
        ("", "command: [--foreground]", True),
    ],
)
def test_an_entry_point_that_gives_way_to_its_arguments_ends_with_them(
    gives_way_to: str, started: str, outlives: bool
) -> None:
    process = (
        f"first_process: {{program: tini, ends_with_server: false, scripts: [/init], gives_way_to: [{gives_way_to}]}}"
    )
    contract = f"contracts/postgres.yaml: {{{READ}, programs: [busybox, postgres], {process}}}\n"
    assert bool(findings("PLB317", f"{contract}services/db.yaml: {{{started}}}")) is outlives


def test_what_a_contract_leaves_out_no_rule_asks() -> None:
    assert not check_rules(example_spec(f"contracts/postgres.yaml: {{{READ}}}"), date.today())


def test_a_job_that_a_service_starts_after_does_not_count_beside_it() -> None:
    job = (
        "services/job.yaml: {title: Job, summary: Goes before., kind: job, image: postgres, command: [ok], user: '70:70', "
        "segments: [back], limits: {memory_mib: 512, cpus: %s}}\n"
        "topology/single.yaml: {roles: {host: {services: [db, web, job]}}}\n"
        "services/db.yaml: {after: [job], limits: {memory_mib: 512, cpus: 1.5}}\n"
    )
    assert not findings("PLB404", job % 1.5)
    assert findings("PLB404", job % 1.6)
    assert findings("PLB404", job.replace("after: [job], ", "") % 1.5)


def test_there_is_a_page_where_there_are_contracts(spec: Spec) -> None:
    def page_of(spec: Spec) -> list[str]:
        return [each.content.decode() for each in PageGenerator().generate(spec) if each.path == PAGE]

    assert page_of(example_spec("")) == page_of(three_modes()) == []
    (page,) = page_of(spec)
    for contract in spec.contracts.values():
        assert all(link_sources(claim.source) in page for claim in contract.claims)
        assert all(link_sources(each.source) in page for each in contract.otherwise)


def test_a_source_is_a_link_to_what_it_names() -> None:
    assert link_sources("github.com/a/b@0123abc src/x.c#L1-L2; github.com/a/b/issues/7") == (
        "[a/b src/x.c#L1-L2](https://github.com/a/b/blob/0123abc/src/x.c#L1-L2); "
        "[a/b/issues/7](https://github.com/a/b/issues/7)"
    )
    assert link_sources("the manual") == "the manual"


def test_a_report_says_that_a_stand_in_weakens_it(spec: Spec) -> None:
    known = weakened(spec, ["redis", "docpipe-api"])
    assert known == {"redis": len(spec.contracts["redis"].otherwise)}
    assert weakness("redis", known) == f"; {known['redis']} differences from the image weaken results: {PAGE}#redis"
    assert weakness("docpipe-api", known) == ""
    assert weakness("redis", {"redis": 1}) == f"; 1 difference from the image weakens results: {PAGE}#redis"
