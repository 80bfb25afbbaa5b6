"""Texts and numbers that look right and mean nothing, in every kind of field: each is refused at its place, in words."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import schema.forms
from generators.json_schema import schema_of
from plumbline.spec.loading import load_spec
from plumbline.spec.sections import SECTIONS
from schema.forms import SAYS

DATA = Path(__file__).parents[2] / "data"

PATHS = (
    "/var/../etc",
    "/var/${HOME}",
    "/a\nb",
    "/a b",
    "/a//b",
    "a/b",
    "/a;b",
    "/a'b",
    "/a:b",
    "/..",
    "/.",
    "/a/",
    "/a\\b",
    "/a,b",
    "",
)
MOUNTS = (*PATHS, "/", "/proc", "/sys/fs", "/dev", "/etc", "/usr/bin", "/lib")
OUTSIDE = ("../../x", "a/../../b", "/../a", "a'; touch pwned; '", "a b", "$HOME", "a\nb", ".", "..", "a//b", "")
ADDRESSES = (
    *(
        "300.1.1.1",
        "1.2.3",
        "0",
        "a.b",
        "::1::2",
        "01.02.03.04",
        "::1",
        "224.0.0.1",
        "255.255.255.255",
        "0.0.0.1",
        "127.0.0.1/8",
    ),
    *("", " 127.0.0.1", "127.0.0.1\n", "localhost"),
)
SUBNETS = (
    *(
        "127.0.0.0/24",
        "224.0.0.0/24",
        "fd00::/64",
        "172.20.0.0/31",
        "172.20.0.0/32",
        "172.20.0.0/024",
        "172.20.0.0/33",
        "0.0.0.0/0",
    ),
    *("169.254.0.0/16", "240.0.0.0/8", "172.20.0.0", "172.20.0/24", "300.0.0.0/24", "0.0.0.0/8", "10.0.0.0/-1"),
)
DAYS = ("2027-02-31", "2026-11-31", "2027-02-29", "2027-13-01", "27-01-01", "2027-1-1", "tomorrow", "2027-01-01T00:00")
USERS = ("99999999999999999999:1", "4294967295:1", "1:4294967296", "root:root", "1000", "01:1", "-1:1", "1:1:1")
SECONDS = (float("1e300"), 1e-300, 0, -1, 9223372036854775807, 86_401)
TITLES = ("", " ", "a\nb", "# a\n\n# b", " a", "a ", "a\u2028b")

CASES: dict[tuple[str, str], tuple[Any, ...]] = {
    ("services/redis", "user"): USERS,
    ("services/redis", "title"): TITLES,
    ("services/redis", "volumes.x"): MOUNTS,
    ("services/redis", "tmpfs.0"): (*MOUNTS, "/tmp,size=1", "/tmp:size=1"),
    ("services/redis", "config.0.target"): MOUNTS,
    ("services/redis", "config.0.source"): OUTSIDE,
    ("services/redis", "models.clamav"): MOUNTS,
    ("services/redis", "modes.offline.volumes.x"): ("/proc",),
    ("services/redis", "health.interval_s"): SECONDS,
    ("services/redis", "health.start_period_s"): (1e300, -1, 86_401),
    ("services/redis", "stop_grace_s"): (9223372036854775807, 0, -1, 86_401),
    ("services/redis", "limits.cpus"): (1e-300, 1e300, 0, -1, 0.001, 4096),
    ("services/redis", "limits.memory_mib"): (5, 10**15, -1),
    ("services/redis", "limits.pids"): (0, 10**9),
    ("services/serving", "health.http.path"): ("/a b", "/a'b", "/$(id)", "health", "/\n", "/`id`", '/"', "/;a", ""),
    ("services/traefik", "publish.http.address"): ADDRESSES,
    ("services/traefik", "mounts.0.source"): PATHS,
    ("services/traefik", "mounts.0.target"): MOUNTS,
    ("networks", "networks.edge.modes.online.subnet"): SUBNETS,
    ("models", "models.clamav-signatures.path"): ("../../../etc", *OUTSIDE, "/etc"),
    ("secrets", "folder"): (*OUTSIDE, "../../{tenant}", "x'; touch pwned; '{tenant}", "{octet}"),
    ("platform", "domain"): ("{tenant}.a b", "a'b", "-a.b", "a..b", ".", "{tenant}\n", "a_b.c", "{other}.example.com", ""),
    ("catalogue", "date"): DAYS,
    ("catalogue", "extras.ipv4"): (1e300, -1),
    ("waivers", "waivers.0.expires"): DAYS,
    ("images", "images.redis.evidence.checked"): DAYS,
    ("images", "images.redis.security"): (
        *({"checked": day} for day in DAYS[:2]),
        *({"checked": "2026-11-26", "known": {id: {"note": "n"}}} for id in ("CVE-25-1", "redis-1", "GHSA-a")),
        *({"checked": "2026-11-26", "known": {"CVE-2025-1000": {"note": "n", "fixed_in": tag}}} for tag in ("", "8.2 .2", "a:1")),
    ),
    ("images", "images.redis.digest"): ("sha256:", "sha256:" + "A" * 64, "0" * 64, "sha512:" + "0" * 128),
    ("topology/online", "cloud.volume.mount"): ("/", "/etc", "/usr/x", "/var/lib", "/home", "/run/x", "/a/../b", "/a b", "a"),
    ("topology/online", "cloud.first_boot.timezone"): ("Europe/Berlinn", "Europe", "utc", "../../etc/passwd", "Mars/Phobos"),
    ("topology/online", "cloud.network.subnet"): ("10.{octet}.300.0/24", "10.{octet}.1.0/99", "10.{octet}.1.0/8", "10.1.1.0/24"),
    ("topology/online", "cloud.addresses.bastion"): ("300.0.0.0/8", "1.2.3.4/33", "1.2.3.4", "::/129", "bastion", "1.2.3.4/032"),
    ("topology/online", "cloud.names.volume"): ("a'; rm -rf /; '", "{tenant} x", "{other}", "$(id)", ""),
    ("topology/online", "entry.health_path"): ("/a b", "health", "/`id`"),
    ("runbooks/offline-install", "title"): TITLES,
    ("runbooks/offline-install", "steps.0.title"): TITLES,
    ("runbooks/offline-install", "steps.0.timeout_s"): (0, -1, 9223372036854775807),
}  # fmt: skip
"""Values that have no place in a field: file without its ending, path → values."""

TAKEN: dict[tuple[str, str], tuple[Any, ...]] = {
    ("services/redis", "user"): ("0:0", "4294967294:4294967294"),
    ("services/redis", "volumes.x"): ("/data", "/var/lib/.x", "/etc/redis/data", "/dev/shm", "/a..b/..c", "/run/x"),
    ("services/redis", "limits.cpus"): (0.01, 64, 2),
    ("services/traefik", "publish.http.address"): ("0.0.0.0", "127.0.0.1", "192.0.2.1"),
    ("services/traefik", "mounts.0.source"): ("/", "/proc", "/var/run/docker.sock"),
    ("services/serving", "health.http.path"): ("/", "/-/ready", "/health?full=1", "/a%20b"),
    ("networks", "networks.edge.modes.online.subnet"): ("172.20.0.0/29", "10.0.0.0/8", "100.64.0.0/24"),
    ("secrets", "folder"): ("secrets/{tenant}", ".secrets/tenants/{tenant}", "/srv/secrets/{tenant}", "secrets"),
    ("platform", "domain"): ("{tenant}.example.com", "a.b-c.example", "x-{tenant}.example.com", "localhost"),
    ("waivers", "waivers.0.expires"): ("2028-02-29", "9999-12-31"),
    ("topology/online", "cloud.first_boot.timezone"): ("Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+1"),
    ("topology/online", "cloud.volume.mount"): ("/srv/data", "/mnt/data", "/var/lib/docpipe", "/opt/x"),
    ("topology/online", "cloud.addresses.bastion"): ("192.0.2.1/32", "2001:db8::/32", "::/0"),
}  # fmt: skip
"""Values that they take."""


def _each(cases: dict[tuple[str, str], tuple[Any, ...]]) -> list[Any]:
    return [
        pytest.param(file, path, value, id=f"{file}-{path}-{value!r:.40}")
        for (file, path), values in cases.items()
        for value in values
    ]


def _with(file: str, path: str, value: Any) -> dict[str, Any]:
    data: dict[str, Any] = yaml.load((DATA / f"{file}.yaml").read_text(), Loader=yaml.CSafeLoader)
    at: Any = data
    parents: list[Any]
    *parents, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    for part in parents:
        at = at[int(part)] if isinstance(at, list) else at.setdefault(part, {})
    at[last] = value
    return data


@pytest.mark.parametrize(("file", "path", "value"), _each(CASES))
def test_what_means_nothing_is_refused_at_its_place_in_words(file: str, path: str, value: Any) -> None:
    text = yaml.safe_dump(_with(file, path, value), allow_unicode=True)
    _, findings = load_spec({f"{file}.yaml": text})
    mine = [finding for finding in findings if finding.location and finding.location.file == f"{file}.yaml"]
    assert len(mine) == 1, [finding.message for finding in mine]
    *_, last = path.split(".")
    assert last in mine[0].subject or str(value) in mine[0].subject
    assert "`" in mine[0].message
    for word in ("pattern", "string", "dictionary", "Value error", "Traceback", "^"):
        assert word not in mine[0].message.replace(str(value), ""), mine[0].message


@pytest.mark.parametrize(("file", "path", "value"), _each(TAKEN))
def test_what_means_something_is_taken(file: str, path: str, value: Any) -> None:
    text = yaml.safe_dump(_with(file, path, value))
    _, findings = load_spec({f"{file}.yaml": text})
    assert [each.message for each in findings if each.location and each.location.file == f"{file}.yaml"] == []


def test_every_pattern_of_a_spec_has_words() -> None:
    patterns = {
        found
        for section in SECTIONS
        for found in _patterns(yaml.safe_load(schema_of(section.schema)))
        if found not in SAYS
    }
    # what only JSON Schema reads has no message
    parsers = {value for _, value in inspect.getmembers(schema.forms) if isinstance(value, str)}
    assert patterns <= parsers


def _patterns(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        for value in part.values():
            yield from _patterns(value)
    elif isinstance(part, list):
        for value in part:
            yield from _patterns(value)
