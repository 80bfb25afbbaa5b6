"""Labels and label selectors, as the vendor's description has them."""

import re
from collections.abc import Mapping

from tests.fake_hcloud.errors import ApiError, invalid

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_DNS_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_KEY = re.compile(rf"(?:(?P<prefix>{_DNS_LABEL}(?:\.{_DNS_LABEL})*)/)?{_NAME}")
_VALUE = re.compile(rf"(?:{_NAME})?")
_COMMA = re.compile(r",(?![^(]*\))")
_SET = re.compile(r"(?P<key>\S+)\s+(?P<word>in|notin)\s*\((?P<values>[^()]*)\)")
_EQUAL = re.compile(r"(?P<key>[^\s!=]+)\s*(?P<sign>==|=|!=)\s*(?P<value>\S*)")
_EXISTS = re.compile(r"(?P<no>!?)(?P<key>[^\s!=()]+)")


def check_labels(labels: Mapping[str, object]) -> None:
    """Raises invalid_input for the first label that the API would refuse."""
    for key, value in labels.items():
        found = _KEY.fullmatch(key)
        prefix = found["prefix"] if found else None
        if not found or len(prefix or "") > 253 or prefix == "hetzner.cloud":
            raise invalid("labels", f"label key {key!r} is invalid")
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise invalid("labels", f"label value {value!r} is invalid")


def selects(selector: str, labels: Mapping[str, str] | None) -> bool:
    """Whether labels fulfil every part of a selector; `invalid_input` for one that can't be read."""
    return all(_fulfils(part.strip(), labels or {}) for part in _COMMA.split(selector))


def _fulfils(part: str, labels: Mapping[str, str]) -> bool:
    if found := _SET.fullmatch(part):
        values = {value.strip() for value in found["values"].split(",")}
        return (labels.get(found["key"]) in values) == (found["word"] == "in")
    if found := _EQUAL.fullmatch(part):
        return (labels.get(found["key"]) == found["value"]) == (found["sign"] != "!=")
    if found := _EXISTS.fullmatch(part):
        return (found["key"] in labels) != bool(found["no"])
    raise ApiError("invalid_input", f"label selector {part!r} is invalid", fields={"label_selector": "is invalid"})
