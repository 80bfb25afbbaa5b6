"""One cause is told once: at the edit, with every place that follows from it, and nothing else below it."""

from collections.abc import Iterator
from datetime import date

import pytest

from plumbline.spec.finding import Finding, Severity
from plumbline.spec.loading import load_spec
from plumbline.spec.location import Location
from proofs.wrong_specs import files_of
from tests.rules.edited import shipped
from tests.wrong_specs.edits import with_key
from tests.wrong_specs.sites import sites
from validators.rules import check_rules
from validators.rules.causes import told_once

pytestmark = pytest.mark.slow

DAY = date(2026, 11, 26)
ONLINE, OFFLINE = "topology/online.yaml", "topology/offline.yaml"
Edit = tuple[str, str, str]


def found(*edits: Edit, renamed: tuple[str, str] | None = None) -> list[Finding]:
    """Errors of the shipped spec with some edits, and a file of another name."""
    files = dict(shipped())
    for file, old, new in edits:
        assert old in files[file], f"{file} does not hold {old!r}"
        files[file] = files[file].replace(old, new, 1)
    if renamed:
        files[renamed[1]] = files.pop(renamed[0])
    spec, problems = load_spec(files)
    return [each for each in (check_rules(spec, DAY) if spec else problems) if each.severity == Severity.ERROR]


def other_places(finding: Finding) -> set[str]:
    """Files and lines that a finding names beside its own."""
    return {f"{each.location.file}:{each.location.line}" for each in finding.related if each.location}


FILES = ["services/postgres", "services/redis", "services/alloy", "runbooks/offline-export"]


@pytest.mark.parametrize("file", FILES)
def test_a_renamed_file_is_one_finding_with_every_place_that_named_it(file: str) -> None:
    old = file.partition("/")[2]
    (finding,) = found(renamed=(f"{file}.yaml", f"{file}x.yaml"))
    assert f"`{old}`" in finding.message or f".{old}`" in finding.message
    naming = {
        name for name, text in shipped().items() if f"[{old}," in text or f" {old}]" in text or f"{old}: " in text
    }
    shown = {each.location.file for each in (finding, *finding.related) if each.location}
    assert naming & {ONLINE, OFFLINE, "services/migrate.yaml"} <= shown


MAPS = {
    "images.yaml": "images", "models.yaml": "models", "networks.yaml": "networks", "secrets.yaml": "secrets",
    "tenants.yaml": "tenants", "catalogue.yaml": "server_types", "platform.yaml": "places",
}  # fmt: skip


def renamed_ids() -> Iterator[tuple[str, str]]:
    """The first id of each of some maps."""
    for file, field in MAPS.items():
        ids = [each.name for each in sites({file: shipped()[file]}) if each.path[:-1] == (field,)]
        yield from ((file, id) for id in ids[:1])


@pytest.mark.parametrize(("file", "id"), list(renamed_ids()))
def test_a_renamed_id_is_one_finding(file: str, id: str) -> None:
    text = shipped()[file]
    site = next(each for each in sites({file: text}) if each.path == (MAPS[file], id))
    (finding,) = found((file, text, with_key(text, site, f"{id}x")))
    assert f"`{id}`" in finding.message or f"'{id}'" in finding.message
    named = {finding.location.line} if finding.location and finding.location.file == file else set()
    named |= {each.location.line for each in finding.related if each.location and each.location.file == file}
    assert site.line in named or finding.hint == f"did you mean `{id}x`?"


@pytest.mark.parametrize(
    ("edits", "place"),
    [
        ([(ONLINE, "services: [postgres, redis,", "services: [redis,")], (ONLINE, "roles:")),
        ([(OFFLINE, "      - postgres\n", "")], (OFFLINE, "services:")),
    ],
)
def test_a_service_that_is_taken_out_of_a_mode_is_told_once_at_the_roles(
    edits: list[Edit], place: tuple[str, str]
) -> None:
    (finding,) = found(*edits)
    assert finding.location is not None
    file, word = place
    assert finding.location.file == file
    assert word in "\n".join(shipped()[file].split("\n")[finding.location.line - 2 : finding.location.line])
    assert "6 services need it" in finding.message
    assert {"PLB701", "PLB721"} <= {each.rule for each in finding.related}


def test_one_need_that_is_wrong_is_told_where_it_stands() -> None:
    (finding,) = found(("services/embed-worker.yaml", "needs: {redis", "needs: {nomic-embed: http, redis"))
    assert finding.rule == "PLB105"
    assert finding.location is not None and finding.location.file == "services/embed-worker.yaml"


def test_an_unknown_location_is_told_once_and_one_that_sells_little_at_itself() -> None:
    (unknown,) = found((ONLINE, "location: nbg1", "location: nbg2"))
    assert unknown.rule == "PLB101"
    unsold = [each for each in found((ONLINE, "location: nbg1", "location: ash")) if each.rule == "PLB503"]
    assert [(each.location.file, len(each.related)) for each in unsold if each.location] == [(ONLINE, 10)]


@pytest.mark.parametrize(("service", "wrong"), [("web", "wbe"), ("db", "dbb"), ("web", "shop")])
def test_a_small_spec_says_one_thing_once_too(service: str, wrong: str) -> None:
    files = dict(files_of("starter"))
    files[f"services/{wrong}.yaml"] = files.pop(f"services/{service}.yaml")
    spec, problems = load_spec(files)
    assert spec is not None, problems
    rules = [each.rule for each in check_rules(spec, DAY)]
    # `shop` is like no id that is missing: that it was `web` is not to be seen
    assert rules == (["PLB402", "PLB101"] if wrong == "shop" else ["PLB101"])


@pytest.mark.parametrize("service", ["web", "db"])
def test_a_segment_that_a_missing_service_may_join_is_not_accused(service: str) -> None:
    files = dict(files_of("starter"))
    del files[f"services/{service}.yaml"]
    spec, _ = load_spec(files)
    assert spec is not None
    assert "PLB210" not in {each.rule for each in check_rules(spec, DAY)}


def test_a_need_that_was_lost_is_told_once_with_the_answer_that_it_changes() -> None:
    (finding,) = found(("services/embed-worker.yaml", "minio: s3, ", ""))
    assert finding.rule == "PLB116"
    assert [each.rule for each in finding.related] == ["PLB234", "PLB721"]


@pytest.mark.parametrize(
    ("edit", "rule", "follow"),
    [
        (("services/redis.yaml", "segments: [etl-internal]", "segments: [monitoring]"), "PLB103", {"PLB721"}),
        (("services/clamav.yaml", "segments: [scan]", "segments: [monitoring]"), "PLB103", {"PLB721"}),
        (("services/intake-gateway.yaml", "[edge, etl-internal, scan]", "[edge, etl-internal]"), "PLB103", {"PLB721"}),
        (("services/minio.yaml", "volume_gb: {data: 50", "volume_gb: {data: 500"), "PLB510", set()),
        (("monitoring.yaml", "records:\n  ", "records:\n  x"), "PLB862", {"PLB863"}),
        (("contracts/minio.yaml", "  minio_s3_requests_5xx_errors", "  minio_s3_requests_5x_errors"), "PLB862", {"PLB863"}),
        (("services/minio.yaml", "metrics: {port: s3, path", "metrics: {port: console, path"), "PLB433", {"PLB864", "PLB609"}),
    ],
)  # fmt: skip
def test_a_fault_that_several_places_feel_is_told_once(edit: Edit, rule: str, follow: set[str]) -> None:
    (finding,) = found(edit)
    assert finding.rule == rule
    assert {each.rule for each in finding.related if each.rule} == follow


AT_ITS_LINE = {
    "metrics that only panels read": ("services/qdrant.yaml", "metrics: {port: http, secret: qdrant_api_key}\n", "", "PLB434"),
    "metrics that alerts read": ("services/minio.yaml", "metrics: {port: s3, path: /minio/v2/metrics/cluster}\n", "", "PLB434"),
    "metrics that one alert measures": ("services/alloy.yaml", "metrics: {port: http}\n", "", "PLB434"),
    "a port that others need": ("services/postgres.yaml", "ports: {sql:", "ports: {psql:", "PLB102"),
    "a port that a check asks too": ("services/minio.yaml", "s3: 9000", "s4: 9000", "PLB102"),
    "a port that one service needs": ("services/clamav.yaml", "ports: {clamd:", "ports: {clmad:", "PLB102"),
    "a port that its own file names": ("services/loki.yaml", "ports: {http:", "ports: {htp:", "PLB102"),
    "a port of a collector": ("services/prometheus.yaml", "ports: {http:", "ports: {htp:", "PLB102"),
    "a port that nobody needs": ("services/grafana.yaml", "ports: {http:", "ports: {htp:", "PLB106"),
    "a port that is published": ("services/traefik.yaml", "https:", "htps:", "PLB106"),
    "a port that only a file names": ("services/traefik.yaml", "ping:", "pin:", "PLB107"),
    "a service twice in one role": (OFFLINE, "      - postgres\n", "      - postgres\n      - postgres\n", "PLB401"),
    "a service in two roles": (ONLINE, "services: [postgres, redis,", "services: [postgres, redis, serving,", "PLB401"),
    "memory in two modes": ("services/clamav.yaml", "memory_mib: 1", "memory_mib: 91", "PLB403"),
    "cores in two modes": ("services/serving.yaml", "cpus: ", "cpus: 10", "PLB404"),
    "memory of an agent in three roles": ("services/alloy.yaml", "memory_mib: ", "memory_mib: 99", "PLB403"),
    "memory in one mode": ("services/nomic-embed.yaml", "memory_mib: ", "memory_mib: 99", "PLB403"),
    "a node that is too small": (OFFLINE, "vcpus: 8", "vcpus: 2", "PLB404"),
}  # fmt: skip


@pytest.mark.parametrize("name", AT_ITS_LINE)
def test_one_edit_is_one_finding_that_shows_its_line(name: str) -> None:
    file, old, new, rule = AT_ITS_LINE[name]
    (finding,) = found((file, old, new))
    assert finding.rule == rule
    text = shipped()[file]
    line = text.count("\n", 0, text.index(old)) + 1
    shown = [finding.location, *(each.location for each in finding.related)]
    assert any(each and each.file == file and abs(each.line - line) <= 3 for each in shown)


OF_THREE_MODES = {
    "a service that no mode runs then": ("topology/dev.yaml", "- mail", "- mial", "PLB101", {"PLB105", "PLB702", "PLB721"}),
    "modes that are set apart wrongly": ("parity.yaml", "sets_apart:\n    - cluster", "sets_apart:\n    - dev", "PLB701", set()),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_THREE_MODES)
def test_one_edit_of_a_spec_of_three_modes_is_told_once(name: str) -> None:
    file, old, new, rule, follow = OF_THREE_MODES[name]
    texts = dict(files_of("three modes"))
    texts[file] = texts[file].replace(old, new, 1)
    spec, problems = load_spec(texts)
    assert spec is not None, problems
    by_rule = {each.rule: each for each in check_rules(spec, DAY) if each.severity == Severity.ERROR}
    assert follow <= {each.rule for each in by_rule[rule].related}
    assert set(by_rule) - {"PLB702"} == {rule}


def test_a_timeout_below_several_start_periods_is_told_once() -> None:
    (finding,) = found(("update.yaml", "health_timeout_s: 300", "health_timeout_s: 3"))
    assert finding.rule == "PLB535"
    assert finding.message.startswith("clamav may take 120 s to start in mode online, and ")


def test_a_secret_that_stands_twice_is_told_once_with_the_one_that_is_left_over() -> None:
    (finding,) = found(("backups.yaml", "secret_key: backup_secret_key", "secret_key: backup_access_key"))
    assert (finding.rule, [each.rule for each in finding.related]) == ("PLB880", ["PLB605"])


def test_limits_may_add_up_to_more_than_the_cores_where_the_spec_says_so() -> None:
    assert not found((OFFLINE, "vcpus: 8", "vcpus: 2, overcommit: 4"))


def test_a_target_that_shares_no_segment_is_told_at_its_own_with_all_that_need_it() -> None:
    (finding,) = found(("services/redis.yaml", "segments: [etl-internal]", "segments: [monitoring]"))
    assert finding.location is not None and finding.location.file == "services/redis.yaml"
    needing = {"embed-worker", "intake-gateway", "parse-worker", "policy-engine"}
    assert {f"services/{name}.yaml" for name in needing} <= {
        each.location.file for each in finding.related if each.location
    }


def test_two_faults_stay_two() -> None:
    two = found(
        ("services/serving.yaml", "http: {port: http,", "http: {port: htpt,"), renamed=("services/redis.yaml", "services/redisx.yaml")
    )  # fmt: skip
    assert sorted(each.rule for each in two) == ["PLB101", "PLB106"]


ENDS: dict[str, tuple[list[Edit], str, tuple[str, str]]] = {
    "a difference that is gone": ([(OFFLINE, "egress: false", "egress: true")], "PLB702", (OFFLINE, "egress: true")),
    "a folder of certificates": ([(ONLINE, "/own-certificates", "/own")], "PLB214", (ONLINE, "own_certificates:")),
    "overlapping ranges": (
        [("networks.yaml", "172.29.1.0/24", "172.29.0.0/24")], "PLB202", ("networks.yaml", "172.29.0.0/24"),
    ),
    "an octet twice": ([("tenants.yaml", "octet: 2", "octet: 1")], "PLB203", ("tenants.yaml", "octet: 1")),
    "a circle": (
        [("services/postgres.yaml", "segments:", "needs: {migrate: http}\nsegments:")], "PLB104", ("services/migrate.yaml", "needs:"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_a_finding_about_two_places_names_both_with_their_lines(name: str) -> None:
    edits, rule, (file, word) = ENDS[name]
    finding = next(each for each in found(*edits) if each.rule == rule)
    text = shipped()[file]
    for edited, old, new in edits:
        text = text.replace(old, new, 1) if edited == file else text
    lines = {f"{file}:{number}" for number, line in enumerate(text.split("\n"), 1) if word in line}
    own = {f"{finding.location.file}:{finding.location.line}"} if finding.location else set()
    assert lines & (other_places(finding) - own) or (lines & own and other_places(finding))


def test_what_would_be_wrong_all_the_same_does_not_follow() -> None:
    idle = "title: Idle\nsummary: s\nimage: redis\nports: {http: 1}\n"
    serving = "environment:\n  IDLE_URL: {template: \"{{ url('idle', 'http') }}\"}\n"
    files = {**shipped(), "services/idle.yaml": idle}
    files["services/serving.yaml"] = files["services/serving.yaml"].replace("environment:\n", serving, 1)
    spec, problems = load_spec(files)
    assert spec is not None, problems
    assert {"PLB402", "PLB116"} <= {each.rule for each in check_rules(spec, DAY)}


def _finding(
    rule: str, message: str, severity: Severity = Severity.ERROR, **more: tuple[tuple[str, ...], ...]
) -> Finding:
    return Finding(rule, message, severity, Location("a.yaml"), **more)


def test_what_speaks_of_some_of_the_ids_does_not_follow() -> None:
    cause = _finding("PLB105", "`db` is placed nowhere in mode one", explains=(("db", "one"),))
    others = [_finding("PLB721", "no role of mode two runs `db`"), _finding("PLB403", "db and one are words")]
    assert told_once([cause, *others]) == [cause, *others]


def test_a_warning_hides_no_error() -> None:
    cause = _finding("PLB105", "`db` is placed nowhere", Severity.WARNING, explains=(("db",),))
    assert len(told_once([cause, _finding("PLB721", "nobody runs `db`")])) == 2


@pytest.mark.parametrize("word", ["and", "but"])
def test_an_id_where_a_sentence_turns_is_spoken_of(word: str) -> None:
    cause = _finding("PLB101", "there is no service `db`", explains=(("db",),))
    follower = _finding("PLB127", f"web writes as 70:70, {word} db as 71:71")
    assert [each.rule for each in told_once([cause, follower])] == ["PLB101"]
