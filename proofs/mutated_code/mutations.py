"""Small changes of a module's syntax tree, each of which makes the code say something else. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.RShift: ast.LShift,
}  # fmt: skip
_PAIRS = (
    *(("any", "all"), ("min", "max"), ("startswith", "endswith"), ("removeprefix", "removesuffix")),
    *(("partition", "rpartition"), ("lstrip", "rstrip"), ("keys", "values")),
)
_OTHER_NAME = {**dict(_PAIRS), **{second: first for first, second in _PAIRS}}
_TYPES = ("Literal", "Mapping", "Sequence", "dict", "tuple")
_TOLD = "watch"
"""What is told to whoever watches decides nothing."""
_UNTOUCHED = ("annotation", "returns", "decorator_list", "bases", "ctx", "type_params")


@dataclass(frozen=True)
class Mutation:
    """A node that is another one for a while."""

    parent: ast.AST
    field: str
    index: int | None
    """In a list of nodes."""
    other: Any
    """What is put there; None takes it away."""
    line: int
    lines: range
    """Those of the statement that it is in, or of its head where it has a body: who runs none of them can't notice."""
    what: str
    function: ast.FunctionDef | None
    """The outermost one that it is in; None: it is evaluated when the module is imported."""
    statement: ast.stmt
    """The module's own statement that it is in."""

    def swap(self) -> "Mutation":
        """Make the change; gives the one that undoes it."""
        held = getattr(self.parent, self.field)
        if self.index is None:
            changed = self.other
        else:  # another list, so that taking away can be undone
            changed = [*held[: self.index], *([] if self.other is None else [self.other]), *held[self.index + 1 :]]
        setattr(self.parent, self.field, changed)
        return replace(self, index=None, other=held)


def mutations(tree: ast.Module) -> Iterator[Mutation]:
    """Every one of a module."""
    for statement in tree.body:
        if not _is_silent(statement):
            function = statement if isinstance(statement, ast.FunctionDef) else None
            yield from _below(statement, _Place(function, statement, _lines(statement)))


@dataclass(frozen=True)
class _Place:
    """Where a node is; the fields are those of a mutation."""

    function: ast.FunctionDef | None
    statement: ast.stmt
    lines: range


def _below(node: ast.AST, place: _Place) -> Iterator[Mutation]:
    if isinstance(node, ast.arguments):
        place = replace(place, function=None)  # defaults are evaluated once
    for field, value in ast.iter_fields(node):
        if field in _UNTOUCHED:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if not isinstance(child, ast.AST) or _is_silent(child):
                continue
            at = _place(child, place)
            for other, what in _others(child, node, field):
                line = getattr(child, "lineno", getattr(node, "lineno", 0))
                yield Mutation(node, field, index, other, line, at.lines, what, place.function, at.statement)
            yield from _below(child, at)


def _place(child: ast.AST, outer: _Place) -> _Place:
    function = outer.function or (child if isinstance(child, ast.FunctionDef) else None)
    return _Place(function, outer.statement, _lines(child) or outer.lines)


def _lines(node: ast.AST) -> range:
    """Of a statement or a case; empty for any other node."""
    match node:
        case ast.match_case(pattern, _, [first, *_]):
            return range(pattern.lineno, max(first.lineno, pattern.lineno + 1))
        case ast.stmt() | ast.excepthandler() if body := getattr(node, "body", None):
            return range(node.lineno, max(body[0].lineno, node.lineno + 1))
        case ast.Match(subject):
            return range(node.lineno, (subject.end_lineno or node.lineno) + 1)
        case ast.stmt():
            return range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return range(0)


def _is_silent(node: ast.AST) -> bool:
    """A docstring, an import, a name for a type, or what is told to a watch."""
    match node:
        case ast.Expr(ast.Constant()) | ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(ast.Call(ast.Attribute(ast.Attribute(attr=name)))):
            return name == _TOLD
        case ast.Assign(value=ast.Subscript(ast.Name(name))):
            return name in _TYPES
    return False


def _others(node: ast.AST, parent: ast.AST, field: str) -> Iterator[tuple[Any, str]]:
    """What a node can be in its place, and the change in words."""
    yield from _literals(node, parent, field)
    if (other := _OTHER.get(type(node))) is not None:
        yield other(), f"{type(node).__name__} becomes {other.__name__}"
    if isinstance(node, ast.expr) and field in ("test", "ifs"):
        yield ast.UnaryOp(ast.Not(), node), f"not ({ast.unparse(node)})"
    match node:
        case ast.BoolOp(operator, values):
            for index, value in enumerate(values):
                rest = [*values[:index], *values[index + 1 :]]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(operator, rest), f"without `{ast.unparse(value)}`"
        case ast.UnaryOp(ast.Not(), operand):
            yield operand, f"without the not of `{ast.unparse(node)}`"
        case ast.Call(ast.Attribute(attr="get"), [key, default], []):
            yield ast.Call(node.func, [key], []), f"`{ast.unparse(node)}` without its default"
            yield ast.Call(node.func, [default, key], []), f"`{ast.unparse(node)}` the other way round"
        case ast.Name(name) if field == "func" and name in _OTHER_NAME:
            yield ast.Name(_OTHER_NAME[name], ast.Load()), f"{name} becomes {_OTHER_NAME[name]}"
        case ast.Attribute(value, name) if field == "func" and name in _OTHER_NAME:
            yield ast.Attribute(value, _OTHER_NAME[name], ast.Load()), f"{name} becomes {_OTHER_NAME[name]}"
        case ast.keyword(arg=str(name)):
            yield None, f"without {name}="
        case ast.Return(value) if value is not None:
            yield ast.Return(ast.Constant(None)), "returns None"
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break():
            yield ast.Pass(), f"without `{ast.unparse(node)}`"
        case ast.Assign([ast.Subscript() | ast.Attribute()]):
            yield ast.Pass(), f"without `{ast.unparse(node)}`"


def _literals(node: ast.AST, parent: ast.AST, field: str) -> Iterator[tuple[Any, str]]:
    """Constants, and the elements of displays; a constant that is an element, or a key, is only taken away."""
    is_element = field == "elts" and isinstance(getattr(parent, "ctx", ast.Load()), ast.Load)
    if is_element:
        yield None, f"without {ast.unparse(node)}"
    is_whole = is_element or field == "keys"
    match node:
        case ast.Dict(keys, values):
            for index, key in enumerate(keys):
                rest = ast.Dict([*keys[:index], *keys[index + 1 :]], [*values[:index], *values[index + 1 :]])
                yield rest, f"without {ast.unparse(key or values[index])}: …"
        case ast.Constant(bool(value)) if not is_whole:
            yield ast.Constant(not value), f"{value} becomes {not value}"
        case ast.Constant(int(value) | float(value)) if not is_whole:
            yield ast.Constant(value + 1), f"{value} becomes {value + 1}"
        case ast.Constant(str(value)) if not is_whole:
            yield ast.Constant(f"{value}XX"), f"{value!r} becomes another text"
