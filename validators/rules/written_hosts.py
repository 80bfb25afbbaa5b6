"""Names of hosts that a configuration file surely means, each with where it stands. Pure.

A name without a dot is a host's where a scheme stands before it, or where it has a port and its key is one for addresses. Labels,
times and versions stand in no such place. Scripts are passed over: what they name may be a variable, a role or a text.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath

from plumbline.spec.location import Location
from plumbline.spec.spec_files import TEMPLATE_ENDING
from validators.rules.written import BLANK, WrittenText, file_of, without_comments

_SCRIPTS = frozenset({".py", ".sh", ".sql", ".lua", ".js", ".html", ".md"})
_LABEL = r"[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_URL = re.compile(
    rf"(?<![\w.+-])(?:https?|wss?|tcp|grpcs?|rediss?|postgres(?:ql)?(?:\+\w+)?|mysql(?:\+\w+)?|mariadb|mongodb|amqps?|nats|kafka|ldaps?|"
    rf"smtps?|memcached?|clickhouse|bolt|neo4j)://(?:[^/@\s\"'{BLANK}]*@)?(?P<host>{_LABEL})(?=[:/\"'\s,;?)\]]|$)",
    re.MULTILINE,
)
_WITH_PORT = re.compile(
    rf"(?:(?<=[\s\"'\[,=@])|^)(?P<host>{_LABEL}):(?:\d{{2,5}}(?![\w.:-])|{BLANK})(?=[\"'\s,;/\])]|$)", re.MULTILINE
)
_DSN = re.compile(rf"(?<![\w.])host=(?P<host>{_LABEL})(?=[\s\"']|$)(?=.*?\b(?:port|dbname|user)=)", re.MULTILINE)
_OF_ADDRESSES = re.compile(
    r"(?<![a-z])(?:targets?|hosts?|address(?:es)?|addrs?|urls?|uris?|endpoints?|servers?|brokers?|upstreams?|remotes?|dsn|peers?|"
    r"backends?|proxy|connect|connection(?:_string)?|nodes|seeds?|members?|join_members)(?![a-z])",
    re.IGNORECASE,
)
_DEFINED = r"(?m)^[ \t]*(?:upstream|backend|cluster|resolver)[ \t]+[\"']?{host}\b"
"""A name that the file itself gives to a group of servers, as nginx and HAProxy do."""


def config_hosts(text: WrittenText) -> tuple[tuple[str, int], ...]:
    """Names without a dot that a configuration file connects to, and the position of each in `literal`."""
    ending = PurePosixPath(text.name.removesuffix(TEMPLATE_ENDING)).suffix
    return () if ending in _SCRIPTS else _hosts(text.literal)


@lru_cache(maxsize=1024)
def _hosts(literal: str) -> tuple[tuple[str, int], ...]:
    # comments go, and what is left keeps its position
    lines = zip(literal.split("\n"), without_comments(literal).split("\n"), strict=True)
    said = "\n".join(kept or " " * len(line) for line, kept in lines)
    found = {match.start("host"): match["host"] for match in (*_URL.finditer(said), *_DSN.finditer(said))}
    for match in _WITH_PORT.finditer(said):
        if _OF_ADDRESSES.search(_key_before(said, match.start())):
            found.setdefault(match.start("host"), match["host"])
    return tuple(
        (host, position)
        for position, host in sorted(found.items())
        if not re.search(_DEFINED.format(host=re.escape(host)), said)
    )


def _key_before(text: str, position: int) -> str:
    """What stands before a value: on its line, or, for an item of a list, on the line that begins the list."""
    lines = text[:position].split("\n")
    own = lines.pop()
    if own.strip(" \t-\"'[,"):
        return own
    indent = len(own) - len(own.lstrip())
    return next((line for line in _above(lines) if len(line) - len(line.lstrip()) <= indent), "")


def _above(lines: list[str]) -> Iterator[str]:
    """Lines upwards, without empty ones and items of lists."""
    return (line for line in reversed(lines) if line.strip() and not line.lstrip().startswith(("-", '"', "'")))


def host_location(text: WrittenText, host: str, position: int) -> Location:
    """Line and columns of a host in the file: its expressions are shorter or longer there than in `literal`."""
    line = text.literal.count("\n", 0, position)
    start = text.literal.rfind("\n", 0, position) + 1
    word = re.compile(rf"(?<![\w-]){re.escape(host)}(?![\w-])")
    before = len(word.findall(text.literal[start:position]))
    lines = text.placed.spec.templates.get(text.name, "").split("\n")
    places = [match.start() for match in word.finditer(lines[line])] if line < len(lines) else []
    column = places[min(before, len(places) - 1)] + 1 if places else 1
    return Location(file_of(text.placed.spec, text.name), line + 1, column, line + 1, column + len(host))
