"""The scalar types of a spec, and how a field says what it refers to or that it only documents.

Scalars are strict: a number is never taken for text, nor `"8080"` for a number, so that what an
architect wrote is what the model holds. Constraints are JSON Schema keywords, so that the exported
schema rejects what these types reject.
"""

import ast
import inspect
import re
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, Strict
from pydantic.fields import FieldInfo

from schema.forms import (
    ABSOLUTE,
    ABSOLUTE_OR_ROOT,
    OF_THE_SYSTEM,
    RELATIVE,
    URL_PATH,
    address_range,
    day,
    form,
    form_of,
    no_folder_of_the_system,
    one_address,
    segment_range,
    user_and_group,
)

REFERENCE_KEY = "x-refers-to"
"""JSON Schema keyword that names the kind of thing a string refers to, e.g. `service`."""

DOCUMENTATION_KEY = "x-documentation-only"
"""JSON Schema keyword of a field that no generator or rule uses; it is shown to readers as it is."""

ID_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
ID_LENGTH = 63
"""A label of a host name has no more (RFC 1035, 2.3.4)."""


def is_id(text: str) -> bool:
    """Whether a text may be an id."""
    return len(text) <= ID_LENGTH and re.fullmatch(ID_PATTERN, text) is not None


class Model(BaseModel):
    """Base of every part of a spec: immutable, and closed to unknown fields."""

    # validators are built for whole files, when one is read, and not for each of their parts
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A field's docstring is its description. Pydantic's own way reads the source for each class, when it is imported."""
        schema = handler(core_schema)
        for name, field in handler.resolve_ref_schema(schema).get("properties", {}).items():
            if said := description_of(cls, name):
                field.setdefault("description", said)
        return schema


def description_of(model: type[Model], name: str) -> str | None:
    """What a field of a model is for."""
    given = model.model_fields[name].description
    if given is not None:
        return given
    said = (
        _docstrings(each.__module__).get(each.__qualname__, {}) for each in model.__mro__ if issubclass(each, Model)
    )
    return next((found[name] for found in said if name in found), None)


@cache
def _docstrings(module: str) -> dict[str, dict[str, str]]:
    """The docstrings of fields of the classes of a module."""
    tree = ast.parse(Path(sys.modules[module].__file__ or "").read_text("utf-8"))
    return {
        node.name: {
            field.target.id: inspect.cleandoc(said.value.value)
            for field, said in pairwise(node.body)
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            if isinstance(said, ast.Expr) and isinstance(said.value, ast.Constant) and isinstance(said.value.value, str)
        }
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


def reference(kind: str) -> Any:
    """The annotation of a string that must be the id of an existing `kind`."""
    return form(r"^\S+$", "an id: text without spaces", max_length=128, json_schema_extra={REFERENCE_KEY: kind})


def documentation(description: str, **constraints: Any) -> Any:
    """A field that is shown to readers and changes no artifact."""
    return Field(description=description, json_schema_extra={DOCUMENTATION_KEY: True}, **constraints)


def is_documentation(field: FieldInfo) -> bool:
    """Whether a field is shown to readers and changes no artifact."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get(DOCUMENTATION_KEY))


MOST = 1_000_000_000_000
"""No count, size or time of a spec is beyond it; what is made of one still fits where engines and shells count."""

Int = Annotated[int, Strict(), Field(ge=-MOST, le=MOST)]
Bool = Annotated[bool, Strict()]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False, ge=-MOST, le=MOST)]
Seconds = Annotated[Number, Field(ge=0.001, le=86_400)]
"""A time in seconds, from a millisecond, which is the engine's smallest, to a day."""
Text = Annotated[str, Field(min_length=1)]
Title = Annotated[str, form(r"^[^\s]([^\n\r\v\f\x85\u2028\u2029]*[^\s])?$", "one line, without spaces around it")]
"""Words that stand in headings and rows of tables."""
Id = Annotated[
    str,
    form(
        ID_PATTERN,
        "an id: lower-case letters, digits and single hyphens, a letter first, e.g. intake-gateway",
        max_length=ID_LENGTH,
    ),
]
PortName = Annotated[str, Field(pattern=ID_PATTERN, max_length=15)]
PortNumber = Annotated[int, Strict(), Field(ge=1, le=65535)]
ContainerPath = Annotated[
    str,
    form(
        ABSOLUTE,
        "a path in the container below `/`: names of letters, digits and . _ @ + % ~ - alone, none of them `.` or `..`, e.g. /var/lib/data",
        json_schema_extra={"not": {"pattern": OF_THE_SYSTEM}},
    ),
    form_of(no_folder_of_the_system),
]
"""Where something is mounted in a container."""
AnyPath = Annotated[
    str,
    form(
        ABSOLUTE_OR_ROOT,
        "an absolute path: names of letters, digits and . _ @ + % ~ - alone, none of them `.` or `..`, e.g. /srv/data",
    ),
]
RelativePath = Annotated[
    str,
    form(
        RELATIVE,
        "a path that begins with no `/`: names of letters, digits and . _ @ + % ~ - alone, none of them `.` or `..`, e.g. models/clamav",
    ),
]
UrlPath = Annotated[
    str,
    form(URL_PATH, "the path of a request: `/`, then letters, digits and . _ ~ % / ? = , : @ + - alone, e.g. /health"),
]
EnvironmentName = Annotated[
    str, form(r"^[A-Za-z_][A-Za-z0-9_]*$", "a variable's name: letters, digits and `_`, no digit first, e.g. LOG_LEVEL")
]
Cidr = Annotated[
    str,
    form(r"^[0-9a-fA-F.:]+/(0|[1-9][0-9]{0,2})$", "an address range such as 192.0.2.0/24 or 2001:db8::/32"),
    form_of(address_range),
]
Subnet = Annotated[str, Field(pattern=r"^[0-9a-fA-F.:]+/(0|[1-9][0-9]{0,2})$"), form_of(segment_range)]
Address = Annotated[
    str,
    form(
        r"^[0-9a-fA-F.:]+$",
        "an IPv4 address of the node: four numbers 0–255 with dots between, without leading zeros, e.g. 127.0.0.1",
    ),
    form_of(one_address),
]
User = Annotated[
    str,
    form(
        r"^(0|[1-9][0-9]{0,9}):(0|[1-9][0-9]{0,9})$",
        "numeric uid:gid in quotes, without leading zeros, e.g. 1000:1000",
    ),
    form_of(user_and_group),
]
Date = Annotated[
    str,
    form(r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", "a day of the calendar, YYYY-MM-DD, e.g. 2027-02-28"),
    form_of(day),
]
HOST_NAME = r"([a-z0-9]([a-z0-9-]*[a-z0-9])?|(\{tenant\}|[a-z0-9-])*\{tenant\}(\{tenant\}|[a-z0-9-])*)"
"""A label of a host name, which may hold `{tenant}`."""
Digest = Annotated[
    str, form(r"^sha256:[0-9a-f]{64}$", "`sha256:` and 64 hexadecimal digits, those of letters in lower case")
]
Sha256 = Annotated[str, form(r"^[0-9a-f]{64}$", "64 hexadecimal digits, those of letters in lower case")]
Protocol = Literal["tcp", "udp", "icmp"]

ServiceId = Annotated[str, reference("service")]
ImageId = Annotated[str, reference("image")]
ModelId = Annotated[str, reference("model")]
NetworkId = Annotated[str, reference("network")]
SecretId = Annotated[str, reference("secret")]
RoleId = Annotated[str, reference("role")]
ModeId = Annotated[str, reference("mode")]
RequirementId = Annotated[str, reference("requirement")]
DivergenceId = Annotated[str, reference("divergence")]
FlowId = Annotated[str, reference("flow")]
DecisionId = Annotated[str, reference("decision")]
LocationId = Annotated[str, reference("location")]
ZoneId = Annotated[str, reference("network zone")]
LineId = Annotated[str, reference("line of server types")]
ServerTypeId = Annotated[str, reference("server type")]
OsImageId = Annotated[str, reference("operating system")]
RunbookId = Annotated[str, reference("runbook")]
PlaceId = Annotated[str, reference("place")]
TenantId = Annotated[str, reference("tenant")]


class Template(Model):
    """Text with `{{ … }}` expressions over the spec; plain text is never interpreted."""

    template: Annotated[str, Field(min_length=1)]
    """Jinja2 text, evaluated in a sandbox; a name that does not exist is an error. See the data reference."""


Value = str | Template
