"""Which line of a template stands behind each line of its text, and which places of the spec that line speaks of. Pure.

Lines are found by rendering once more with a mark at the start of each line of the template: no guess from the text.
Places are read off the template's expressions, without evaluating them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FunctionLoader, TemplateError, nodes

from plumbline.spec.paths import PathText

Part = str | int
Line = tuple[str, int]
"""Name of a template, and a line of it, from 1."""
Places = tuple[PathText, ...]
_MARK = re.compile("\x01([^\x01\x02]*):([0-9]+)\x02")


@dataclass(frozen=True)
class Known:
    """What the names of expressions stand for in the spec; a name that is missing stands for nothing in it."""

    names: Mapping[str, Places] = field(default_factory=dict)
    roots: Mapping[str, Callable[[Sequence[Part]], Iterable[PathText]]] = field(default_factory=dict)
    """Names whose fields are asked for, with what `name.a.b` stands for."""
    calls: Mapping[str, Callable[[Sequence[str | None]], Iterable[PathText]]] = field(default_factory=dict)
    """Functions, with what a call stands for; an argument that is not known from the text is None."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Names whose value is the same in the whole template, such as the mode."""


def rendered_lines(environment: Environment, name: str, source: str, names: Mapping[str, Any]) -> list[Line] | None:
    """The line of the template behind each line of what it renders to; None where that can't be told.

    `environment` reads what is included; it is left as it is.
    """

    def marked(each: str) -> str:
        text = source if each == name else _source(environment, each)
        return _marked(environment, each, text)

    marking = environment.overlay(loader=FunctionLoader(marked))
    try:
        plain = environment.from_string(source).render(names)
        text = marking.get_template(name).render(names)
    except (TemplateError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
        return None
    if _MARK.sub("", text) != plain:
        return None  # the template looks at text of its own
    current: Line = (name, 1)
    lines = []
    for line in text.split("\n"):
        at = 0
        while found := _MARK.match(line, at):  # of tags alone on their lines, which leave nothing behind
            current, at = (found[1], int(found[2])), found.end()
        lines.append(current)
        if rest := _MARK.findall(line, at):
            current = (rest[-1][0], int(rest[-1][1]))
    return lines


def _source(environment: Environment, name: str) -> str:
    if environment.loader is None:
        raise LookupError(name)
    return environment.loader.get_source(environment, name)[0]


def _marked(environment: Environment, name: str, source: str) -> str:
    text = f"\x01{name}:1\x02"
    for line, token, value in environment.lexer.tokeniter(source, name):
        if token != "data":
            # a tag that takes the space before it has taken it already; without any, it may run into a brace
            text += f" {value}" if token.endswith("_begin") and value.endswith("-") else value
            if token.endswith("_end") and value.endswith("\n"):  # a tag that takes the end of its line with it
                text += f"\x01{name}:{line + value.count(chr(10))}\x02"
            continue
        first, *rest = value.split("\n")
        text += first + "".join(f"\n\x01{name}:{line + at}\x02{each}" for at, each in enumerate(rest, 1))
    return text


def spoken_of(environment: Environment, source: str, known: Known) -> dict[int, Places]:
    """The places that each line of a template speaks of, those that decide whether it stands there included."""
    found: dict[int, dict[PathText, None]] = {}
    for line, place in _TemplateReader(known).lines(_parsed(environment, source).body, {}, ()):
        found.setdefault(line, {})[place] = None
    return {line: tuple(places) for line, places in found.items()}


@lru_cache(maxsize=4096)
def _parsed(environment: Environment, source: str) -> nodes.Template:
    return _plain(environment).parse(source)


@lru_cache(maxsize=8)
def _plain(environment: Environment) -> Environment:
    """One that reads the same language and rewrites nothing."""
    return Environment(
        block_start_string=environment.block_start_string,
        block_end_string=environment.block_end_string,
        variable_start_string=environment.variable_start_string,
        variable_end_string=environment.variable_end_string,
        comment_start_string=environment.comment_start_string,
        comment_end_string=environment.comment_end_string,
        trim_blocks=environment.trim_blocks,
        keep_trailing_newline=True,
        autoescape=False,
    )


def places_in(environment: Environment, template: str, known: Known) -> Places:
    """The places that a short template speaks of, once each; none where it can't be read."""
    if "{" not in template:
        return ()
    try:
        lines = spoken_of(environment, template, known)
    except TemplateError:
        return ()
    return tuple(dict.fromkeys(place for _, places in sorted(lines.items()) for place in places))


class _TemplateReader:
    def __init__(self, known: Known):
        self.known = known

    def lines(
        self, body: Iterable[nodes.Node], local: Mapping[str, Places], above: Places
    ) -> Iterator[tuple[int, PathText]]:
        """Pairs (line, place). `local` are names that the template makes; `above` decides whether the body stands there."""
        own = dict(local)
        for node in body:
            match node:
                case nodes.Output():
                    yield from self._output(node, own, above)
                case nodes.If():
                    decided = (*above, *self.places(node.test, own))
                    branches = [node.body, node.else_]
                    for other in node.elif_:
                        decided = (*decided, *self.places(other.test, own))
                        branches.append(other.body)
                    for branch in branches:
                        yield from self.lines(branch, own, decided)
                case nodes.For():
                    source = self.places(node.iter, own)
                    inner = own | dict.fromkeys(_targets(node.target), source)
                    yield from self.lines(node.body, inner, (*above, *source))
                    yield from self.lines(node.else_, own, (*above, *source))
                case nodes.Assign():
                    own |= {name: self.places(node.node, own) for name in _targets(node.target)}
                case _:
                    yield from self.lines(node.iter_child_nodes(), own, above)

    def _output(self, node: nodes.Output, local: Mapping[str, Places], above: Places) -> Iterator[tuple[int, PathText]]:
        for child in node.nodes:
            if isinstance(child, nodes.TemplateData):
                lines = range(child.lineno, child.lineno + child.data.count("\n") + 1)
                yield from ((line, place) for line in lines for place in above)
            else:
                yield from ((child.lineno, place) for place in (*self.places(child, local), *above))

    def places(self, node: nodes.Node | None, local: Mapping[str, Places]) -> Places:
        """The places that an expression speaks of."""
        return tuple(self._places(node, local)) if node is not None else ()

    def _places(self, node: nodes.Node, local: Mapping[str, Places]) -> Iterator[PathText]:
        if isinstance(node, nodes.Call):
            yield from self._call(node, local)
            return
        name, parts, others = self._chain(node)
        for other in others:
            yield from self._places(other, local)
        if name is None:
            for child in node.iter_child_nodes():
                yield from self._places(child, local)
        elif name in local:
            yield from local[name]
        elif name in self.known.roots:
            yield from self.known.roots[name](parts)
        else:
            yield from self.known.names.get(name, ())

    def _call(self, node: nodes.Call, local: Mapping[str, Places]) -> Iterator[PathText]:
        for argument in node.args:
            yield from self._places(argument, local)
        called = node.node
        if isinstance(called, nodes.Name) and called.name in self.known.calls:
            yield from self.known.calls[called.name]([self._constant(each) for each in node.args])
        elif isinstance(called, nodes.Getattr):
            yield from self._places(called.node, local)  # a method of the value

    def _chain(self, node: nodes.Node) -> tuple[str | None, list[Part], list[nodes.Node]]:
        """`a.b["c"]` as a name and its parts up to the first that is not known, and the expressions of those."""
        steps: list[Part | None] = []
        others: list[nodes.Node] = []
        while isinstance(node, nodes.Getattr | nodes.Getitem):
            if isinstance(node, nodes.Getattr):
                steps.append(node.attr)
            else:
                steps.append(self._constant(node.arg))
                others += [node.arg] if steps[-1] is None else []
            node = node.node
        if not isinstance(node, nodes.Name):
            return None, [], []
        parts: list[Part] = []
        for step in reversed(steps):
            if step is None:
                break
            parts.append(step)
        return node.name, parts, others

    def _constant(self, node: nodes.Node) -> Any:
        if isinstance(node, nodes.Const):
            return node.value
        return self.known.constants.get(node.name) if isinstance(node, nodes.Name) else None


def _targets(node: nodes.Node) -> list[str]:
    return [each.name for each in ([node] if isinstance(node, nodes.Name) else node.find_all(nodes.Name))]
