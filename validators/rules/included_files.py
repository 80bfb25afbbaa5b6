"""PLB145: files that a configuration file takes in, held against what is mounted in the container or written at its start."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import PurePosixPath

from plumbline.effective.config_files import TENANT
from plumbline.effective.expression_names import SECRET_FOLDER
from plumbline.effective.volumes import volume_mounts
from plumbline.spec.spec import Spec
from validators.rules.effective_services import Placed, once
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, WrittenText, of_services, without_comments


@dataclass(frozen=True)
class Including:
    """How a program's configuration files name other files."""

    beside: frozenset[str] = frozenset()
    """Keys whose relative paths begin at the file's own folder."""
    absolute: frozenset[str] = frozenset()
    """Keys whose relative paths begin elsewhere, so that only absolute ones are known."""
    own: tuple[str, ...] = ()
    """Patterns of files that the image brings."""


_TLS = frozenset({"ca_file", "cert_file", "key_file"})
_REDIS = Including(absolute=frozenset({"include", "aclfile", "tls-cert-file", "tls-key-file", "tls-ca-cert-file"}))
_MYSQL = Including(absolute=frozenset({"!include", "!includedir"}), own=("/etc/mysql/*", "/etc/my.cnf.d/*"))
PROGRAMS: Mapping[str, Including] = {
    "alertmanager": Including(beside=frozenset({"templates"}), absolute=_TLS),
    "loki": Including(absolute=_TLS),
    "mariadb": _MYSQL,
    "mysql": _MYSQL,
    "nginx": Including(
        beside=frozenset({"include"}),
        absolute=frozenset({"ssl_certificate", "ssl_certificate_key", "auth_basic_user_file"}),
        own=("/etc/nginx/mime.types", "/etc/nginx/*_params", "/etc/nginx/conf.d*", "/etc/nginx/modules*", "/usr/*"),
    ),
    "postgres": Including(
        beside=frozenset({"include", "include_dir"}),
        absolute=frozenset({"hba_file", "ident_file", "ssl_ca_file", "ssl_cert_file", "ssl_key_file"}),
    ),
    "prometheus": Including(
        beside=frozenset({"rule_files", "scrape_config_files", "files"}),
        absolute=_TLS | {"bearer_token_file", "credentials_file", "password_file"},
    ),
    "redis": _REDIS,
    "traefik": Including(absolute=frozenset({"caFile", "certFile", "keyFile", "usersFile"})),
    "valkey": _REDIS,
}
"""By the last part of the image's repository."""
_OTHERS = Including(absolute=frozenset({"include", "include_dir"}))
"""Of an image that nobody knows only folders are judged that the spec fills itself."""

_INCLUDED = """
config/more.yml: "tls: {{}}"
config/tls.yml: |
  tls: {{certificates: [{{certFile: {0}, keyFile: /run/secrets/db_password}}]}}
services/web.yaml:
  secrets: {{db_password: {{}}}}
  config: [{{source: config/tls.yml, target: /etc/traefik/tls.yml}}, {{source: config/more.yml, target: /etc/traefik/more.yml}}]
"""


@rule(
    "PLB145",
    title="Included file that nothing provides",
    why=(
        "The program exits at start because it cannot open the file, or it runs without the passwords, rules or "
        "certificates in it."
    ),
    fix="Mount the file by `config`, write it at the start under exactly this path, or correct the path.",
    failing=_INCLUDED.format("/etc/traefik/web.crt"),
    passing=_INCLUDED.format("/etc/traefik/more.yml"),
)
def included_from_nowhere(spec: Spec) -> Iterator[Violation]:
    """Files in configuration files that are neither mounted, nor written by the command, nor the image's own."""
    yield from once(found for placed, texts in of_services(spec) for found in _from_nowhere(placed, texts))


def _from_nowhere(placed: Placed, texts: tuple[WrittenText, ...]) -> Iterator[Violation]:
    calls = [text for text in texts if text.where in (Where.COMMAND, Where.VARIABLE)]
    for text in texts:
        for path, position in included_paths(text):
            if not _is_provided(placed, path, calls):
                folder = str(PurePosixPath(path).parent)
                writers = [each for each in calls if f"{folder}/" in each.literal]
                also = tuple((each.path, f"it names {folder}") for each in writers[:1])
                message = f"`{path}` is included, but nothing mounts or writes it"
                yield Violation(text.path, message, observed=path, location=text.at(position), also=also)


def included_paths(text: WrittenText) -> Iterator[tuple[str, int]]:
    """Each path that a configuration file takes in, as it is in the container, and where the file says so."""
    if text.where != Where.CONFIG:
        return
    including = _of(text.placed)
    file = text.placed.service.config[int(str(text.path.parts[-1]))]
    for key, value in _values(text.shown, including.beside | including.absolute):
        if value.startswith("/") or key in including.beside:
            path = str(PurePosixPath(file.target).parent / value)
            if not path.startswith(f"{SECRET_FOLDER}/"):  # PLB114 judges it
                yield path, max(0, text.literal.find(value if value in text.literal else key))


def _of(placed: Placed) -> Including:
    image = placed.spec.images.images.get(placed.service.image)
    return PROGRAMS.get(image.repository.rpartition("/")[2] if image else "", _OTHERS)


@cache
def _line(keys: frozenset[str]) -> re.Pattern[str]:
    """A key with the rest of its line, after a blank, an equals sign or a colon."""
    any_of = "|".join(map(re.escape, sorted(keys, key=len, reverse=True)))
    return re.compile(
        rf"(?:^|[{{,]|- )[ \t]*[\"']?(?P<key>{any_of})[\"']?(?:[ \t]*[:=]|[ \t])(?P<rest>.*)$", re.MULTILINE
    )


_VALUE = re.compile(r"^[ \t]*[\"']?(?P<value>[\w./@*?+-]+)")
_ITEM = re.compile(r"[ \t]*-[ \t]+[\"']?(?P<value>[\w./@*?+-]+)[\"']?[ \t]*(?:#.*)?")


@lru_cache(maxsize=4096)
def _values(text: str, keys: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Values of the keys: one, a list on the line, or a list on the lines below."""
    return tuple(_values_in(text, keys)) if keys else ()


def _values_in(text: str, keys: frozenset[str]) -> Iterator[tuple[str, str]]:
    lines = without_comments(text).split("\n")
    for number, line in enumerate(lines):
        for found in _line(keys).finditer(line):
            rest = found["rest"].strip()
            if rest.startswith("["):
                yield from ((found["key"], each) for each in re.findall(r"[\w./@*?+-]+", rest.partition("]")[0]))
            elif value := _VALUE.match(rest):
                yield found["key"], value["value"]
            elif not rest:
                for below in lines[number + 1 :]:
                    if not (item := _ITEM.fullmatch(below)):
                        break
                    yield found["key"], item["value"]


def _is_provided(placed: Placed, path: str, calls: list[WrittenText]) -> bool:
    service = placed.service
    targets = [file.target.replace(TENANT, "*") for file in service.config]
    if any(fnmatchcase(target, path) or fnmatchcase(path, target) or _is_in(target, path) for target in targets):
        return True
    if _is_in(path, *service.tmpfs):
        return any(path in text.shown or path in text.literal for text in calls)
    filled = [each.target for each in volume_mounts("", service)] + [mount.target for mount in service.mounts]
    including = _of(placed)
    if _is_in(path, *filled, *service.models.values()) or any(fnmatchcase(path, own) for own in including.own):
        return True
    # what an unknown image brings nobody knows, except in folders that the spec fills
    return including is _OTHERS and str(PurePosixPath(path).parent) not in {
        str(PurePosixPath(target).parent) for target in targets
    }


def _is_in(path: str, *folders: str) -> bool:
    return any(PurePosixPath(path).is_relative_to(folder) for folder in folders)
