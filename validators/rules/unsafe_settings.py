"""PLB425: settings of known programs that switch a protection off."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from plumbline.spec.finding import Severity
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services, without_comments


@dataclass(frozen=True)
class Unsafe:
    """A variable, an option or a key of a file, with values that switch a protection off."""

    name: str
    values: str
    """A pattern of those values."""
    effect: str


_ON = "true|yes|on|1"
_OFF = "false|no|off|0"
_REDIS = (Unsafe("protected-mode", _OFF, "anyone who reaches it gets in without a password"),)
_OLD_TLS = "VersionTLS1[01]|TLSv1(?:\\.1)?"
PROGRAMS: Mapping[str, tuple[Unsafe, ...]] = {
    "elasticsearch": (Unsafe("xpack.security.enabled", _OFF, "anyone who reaches it can read and delete everything"),),
    "grafana": (
        Unsafe("GF_AUTH_ANONYMOUS_ENABLED", _ON, "dashboards are shown without a login"),
        Unsafe("GF_SECURITY_ALLOW_EMBEDDING", _ON, "other sites can embed it in a frame"),
    ),
    "mariadb": (Unsafe("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", _ON, "root needs no password"),),
    "mysql": (Unsafe("MYSQL_ALLOW_EMPTY_PASSWORD", _ON, "root needs no password"),),
    "nginx": (Unsafe("ssl_protocols", f".*(?:{_OLD_TLS}|SSLv3)\\b.*", "TLS 1.0 and 1.1 are broken"),),
    "postgres": (
        Unsafe(
            "POSTGRES_INITDB_ARGS",
            ".*--auth(?:-host)?[= ]trust\\b.*",
            "anyone who reaches it gets in without a password",
        ),
        Unsafe("POSTGRES_HOST_AUTH_METHOD", "trust", "anyone who reaches it gets in without a password"),
        Unsafe("password_encryption", "md5|off|on", "MD5 passwords can be cracked from a stolen table"),
        Unsafe("fsync", _OFF, "a power cut destroys the database"),
        Unsafe("full_page_writes", _OFF, "a power cut can destroy pages"),
    ),
    "prometheus": (Unsafe("web.enable-admin-api", _ON, "anyone who reaches it can delete metrics"),),
    "redis": _REDIS,
    "traefik": (
        Unsafe("insecure", _ON, "the dashboard is open to everybody"),
        Unsafe("api.insecure", _ON, "the dashboard is open to everybody"),
        Unsafe("insecureSkipVerify", _ON, "backends' certificates are not checked"),
        Unsafe("serversTransport.insecureSkipVerify", _ON, "backends' certificates are not checked"),
        Unsafe("minVersion", _OLD_TLS, "TLS 1.0 and 1.1 are broken"),
        Unsafe("average", "0", "nothing limits the requests"),
    ),
    "valkey": _REDIS,
}
"""By the last part of the image's repository."""


@rule(
    "PLB425",
    title="Setting that switches a protection off",
    severity=Severity.WARNING,
    why="Such a setting is often made for a test and forgotten. From then on, only the network protects the service.",
    fix="Remove the setting, so that the program's default applies, or add a waiver with the reason.",
    failing="services/db.yaml: {environment: {POSTGRES_HOST_AUTH_METHOD: trust}}",
    passing="services/db.yaml: {environment: {POSTGRES_HOST_AUTH_METHOD: scram-sha-256}}",
)
def unprotected(spec: Spec) -> Iterator[Violation]:
    """Variables, options and keys of known programs with such a value."""
    yield from once(found for placed, texts in of_services(spec) for found in _unprotected(placed, texts))


def _unprotected(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[Violation]:
    image = placed.spec.images.images.get(placed.service.image)
    for each in PROGRAMS.get(image.repository.rpartition("/")[2], ()) if image else ():
        for text in texts:
            if (found := _set_in(text, each)) is not None:
                value, position = found
                message = f"`{each.name}` is {value}: {each.effect}"
                yield Violation(text.path, message, observed=value, location=text.at(position))


def _set_in(text: WrittenText, unsafe: Unsafe) -> tuple[str, int] | None:
    """The value and where it stands, if a text sets it so."""
    if text.where == Where.VARIABLE:
        fits = text.name == unsafe.name and re.fullmatch(unsafe.values, text.shown, re.IGNORECASE)
        return (text.shown, 0) if fits else None
    if text.where == Where.COMMAND:
        switch = text.shown.startswith("-") and text.shown.lstrip("-").lower() == unsafe.name.lower()
        if switch and re.fullmatch(unsafe.values, "true", re.IGNORECASE):
            return "on", 0
    if text.where in (Where.COMMAND, Where.CONFIG) and (found := _setting(unsafe).search(without_comments(text.shown))):
        return found["value"].strip(), max(0, text.literal.find(unsafe.name))
    return None


@cache
def _setting(unsafe: Unsafe) -> re.Pattern[str]:
    name = re.escape(unsafe.name)
    return re.compile(
        rf"(?<![\w.-])-{{0,2}}{name}[\"']?(?:[ \t]*[:=][ \t]*|[ \t]+)[\"']?(?P<value>{unsafe.values})[\"']?(?=[ \t]*(?:[;,}}#\n]|$))",
        re.IGNORECASE | re.MULTILINE,
    )
