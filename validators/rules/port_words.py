"""Numbers of ports in texts that are not the spec's own: commands, checks, variables, configuration files. Pure.

A number is a port's where what stands around it says so: an address before it, or an option or key of such a name. Sizes,
times and versions stand in no such place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from validators.rules.written import BLANK, Where, WrittenText

OWN = ""
"""The host of an address that is the program's own: none, this host, or every interface."""
UNSAID = "?"
"""The host where nothing says whose port it is: an option, or a host that is only known as it runs."""
_LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|\[::1\]")
_EVERY = re.compile(r"0\.0\.0\.0|\[::\]|\*|")
_ADDRESS = re.compile(
    rf"(?P<host>\[[0-9A-Fa-f:.]*\]|(?:(?<=//)|(?<![\w./-]))[A-Za-z0-9_][\w.-]*|[*)}}{BLANK}]|)(?<!:):(?P<port>\d{{2,5}})(?![\w.:{BLANK}-]|\.\d)"
)
_OPTION = re.compile(rf"(?<![\w-])--?(?P<name>[A-Za-z][\w.-]*?)(?:=|[ \t]+)[\"']?(?P<port>\d{{2,5}})(?![\w.:{BLANK}-])")
_KEY = re.compile(
    r"(?:^[ \t]*|[{,][ \t]*)(?:- )?[\"']?(?P<name>[A-Za-z_][\w.-]*)[\"']?[ \t]*[:= ][ \t]*[\"']?(?P<port>\d{2,5})[\"']?(?=[ \t]*(?:[;,}#]|$))",
    re.MULTILINE,
)
_PARTS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")
_LISTENING = frozenset({"listen", "bind"})
_OF_A_SERVER = frozenset({"http", "https", "web", "api", "ui", "app", *_LISTENING})
_NOT_TCP = re.compile(r"udp|gossip|quic", re.IGNORECASE)
_LEAST = 80
"""A smaller number after a bare colon is rather a minute or a second."""


@dataclass(frozen=True, slots=True)
class PortWord:
    """A number of a port, written out."""

    number: int
    position: int
    """Where it stands in the text."""
    host: str
    """Whose port it is: the name of a host, OWN or UNSAID."""
    listens: bool
    """Whether it surely says where the program listens, and not where something else does."""
    inside: bool = False
    """Whether only the container itself sees it: its address is a loopback one."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What of a text decides about its ports."""

    where: Where
    literal: str
    name: str
    before: str
    platform: str


def port_words(text: WrittenText) -> tuple[PortWord, ...]:
    """Every number of a port in a text of a service."""
    platform = text.placed.spec.platform.name
    return _port_words(_Said(text.where, text.literal, text.name, text.before, platform))


@lru_cache(maxsize=8192)
def _port_words(text: _Said) -> tuple[PortWord, ...]:
    found: dict[int, PortWord] = {}
    for word in (*_whole(text), *_addresses(text), *_options(text), *_keys(text)):
        found.setdefault(word.position, word)
    return tuple(found.values())


@lru_cache(maxsize=8192)
def host_ports(text: str) -> frozenset[int]:
    """Numbers of ports at this host's loopback address, in a text of a runbook."""
    return frozenset(int(match["port"]) for match in _ADDRESS.finditer(text) if _LOOPBACK.fullmatch(match["host"]))


def _whole(text: _Said) -> Iterator[PortWord]:
    """A text that is a number: the word after an option, or the value of a variable."""
    if not re.fullmatch(r"\d{2,5}", text.literal):
        return
    name = text.name if text.where == Where.VARIABLE else _option_name(text.before)
    if name is None or _NOT_TCP.search(name):
        return
    parts = _parts_of(name)
    if parts[-1:] == ["port"] or set(parts) & _LISTENING or name == "p":
        own = {text.platform} if text.where == Where.VARIABLE else set()
        listens = text.where in (Where.COMMAND, Where.VARIABLE) and set(parts) <= _OF_A_SERVER | own | {"port"}
        listens = listens or text.where == Where.HEALTH  # a check asks its own service
        yield PortWord(int(text.literal), 0, UNSAID, listens)


def _addresses(text: _Said) -> Iterator[PortWord]:
    for match in _ADDRESS.finditer(text.literal):
        number, host, start = int(match["port"]), match["host"], match.start()
        ahead = text.literal[max(0, start - 1) : start]
        line = text.literal[text.literal.rfind("\n", 0, start) + 1 : match.end()]
        if _NOT_TCP.search(line) or _NOT_TCP.search(text.name):
            continue
        if host == "" and not _stands_alone(text.literal[:start]):
            continue
        if host in (")", "}", BLANK) or ahead == "$":
            yield PortWord(number, match.start("port"), UNSAID, False)
        elif _LOOPBACK.fullmatch(host):
            yield PortWord(number, match.start("port"), OWN, text.where == Where.HEALTH, inside=True)
        elif _EVERY.fullmatch(host):
            sure = text.where != Where.SCRIPT and number >= _LEAST
            yield PortWord(number, match.start("port"), OWN, sure)
        elif not host[0].isdigit():
            yield PortWord(number, match.start("port"), host, False)


def _stands_alone(ahead: str) -> bool:
    """Whether a colon after a text begins an address: not that of a key in quotes, and no part of a word."""
    if ahead[-1:] in ('"', "'"):
        return not re.search(r"[\w.-]$", ahead[:-1])
    return not ahead or ahead[-1] in " \t\n=,([" or ahead.endswith("//")


def _options(text: _Said) -> Iterator[PortWord]:
    for match in _OPTION.finditer(text.literal):
        parts = _parts_of(match["name"])
        if (parts[-1:] == ["port"] or match["name"] == "p") and not _NOT_TCP.search(match["name"]):
            # in a script it can be an option of any program
            alone = text.literal.startswith("-") and set(parts) <= _OF_A_SERVER | {"port"}
            listens = text.where == Where.HEALTH or (text.where == Where.COMMAND and alone)
            yield PortWord(int(match["port"]), match.start("port"), UNSAID, listens)


def _keys(text: _Said) -> Iterator[PortWord]:
    if text.where != Where.CONFIG:
        return
    for match in _KEY.finditer(text.literal):
        parts = _parts_of(match["name"])
        if (parts[-1:] == ["port"] or set(parts) & _LISTENING) and not _NOT_TCP.search(match["name"]):
            at_top = match.start() == match.start("name") and not re.search(
                r"^[ \t]*\[", text.literal[: match.start()], re.MULTILINE
            )
            listens = bool(set(parts) & _LISTENING) or (parts == ["port"] and at_top)
            yield PortWord(int(match["port"]), match.start("port"), UNSAID, listens)


def _option_name(word: str) -> str | None:
    return word.lstrip("-") if re.fullmatch(r"--?[A-Za-z][\w.-]*", word) else None


def _parts_of(name: str) -> list[str]:
    """The words of a name, in lower case: `httpPort`, `HTTP_PORT` and `http.port` are of two."""
    return [part.lower() for part in _PARTS.findall(name)]
