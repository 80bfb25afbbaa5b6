"""`{{ … }}` over the spec: a Jinja2 sandbox in which a name that does not exist is an error.

`{{ text | quoted }}` is one word of a shell, whatever the text.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from itertools import islice
from types import CodeType, TracebackType
from typing import Any

from jinja2 import Environment, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2 import Template as JinjaTemplate

from plumbline.expressions.budget import MOST_OUTPUT, OverBudget, with_budget
from plumbline.expressions.chains import Chain, NotPlain, chains_in, text_of
from plumbline.expressions.sandbox import ExpressionEnvironment, new_environment
from plumbline.spec.kept import kept
from plumbline.spec.suggestions import closest
from schema.types import Template

MOST_SOURCE = 1024 * 1024
"""Characters of a template that holds expressions; one without any may be longer."""
MOST_IN_EXPRESSIONS = 32 * 1024
"""Characters of all its expressions and statements."""
MOST_EXPRESSIONS = 5_000

_OPENING = re.compile(r"\{[{%#]")
_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
_NO_SUCH = re.compile(r"No (filter|test) named '([^']*)'")
_WRONG = (OverBudget, TemplateError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
_TOO_DEEP = (RecursionError, SyntaxError, MemoryError)
"""What Python says of code that is nested beyond what it compiles or runs."""


OTHERS_BRACES = "correct it, or put another program's braces between `{% raw %}` and `{% endraw %}`"
"""What to do about a text that is no expression at all."""


class ExpressionError(Exception):
    """A template that cannot be evaluated; the message says why."""

    def __init__(self, message: str, line: int | None = None, *, is_unreadable: bool = False):
        super().__init__(message)
        self.line = line
        """Line of the template, from 1; None where it is the template as a whole."""
        self.is_unreadable = is_unreadable
        """Whether it is no expression of Jinja2 at all: braces of another program, perhaps."""


@cache
def _environment() -> ExpressionEnvironment:
    return new_environment()


def environment() -> Environment:
    """The environment that renders; it is shared, and not to be changed."""
    return _environment()


@lru_cache(maxsize=4096)
def _compiled(template: str) -> JinjaTemplate:
    _ask_source(template)
    environment = _environment()
    return JinjaTemplate.from_code(environment, _code(template), environment.make_globals(None), None)


@kept("template")
def _code(template: str) -> CodeType:
    return _environment().compile(_tree(template))


@lru_cache(maxsize=512)
def _tree(template: str) -> nodes.Template:
    """What is compiled, and asked for its names; neither changes it."""
    return _environment().parse(template)


class SharedNames(dict[str, Any]):
    """Names that stay as they are, with the texts that templates came to by them."""

    def __init__(self, names: Mapping[str, Any]):
        super().__init__(names)
        self.texts: dict[str, str] = {}


def render(template: str, names: Mapping[str, Any]) -> str:
    """The text of a template; raises ExpressionError where it does not resolve, or would cost too much."""
    if not _OPENING.search(template):
        return re.sub(r"\r\n?", "\n", template)  # as Jinja2 leaves it
    if not isinstance(names, SharedNames):
        return _rendered(template, names)
    if template not in names.texts:
        names.texts[template] = _rendered(template, names)
    return names.texts[template]


def _rendered(template: str, names: Mapping[str, Any]) -> str:
    if chains := chains_in(template):
        with (
            suppress(NotPlain, ExpressionError, *_WRONG),
            with_budget(names) as budget,
        ):  # the compiler's way says what is wrong
            return text_of(chains, _environment(), names, budget, MOST_OUTPUT)
    with with_budget(names):
        compiled = None
        try:
            compiled = _compiled(template)
            return _text(compiled, names)
        except ExpressionError as error:
            line = error.line or _line_of(error, compiled)
            raise ExpressionError(str(error), line) from None
        except (*_WRONG, *_TOO_DEEP) as error:
            line = _line_of(error, compiled)
            is_unreadable = isinstance(error, TemplateSyntaxError) and compiled is None
            line = line or _line_of_longest(template)
            raise ExpressionError(_in_words(error), line, is_unreadable=is_unreadable) from None


def _text(compiled: JinjaTemplate, names: Mapping[str, Any]) -> str:
    parts, length = [], 0
    known = {**_environment().globals, **names}
    for part in compiled.root_render_func(compiled.new_context(known, shared=True)):
        parts.append(part)
        length += len(part)
        if length > MOST_OUTPUT:
            raise OverBudget(f"makes a text of more than {MOST_OUTPUT:,} characters")
    return "".join(parts)


def _ask_source(template: str) -> None:
    """Raises ExpressionError for a template that would take too long to compile."""
    stretches = list(islice(expressions_in(template), MOST_EXPRESSIONS + 1))
    length = sum(end - begin for begin, end in stretches)
    if len(template) > MOST_SOURCE or length > MOST_IN_EXPRESSIONS or len(stretches) > MOST_EXPRESSIONS:
        raise ExpressionError(
            f"has {len(template):,} characters and {len(stretches):,} expressions, {length:,} characters of them in expressions; "
            f"at most {MOST_SOURCE:,}, {MOST_EXPRESSIONS:,} and {MOST_IN_EXPRESSIONS:,} are evaluated",
            _line_of_longest(template),
        )


def expressions_in(template: str) -> Iterator[tuple[int, int]]:
    """Where each expression, statement and comment begins and ends; one that nothing closes ends with the text."""
    at, unclosed = 0, set()
    while found := _OPENING.search(template, at):
        end = -1 if found[0] in unclosed else template.find(_CLOSING[found[0]], found.end())
        if end < 0:
            unclosed.add(found[0])  # nor does anything close the next of them
        at = found.end() if end < 0 else end + 2
        yield found.start(), len(template) if end < 0 else at


def without_expressions(text: str, instead: Callable[[str], str] = lambda _: "") -> str:
    """A text with something instead of each expression, statement and comment; one that nothing closes stays."""
    parts, at = [], 0
    for begin, end in expressions_in(text):
        if begin >= at and text.endswith(("}}", "%}", "#}"), begin, end):
            parts += [text[at:begin], instead(text[begin:end])]
            at = end
    return "".join((*parts, text[at:]))


def _line_of_longest(template: str) -> int:
    """Line of the longest expression: where Python gives no place, the likeliest."""
    begin, _ = max(expressions_in(template), key=lambda stretch: stretch[1] - stretch[0])
    return template.count("\n", 0, begin) + 1


def _line_of(error: BaseException, compiled: JinjaTemplate | None) -> int | None:
    """The template's line that was being evaluated."""
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    line, trace = None, error.__traceback__
    while compiled and trace:
        line, trace = _template_line(trace, compiled) or line, trace.tb_next
    return line


def _template_line(trace: TracebackType, compiled: JinjaTemplate) -> int | None:
    own = trace.tb_frame.f_globals.get("__jinja_template__") is compiled
    return compiled.get_corresponding_lineno(trace.tb_lineno) if own else None


def _in_words(error: BaseException) -> str:
    """What went wrong, for somebody who knows no Python."""
    match error:
        case _ if isinstance(error, _TOO_DEEP):
            return "is nested too deeply, or calls itself"
        case TemplateSyntaxError() if found := _NO_SUCH.match(error.message or ""):
            known = _environment().filters if found[1] == "filter" else _environment().tests
            close = closest(found[2], [each for each in known if not each.startswith("_")])
            return f"there is no {found[1]} `{found[2]}`" + (f"; did you mean `{close}`?" if close else "")
        case OverBudget() | TemplateError():
            return str(error)
        case ZeroDivisionError():
            return "divides by zero"
        case OverflowError():
            return "makes a number or a range that is too large"
        case LookupError():
            return f"there is nothing under {error}"
        case ValueError() if not isinstance(error, UnicodeError):
            return f"a value has the wrong form: {error}"
        case _:
            return "uses a value in a way that its type does not allow"


@lru_cache(maxsize=4096)
@kept("names")
def names_in(template: str) -> frozenset[str]:
    """The names that a template refers to; none where it can't be read."""
    if "{{" not in template and "{%" not in template:
        return frozenset()
    if chains := chains_in(template):
        return frozenset(name for each in chains if isinstance(each, Chain) for name in each.names)
    try:
        read = _tree(template)
        if "{%" not in template:  # nothing in it declares a name
            return frozenset(name.name for name in read.find_all(nodes.Name))
        return frozenset(meta.find_undeclared_variables(read))
    except (TemplateError, *_TOO_DEEP):
        return frozenset()


def speaks_of(text: str, names: Mapping[str, Any]) -> bool:
    """Whether an expression asks for something that goes by these names: calls a function of them, or reads a value.

    A function's name alone, as in `{{ port }}`, is a word of many languages.
    """
    read = _parsed(text) or _parsed(f"{text}{{% end{text.strip('{%-+ ').partition(' ')[0]} %}}")
    if read is None:
        return False
    used = meta.find_undeclared_variables(read)
    called = {name.name for call in read.find_all(nodes.Call) for name in call.node.find_all(nodes.Name)}
    return bool(used) and used <= names.keys() and any(not callable(names[each]) or each in called for each in used)


def _parsed(text: str) -> nodes.Template | None:
    try:
        return _environment().parse(text)
    except (TemplateError, *_TOO_DEEP):
        return None


def value_text(value: str | Template, names: Mapping[str, Any]) -> str:
    """A value's text: plain text as it is, a template evaluated."""
    return value if isinstance(value, str) else render(value.template, names)
