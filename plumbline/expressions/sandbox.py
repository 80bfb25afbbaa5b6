"""The language of expressions: Jinja2's sandbox, with a list of what it has and a budget for what it does.

A template is rewritten once it is parsed: whatever makes or walks through values does so by way of the budget.
"""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import wraps
from inspect import isfunction, signature
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from jinja2.visitor import NodeTransformer

from plumbline.expressions.budget import (
    OverBudget,
    ask_format,
    ask_product,
    ask_replacement,
    ask_width,
    budget,
    size,
)
from plumbline.spec.spec import Spec
from plumbline.spec.suggestions import closest
from schema.types import Model

_FILTERS = (
    "abs batch capitalize center count d default dictsort e escape first float format groupby indent int items join last length "
    "list lower map max min reject rejectattr replace reverse round select selectattr slice sort string sum title tojson trim "
    "truncate unique upper urlencode wordcount wordwrap"
)
"""Jinja2's own filters that expressions have, beside `quoted`."""
_TEXT_METHODS = (
    "capitalize center count endswith find format index isalnum isalpha isdecimal isdigit islower isupper join ljust lower "
    "lstrip partition removeprefix removesuffix replace rfind rjust rpartition rsplit rstrip split splitlines startswith "
    "strip title upper zfill"
)
_PADDING = frozenset({"batch", "center", "indent", "join", "round", "slice", "tojson", "truncate", "wordwrap"})
_BY_ENTRY = frozenset({"dictsort", "groupby", "max", "min", "sort", "unique"})
"""What looks at each entry by itself, in Python: an entry is half a step."""
_METHODS: dict[type, frozenset[str]] = {
    str: frozenset(_TEXT_METHODS.split()),
    dict: frozenset({"get", "items", "keys", "values"}),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
}
"""Methods of plain values. Numbers and what else there is have none."""
_REFUSED: dict[type[nodes.Node], str] = {
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "from",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.CallBlock: "call",
    nodes.FilterBlock: "filter",
}
_MAKING = (nodes.List, nodes.Tuple, nodes.Dict, nodes.Concat, nodes.Call, nodes.Name, nodes.Getitem)


def new_environment() -> "ExpressionEnvironment":
    """The environment that every template is compiled in."""
    # what is constant would be worked out while it is compiled, outside of any budget
    environment = ExpressionEnvironment(
        undefined=Unknown, keep_trailing_newline=True, autoescape=False, optimized=False, finalize=_printed
    )
    environment.filters = {name: _guarded(name, environment.filters[name]) for name in _FILTERS.split()}
    environment.filters["quoted"] = lambda text: budget().take(shlex.quote(str(text)))
    environment.filters["_taken"] = lambda value: budget().take(value)
    environment.filters["_walked"] = _walked
    environment.globals = {
        name: environment.globals[name] for name in ("range", "dict", "namespace", "cycler", "joiner")
    }
    return environment


class Unknown(StrictUndefined):
    """What a template names and nobody has. Says so in words, with what was probably meant."""

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        name = str(self._undefined_name)
        if self._undefined_obj is missing:
            return _did_you_mean(f"`{name}` is not known here", name, budget().names)
        return _did_you_mean(f"{_kind(self._undefined_obj)} has no `{name}`", name, _names_of(self._undefined_obj))


def _did_you_mean(message: str, name: str, known: Any) -> str:
    close = closest(name, [each for each in known if isinstance(each, str)])
    return f"{message}; did you mean `{close}`?" if close else message


def _names_of(value: Any) -> Any:
    if isinstance(value, Model):
        return type(value).model_fields
    if isinstance(value, Spec):
        return _SPEC
    return value if isinstance(value, Mapping) else ()


def _kind(value: Any) -> str:
    """What a value is, for a reader."""
    if isinstance(value, Model):
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(value).__name__).lower()
        return f"{'an' if words[0] in 'aeio' else 'a'} {words}"
    kinds = (
        (Spec, "the spec"),
        (Mapping, "the map"),
        (str, "a text"),
        (bool, "true or false"),
        (int | float, "a number"),
    )
    others = ((list | tuple, "a list"), (type(None), "null"))
    return next((words for kind, words in (*kinds, *others) if isinstance(value, kind)), "a value")


_SPEC = frozenset(field.name for field in fields(Spec)) - {"trees"} | {"modes"}


class ExpressionEnvironment(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, narrowed."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Rewriter().visit(super()._parse(source, name, filename))
        return tree

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Fields of the spec, and the methods of plain values that are listed."""
        if isinstance(obj, Model):
            return attr in type(obj).model_fields or isinstance(getattr(type(obj), attr, None), property)
        if isinstance(obj, Spec):
            return attr in _SPEC
        if isinstance(obj, Mapping):
            return attr in _METHODS[dict]
        if type(obj).__module__ == "builtins" and not callable(obj):
            return attr in _METHODS.get(type(obj), ())
        return super().is_safe_attribute(obj, attr, value)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Any:
        """An attribute that expressions don't have."""
        return self.undefined(obj=obj, name=attribute)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """`format` of a text, asked for its cost before."""
        made = super().wrap_str_format(value)
        if made is None:
            return None

        def within_budget(*args: Any, **kwargs: Any) -> str:
            ask_format(value.__self__, [*args, kwargs])
            return made(*args, **kwargs)

        return within_budget

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """An operation that can make much of little."""
        if operator in ("*", "**"):
            ask_product(operator, left, right)
        elif operator == "%" and isinstance(left, str):
            ask_format(left, right)
        return budget().take(super().call_binop(context, operator, left, right))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """A call, with what it is handed."""
        budget().take([args, kwargs])
        owner, name = getattr(__obj, "__self__", None), getattr(__obj, "__name__", "")
        if isinstance(owner, str):
            if name == "replace" and len(args) > 1:
                ask_replacement(owner, str(args[0]), str(args[1]))
            elif name == "join":
                ask_width(owner)
            elif name in ("center", "ljust", "rjust", "zfill"):
                ask_width(*args)
        try:
            return super().call(__context, __obj, *args, **kwargs)
        except TypeError:
            if isfunction(__obj) and not _takes(__obj, args, kwargs):
                raise SecurityError(f"`{name}` is called as {name}{_written(__obj)}") from None
            raise


def _takes(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    try:
        signature(function).bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def _written(function: Callable[..., Any]) -> str:
    return f"({', '.join(signature(function).parameters)})"


class _Rewriter(NodeTransformer):
    """Puts the budget where values are made and walked through."""

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        if type(node) in _REFUSED:
            raise TemplateSyntaxError(f"expressions have no `{{% {_REFUSED[type(node)]} %}}`", node.lineno)
        super().generic_visit(node, *args, **kwargs)
        if isinstance(node, _MAKING) and getattr(node, "ctx", "load") == "load":
            return _through("_taken", node)
        return node

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        """Each round costs what its text is long."""
        if node.recursive:
            raise TemplateSyntaxError("expressions have no recursive loops", node.lineno)
        weight = _weight(node)
        super().generic_visit(node)
        node.iter = _through("_walked", node.iter, nodes.Const(weight, lineno=node.lineno))
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:  # noqa: N802
        """Each call costs what its text is long."""
        weight = _weight(node)
        super().generic_visit(node)
        cost = _through("_walked", nodes.List([], lineno=node.lineno), nodes.Const(weight, lineno=node.lineno))
        node.body.insert(0, nodes.ExprStmt(cost, lineno=node.lineno))
        return node


def _through(filter: str, node: nodes.Node, *given: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, filter, list(given), [], None, None, lineno=node.lineno)


def _weight(node: nodes.Node) -> int:
    return 1 + sum(len(each.data) for each in node.find_all(nodes.TemplateData)) // 100


def _walked(values: Any, weight: int) -> Any:
    """What a loop walks through, each round at its cost."""
    of = budget()
    of.spend(weight)

    def one_by_one() -> Any:
        for each in values:
            of.spend(weight)
            yield each

    return one_by_one()


def _printed(value: Any) -> Any:
    """A value that becomes text. What only Python has a text for has none."""
    if isinstance(value, Iterator):
        raise OverBudget("this has no text form: put `| join(', ')` after it")
    if not (value is None or isinstance(value, str | int | float | list | tuple | dict | Undefined)):
        raise OverBudget(f"{_kind(value)} has no text form: name one of its fields")
    return budget().take(value)


def _guarded(name: str, filter: Callable[..., Any]) -> Callable[..., Any]:
    """A filter, asked for its cost before and weighed after."""
    before = 1 if hasattr(filter, "jinja_pass_arg") else 0

    @wraps(filter)
    def within_budget(*args: Any, **kwargs: Any) -> Any:
        value, given = args[before], (*args[before + 1 :], *kwargs.values())
        value = budget().take(value)
        budget().take(given)
        if name in _PADDING:
            ask_width(*given)
        elif name in _BY_ENTRY:
            budget().spend(size(value) // 2)
        elif name == "replace" and len(given) > 1:
            ask_replacement(str(value), str(given[0]), str(given[1]))
        elif name == "format":
            ask_format(str(value), given)
        return budget().take(filter(*args[:before], value, *args[before + 1 :], **kwargs))

    return within_budget
