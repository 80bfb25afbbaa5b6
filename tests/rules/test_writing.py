"""Where containers of the shipped spec may write, with each place taken away, and what is mounted over or inside what."""

from datetime import date

import pytest

from tests.rules.edited import edited
from validators.rules import RULES
from validators.rules.examples import example_spec

READ = 'read: {tag: "16.9-alpine"}'


def findings(rule: str, example: str) -> list[str]:
    return [each.message for each in RULES[rule].findings(example_spec(example), date.today())]


@pytest.mark.parametrize(
    ("file", "old", "new", "rules"),
    [
        ("services/postgres.yaml", "tmpfs: [/tmp, /var/run/postgresql,", "tmpfs: [/tmp,", ["PLB426"]),
        ("services/qdrant.yaml", "tmpfs: [/tmp, /qdrant/snapshots]", "tmpfs: [/tmp]", ["PLB426"]),
        ("services/qdrant.yaml", "tmpfs: [/tmp, /qdrant/snapshots]", "tmpfs: [/qdrant/snapshots]", ["PLB427"]),
        ("services/clamav.yaml", "tmpfs: [/run/clamav]", "tmpfs: []", ["PLB426"]),
        ("config/clamav/clamd.conf.j2", "/run/clamav/clamd.sock", "/run/clamd/clamd.sock", ["PLB426"]),
        ("services/postgres.yaml", "{data: /var/lib/postgresql/data}", "{data: /var/lib/postgresql}", ["PLB428"]),
        ("services/qdrant.yaml", "[/tmp, /qdrant/snapshots]", "[/tmp, /qdrant]", ["PLB429"]),
        ("services/redis.yaml", "[/tmp, /run/redis]", "[/tmp, /run/redis, /usr/local/bin]", ["PLB429"]),
        ("services/policy-engine.yaml", "models:", "tmpfs: [/tmp, /models/pii/cache]\nmodels:", ["PLB430"]),
        ("services/traefik.yaml", "limits:", "tmpfs: [/tmp, /etc/traefik/routes/x]\nlimits:", ["PLB430"]),
        ("services/store-owner.yaml", "/minio, read_only: false", "/minio, read_only: true", ["PLB315"]),
    ],
)
def test_what_cannot_be_written_or_mounted_is_found_once(file: str, old: str, new: str, rules: list[str]) -> None:
    assert edited(file, old, new).rules == rules


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("services/postgres.yaml", "/var/run/postgresql, /dev/shm]", "/run/postgresql, /dev/shm]"),
        ("services/qdrant.yaml", "[/tmp, /qdrant/snapshots]", "[/tmp, /qdrant/snapshots, /qdrant/cache]"),
        ("services/qdrant.yaml", "    [ -n", "    echo started >&2; echo x > /dev/null; echo y > notes\n    [ -n"),
        ("services/redis.yaml", "tmpfs: [/tmp, /run/redis]", "tmpfs: [/tmp, /run/redis, /etc/redis/more]"),
        ("services/loki.yaml", "volumes: {data: /loki}", "volumes: {data: /loki}\ntmpfs: [/tmp, /loki/cache]"),
    ],
)
def test_what_can_be_is_not(file: str, old: str, new: str) -> None:
    assert edited(file, old, new).rules == []


def test_a_setting_moves_what_an_image_writes() -> None:
    contract = f"contracts/postgres.yaml: {{{READ}, writable: {{/var/cache/x: [cache_directory, CACHE]}}}}\n"
    assert findings("PLB426", contract) == ["image postgres of db writes to /var/cache/x, which is read-only there"]
    several = contract.replace("writable: {", "writable: {/a: [], /b: [], ")
    (said,) = findings("PLB426", several)
    assert "/a, /b, /var/cache/x, which are read-only there" in said
    assert not findings("PLB426", f"{contract}services/db.yaml: {{environment: {{CACHE: /tmp}}}}")
    assert not findings("PLB426", f"{contract}services/db.yaml: {{command: [postgres, -c, cache_directory=/tmp]}}")
    assert findings("PLB426", f"{contract}services/db.yaml: {{command: [postgres, -c, my_cache_directory=/tmp]}}")


def test_an_image_of_a_later_version_declares_another_volume() -> None:
    moved = "services/db.yaml: {volumes: {data: /var/lib/postgresql}}\n"
    assert findings("PLB428", moved)
    assert not findings("PLB428", f'{moved}images.yaml: {{images: {{postgres: {{tag: "18.0-alpine"}}}}}}')
