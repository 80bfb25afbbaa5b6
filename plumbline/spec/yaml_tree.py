"""YAML text → a tree in which every value knows its place, with limits on what hostile text can cost.

Built from libyaml's event stream without recursion. Scalars follow the YAML 1.2 core schema, narrowed:
only `true`/`false` are booleans and only plain decimal numbers are numbers, so that `no`, `1_000`, `012`, `12:30`
and dates stay the text that was written. Tags and merge keys would change what is written, and are no part of a spec.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from plumbline.spec.finding import Finding
from plumbline.spec.location import Location
from plumbline.spec.paths import SpecPath
from plumbline.spec.yaml_syntax import syntax_finding

MAX_DEPTH = 64
MAX_NODES = 100_000
MAX_CHARACTERS = 65_536
"""Of one key or value."""

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
# What YAML 1.1 and 1.2 both take for a number: `1e3` is text to one of them
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+([eE][-+][0-9]+)?")
_NOT_YAML = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML 1.1 takes nowhere but as an escape (5.1)."""
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
"""Controls but tab and ends of lines, and what changes the direction of writing (Unicode UAX 9)."""
_UNSEEN_BREAK = re.compile("[\x85\u2028\u2029]")
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Where libyaml begins a line."""
_SEEN_BREAK = re.compile("\r\n|[\n\r]")
"""Where editors do."""
_PLAIN_TAGS = frozenset({None, "!", *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq"))})
_CONSTANTS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(slots=True)
class YamlNode:
    """A value and its place. `value` is a scalar, a list of nodes, or a dict of (key node, value node) by key."""

    value: Any
    location: Location
    size: int = 1
    style: str | None = None
    """How a scalar is written: `|` and `>` are blocks, quotes are quotes, nothing is plain."""


class YamlProblem(Exception):
    """Text that is no spec; holds the finding."""

    def __init__(self, finding: Finding):
        super().__init__(finding.message)
        self.finding = finding


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been seen."""

    node: YamlNode
    anchor: str | None
    key: YamlNode | None = None


def parse_tree(text: str, file: str) -> tuple[YamlNode | None, list[Finding]]:
    """The root node (None for an empty document) and findings such as duplicate keys.

    Raises YamlProblem where the text is not YAML or crosses a limit.
    """
    if found := _NOT_YAML.search(text):
        raise YamlProblem(_unprintable(text, found, file))
    builder = _Builder(file, _editors_places(text) if _UNSEEN_BREAK.search(text) else None)
    last = None
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
            last = event
    except yaml.YAMLError as error:
        raise YamlProblem(syntax_finding(error, last, text, file, builder.places)) from None
    return builder.root, builder.findings


def _unprintable(text: str, found: re.Match[str], file: str) -> Finding:
    line, column = _editors_place(text, found.start())
    return Finding(
        "PLB001",
        f"not YAML: contains the invisible character U+{ord(found[0]):04X}",
        location=Location(file, line, column, line, column + 1),
        hint="delete it",
    )


def _editors_place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, as editors count them, of a place in a text."""
    breaks = [found.end() for found in _SEEN_BREAK.finditer(text, 0, offset)]
    return len(breaks) + 1, offset - (breaks[-1] if breaks else 0) + 1


def _editors_places(text: str) -> Callable[[int, int], tuple[int, int]]:
    """Lines and columns of editors from libyaml's, which takes more characters for the end of a line; both of libyaml's from 0."""
    begins = [0, *(found.end() for found in _BREAK.finditer(text))]
    return lambda line, column: _editors_place(text, begins[line] + column)


def unseen_characters(root: YamlNode, text: str) -> Iterator[Finding]:
    """Values and keys with characters that move a cursor, turn a line round or end a text; YAML takes them as escapes."""
    if "\\" not in text and not _UNSEEN.search(text):
        return
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node.value, str) and (found := _UNSEEN.search(node.value)):
            message = f"contains the invisible character U+{ord(found[0]):04X}"
            yield Finding("PLB003", message, location=node.location, hint="delete it")
        elif isinstance(node.value, list):
            waiting += node.value
        elif isinstance(node.value, dict):
            waiting += (part for pair in node.value.values() for part in pair)


def node_at(root: YamlNode, path: SpecPath) -> YamlNode:
    """The deepest node on the path that exists."""
    node = root
    for part in path:
        child = _child(node, part)
        if child is None:
            break
        node = child
    return node


def holds(root: YamlNode, path: SpecPath) -> bool:
    """Whether the whole path exists."""
    node: YamlNode | None = root
    for part in path:
        node = _child(node, part) if node else None
    return node is not None


def key_at(root: YamlNode, path: SpecPath) -> YamlNode | None:
    """The node of the last key of the path, if that exists and its parent is a map."""
    if not path:
        return None
    parent = node_at(root, path[:-1])
    entry = parent.value.get(path[-1]) if isinstance(parent.value, dict) else None
    return entry[0] if entry else None


def _child(node: YamlNode, part: str | int) -> YamlNode | None:
    if isinstance(node.value, dict):
        entry = node.value.get(part)
        return entry[1] if entry else None
    if isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
        found: YamlNode = node.value[part]
        return found
    return None


def to_data(node: YamlNode | None) -> Any:
    """Plain Python data of a tree; depth is bounded by MAX_DEPTH."""
    if node is None:
        return None
    if isinstance(node.value, dict):
        return {key: to_data(value) for key, (_, value) in node.value.items()}
    if isinstance(node.value, list):
        return [to_data(item) for item in node.value]
    return node.value


class _Builder:
    def __init__(self, file: str, places: Callable[[int, int], tuple[int, int]] | None):
        self.file = file
        self.places = places
        self.root: YamlNode | None = None
        self.findings: list[Finding] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, YamlNode] = {}
        self.documents = 0

    def take(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                node = YamlNode(_scalar(event), self._place(event), 1, event.style)
                self._judge(node, event)
                self._add(node, event.anchor)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close(event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise self._problem("a data file holds one document, but a second begins here", event)

    def _judge(self, node: YamlNode, event: Any) -> None:
        """What is written otherwise than it would be kept."""
        if event.tag not in _PLAIN_TAGS:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._find(
                f"the tag `{tag[:40]}` is not allowed in a spec", node, "delete it: a value is taken as it is written"
            )
        if isinstance(node.value, str) and len(node.value) > MAX_CHARACTERS:
            raise self._problem(f"has {len(node.value):,} characters; a value has at most {MAX_CHARACTERS:,}", event)
        if isinstance(node.value, float) and not math.isfinite(node.value):
            self._find(f"{event.value} is not a finite number", node, "write a number that makes sense here")

    def _find(self, message: str, node: YamlNode, hint: str) -> None:
        self.findings.append(Finding("PLB003", message, location=node.location, hint=hint))

    def _open(self, event: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise self._problem(f"nested deeper than {MAX_DEPTH} levels", event)
        empty: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        node = YamlNode(empty, self._place(event))
        self._judge(node, event)
        self.stack.append(_Open(node, event.anchor))

    def _close(self, event: Any) -> None:
        done = self.stack.pop()
        start = done.node.location
        end = self._place(event)
        done.node.location = Location(start.file, start.line, start.column, end.end_line, end.end_column)
        self._add(done.node, done.anchor)

    def _alias(self, event: Any) -> None:
        target = self.anchors.get(event.anchor)
        if target is None:
            raise self._problem(f"alias *{event.anchor} has no anchor before it", event)
        self._add(target, None, place=self._place(event))

    def _add(self, node: YamlNode, anchor: str | None, place: Location | None = None) -> None:
        if anchor:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        top.node.size += node.size
        if top.node.size > MAX_NODES:
            raise YamlProblem(
                Finding(
                    "PLB003",
                    f"contains more than {MAX_NODES:,} values, aliases included",
                    location=place or node.location,
                    hint="write the values out, or split the file",
                )
            )
        if isinstance(top.node.value, list):
            top.node.value.append(node)
        elif top.key is None:
            top.key = self._key(node)
        else:
            self._put(top, top.key, node)
            top.key = None

    def _key(self, node: YamlNode) -> YamlNode:
        if isinstance(node.value, dict | list):
            raise YamlProblem(Finding("PLB003", "a key must be text, not a list or a map", location=node.location))
        if not isinstance(node.value, str):
            self.findings.append(
                Finding(
                    "PLB003",
                    f"the key {node.value!r:.80} is not text",
                    location=node.location,
                    hint="put it in quotes",
                )
            )
            return YamlNode(str(node.value), node.location, 1, node.style)
        return node

    def _put(self, top: _Open, key: YamlNode, value: YamlNode) -> None:
        if key.value == "<<" and not key.style:
            self._find("a merge key is not allowed in a spec", key, "write the fields out where they are used")
            for name, entry in value.value.items() if isinstance(value.value, dict) else ():
                top.node.value.setdefault(name, entry)
            return
        earlier = top.node.value.get(key.value)
        if earlier is not None:
            first = earlier[0].location
            self.findings.append(
                Finding(
                    "PLB002",
                    f"`{key.value[:80]}` is given twice",
                    location=key.location,
                    hint=f"keep one; the first is at line {first.line}",
                )
            )
            return
        top.node.value[key.value] = (key, value)

    def _place(self, event: Any) -> Location:
        start, end = event.start_mark, event.end_mark
        if self.places:
            first, last = self.places(start.line, start.column), self.places(end.line, end.column)
            return Location(self.file, *first, *last)
        return Location(self.file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def _problem(self, message: str, event: Any) -> YamlProblem:
        return YamlProblem(Finding("PLB003", message, location=self._place(event)))


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.tag not in (None, "!"):
        return text
    if not event.implicit[0]:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INT.fullmatch(text) and len(text) < 20:
        return int(text)
    if _FLOAT.fullmatch(text) and len(text) < 40:
        return float(text)
    return text
