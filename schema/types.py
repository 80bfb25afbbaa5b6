"""The scalar types of a spec, and how a field says what it refers to or that it only documents.

Scalars are strict: a number is never taken for text, nor `"8080"` for a number, so that what an
architect wrote is what the model holds. Constraints are JSON Schema keywords, so that the exported
schema rejects what these types reject.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict
from pydantic.fields import FieldInfo

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

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def reference(kind: str) -> Any:
    """The annotation of a string that must be the id of an existing `kind`."""
    return Field(pattern=r"^\S+$", max_length=128, json_schema_extra={REFERENCE_KEY: kind})


def documentation(description: str, **constraints: Any) -> Any:
    """A field that is shown to readers and changes no artifact."""
    return Field(description=description, json_schema_extra={DOCUMENTATION_KEY: True}, **constraints)


def is_documentation(field: FieldInfo) -> bool:
    """Whether a field is shown to readers and changes no artifact."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get(DOCUMENTATION_KEY))


Int = Annotated[int, Strict()]
Bool = Annotated[bool, Strict()]
Number = Annotated[float, Strict()]
Text = Annotated[str, Field(min_length=1)]
Id = Annotated[str, Field(pattern=ID_PATTERN, max_length=ID_LENGTH)]
PortName = Annotated[str, Field(pattern=ID_PATTERN, max_length=15)]
PortNumber = Annotated[int, Strict(), Field(ge=1, le=65535)]
AbsolutePath = Annotated[str, Field(pattern=r"^/[^\x00:]*$")]
RelativePath = Annotated[str, Field(pattern=r"^[^/\x00][^\x00]*$")]
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Cidr = Annotated[str, Field(pattern=r"^[0-9a-fA-F.:]+/[0-9]{1,3}$")]
Address = Annotated[str, Field(pattern=r"^[0-9a-fA-F.:]+$")]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
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
