"""`{{ … }}` over the spec: a Jinja2 sandbox in which a name that does not exist is an error.

`{{ text | quoted }}` is one word of a shell, whatever the text.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from ipaddress import ip_address
from itertools import islice
from types import TracebackType
from typing import Any

from jinja2 import Environment, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2 import Template as JinjaTemplate

from plumbline.budget import MOST_OUTPUT, OverBudget, budgeted
from plumbline.deployment import effective
from plumbline.sandbox import ExpressionEnvironment, new_environment
from plumbline.spec import Spec
from plumbline.suggestions import closest, suggestion
from schema.service import Service
from schema.types import Template

SECRET_FOLDER = "/run/secrets"


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


OTHERS_BRACES = "correct it; braces that belong to another program stand between `{% raw %}` and `{% endraw %}`"
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
    return _environment().from_string(template)


def render(template: str, names: Mapping[str, Any]) -> str:
    """The text of a template; raises ExpressionError where it does not resolve, or would cost too much."""
    if not _OPENING.search(template):
        return re.sub(r"\r\n?", "\n", template)  # as Jinja2 leaves it
    with budgeted(names):
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
    for part in compiled.root_render_func(compiled.new_context(dict(names))):
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
            return "does something with a value that its kind does not allow"


@lru_cache(maxsize=4096)
def names_in(template: str) -> frozenset[str]:
    """The names that a template refers to; none where it can't be read."""
    if "{{" not in template and "{%" not in template:
        return frozenset()
    try:
        return frozenset(meta.find_undeclared_variables(_environment().parse(template)))
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


def spec_names(spec: Spec, mode: str) -> dict[str, Any]:
    """The names that every expression knows."""

    def effective_service(name: str) -> Service:
        if name not in spec.services:
            raise ExpressionError(f"there is no service {name!r}; {suggestion(str(name), spec.services)}")
        return effective(spec.services[name], mode)

    def port(service: str, name: str) -> int:
        ports = effective_service(service).ports
        if name not in ports:
            raise ExpressionError(f"service {service!r} has no port {name!r}; {suggestion(str(name), ports, 'it has')}")
        return ports[name]

    def address(service: str, name: str) -> str:
        return f"{service}:{port(service, name)}"

    def host(service: str) -> str:
        effective_service(service)
        return service

    def url(service: str, name: str) -> str:
        return f"http://{address(service, name)}"

    def secret(name: str) -> str:
        if name not in spec.secrets.secrets:
            raise ExpressionError(f"there is no secret {name!r}; {suggestion(str(name), spec.secrets.secrets)}")
        return f"{SECRET_FOLDER}/{name}"

    def published(service: str, name: str) -> str:
        publication = effective_service(service).publish.get(name)
        if publication is None:
            raise ExpressionError(f"port {name!r} of service {service!r} is not published in mode {mode!r}")
        return f"{_reached_at(publication.address)}:{publication.port}"

    return {
        "spec": spec,
        "mode": mode,
        "port": port,
        "host": host,
        "address": address,
        "url": url,
        "secret": secret,
        "published": published,
        "placed": lambda name: any(name in role.services for role in spec.topology[mode].roles.values()),
    }


def _reached_at(address: str) -> str:
    """Where the node itself reaches what is published: what is bound to every interface is called at none of them by name."""
    return "127.0.0.1" if ip_address(address).is_unspecified else address


def service_names(spec: Spec, mode: str, service_id: str) -> dict[str, Any]:
    """The names in a service's values and configuration files."""
    return {
        **spec_names(spec, mode),
        "service": effective(spec.services[service_id], mode),
        "service_id": service_id,
    }


def tenant_names(spec: Spec, mode: str, tenant: str, octet: int) -> dict[str, Any]:
    """The names in cloud rules and runbooks, for one tenant."""
    cloud = spec.topology[mode].cloud
    names = spec_names(spec, mode) | {
        "tenant": tenant,
        "octet": octet,
        "tenant_host": spec.platform.domain.replace("{tenant}", tenant),
    }
    if cloud is None:
        return names

    def address_of(name: str) -> str:
        if name not in cloud.addresses:
            known = suggestion(str(name), cloud.addresses, "it has")
            raise ExpressionError(f"topology.{mode}.cloud.addresses has no {name!r}; {known}")
        return cloud.addresses[name]

    def cloud_name(kind: str) -> str:
        if kind not in type(cloud.names).model_fields:
            known = suggestion(str(kind), type(cloud.names).model_fields)
            raise ExpressionError(f"there is no name of a {kind!r} at the cloud; {known}")
        pattern: str = getattr(cloud.names, kind)
        return pattern.replace("{tenant}", tenant)

    def server_name(role: str, index: int) -> str:
        name = cloud.names.server.replace("{tenant}", tenant)
        return name.replace("{role}", role).replace("{index}", str(index))

    def secrets_of(role: str) -> list[str]:
        if role not in spec.topology[mode].roles:
            known = suggestion(str(role), spec.topology[mode].roles)
            raise ExpressionError(f"mode {mode!r} has no role {role!r}; {known}")
        services = spec.topology[mode].roles[role].services
        return sorted({name for service in services for name in effective(spec.services[service], mode).secrets})

    return names | {
        "secrets_of": secrets_of,
        "address_of": address_of,
        "cloud_name": cloud_name,
        "server_name": server_name,
        "tenant_range": cloud.network.range.replace("{octet}", str(octet)),
        "tenant_subnet": cloud.network.subnet.replace("{octet}", str(octet)),
    }
