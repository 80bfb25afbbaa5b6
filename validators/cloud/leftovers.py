"""What is left of tenants that the spec does not have any more. Pure."""

import re
from collections.abc import Iterator

from plumbline.fact import Check
from plumbline.spec import Spec
from validators.cloud.checks import Judged, subject_of
from validators.cloud.snapshot import Seen, Snapshot
from validators.cloud.strays import is_lonely

_END = "(?:$|[._-])"
"""Where a name may go on: `tenant-acme-data-old`."""


def leftovers(spec: Spec, mode: str, snapshot: Snapshot) -> Iterator[Judged]:
    """Objects with an unknown tenant in the labels of ownership; volumes and addresses without a server, also by their names."""
    cloud = spec.topology[mode].cloud
    if cloud is None:
        return
    labels = {key: _pattern(text) for key, text in cloud.ownership.items()}
    roles = "|".join(map(re.escape, spec.topology[mode].roles))
    names = {
        "volume": _pattern(cloud.names.volume, end=_END),
        "primary_ip": _pattern(cloud.names.server, roles, end=_END),
    }
    for seen in snapshot.objects:
        by_label = _by_labels(seen, labels)
        lonely = is_lonely(seen)
        tenant = by_label or (_tenant(names[seen["kind"]].match(seen["name"])) if lonely else None)
        if tenant is None or tenant in spec.tenants.tenants:
            continue
        path = f"topology.{mode}.cloud.{'ownership' if by_label else 'names'}"
        says = f"belongs to tenant {tenant}, which the spec does not have"
        yield Judged(Check(subject_of(seen), "exists", None, "yes"), "PLB976" if lonely else "PLB972", path, says)


def _pattern(text: str, roles: str = "", end: str = "") -> re.Pattern[str]:
    escaped = re.escape(text).replace(r"\{tenant\}", "(?P<tenant>[a-z0-9-]+?)")
    return re.compile(escaped.replace(r"\{role\}", f"(?:{roles})").replace(r"\{index\}", "[0-9]+") + end)


def _by_labels(seen: Seen, labels: dict[str, re.Pattern[str]]) -> str | None:
    """The tenant that the labels of ownership name, if all of them are there."""
    found = [pattern.fullmatch(seen["labels"].get(key, "")) for key, pattern in labels.items()]
    tenants = {tenant for match in found if (tenant := _tenant(match))}
    return tenants.pop() if all(found) and len(tenants) == 1 else None


def _tenant(match: re.Match[str] | None) -> str | None:
    return match.groupdict().get("tenant") if match else None
