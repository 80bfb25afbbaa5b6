"""DNS records, known by zone, name and type."""

from collections.abc import Iterator
from typing import Any

from hcloud import APIException
from hcloud.zones import ZoneRecord

from plumbline.provisioning.calls import Failed, wait_for
from plumbline.provisioning.codes import GONE
from plumbline.provisioning.guard import Effect
from plumbline.provisioning.kinds import CloudProject, ResourceChange, ResourceKind, Want, common, shown_labels


class RecordKind(ResourceKind):
    """A set of DNS records in a zone of the project."""

    client_name = "zones"
    renamed = False

    def __init__(self) -> None:
        self._zones: dict[str, Any] = {}
        self._missing: set[str] = set()
        self.zones_may_be_gone = False
        """Whether a zone that is not there has no records, rather than being an error: so for a destroy."""

    def list_objects(self, project: CloudProject, selector: str | None, wants: list[Want]) -> list[Any]:
        return [
            found
            for zone in sorted({want["zone"] for want in wants})
            if (there := self._zone(project, zone)) is not None
            for found in there.get_rrset_all(label_selector=selector)
        ]

    def find_by_name(self, project: CloudProject, want: Want) -> Any:
        return self._found(project, want["zone"], want["name"], want["type"])

    def again(self, project: CloudProject, bound: Any) -> Any:
        return self._found(project, self._zone_name(bound), bound.name, bound.type)

    def describe(self, project: CloudProject, bound: Any) -> Want:
        return {
            **common("record", bound),
            "zone": self._zone_name(bound),
            "type": bound.type,
            "ttl_s": bound.ttl,
            "values": sorted(record.value for record in bound.records or []),
        }

    def create(self, project: CloudProject, want: Want) -> Any:
        made = self._zone(project, want["zone"]).create_rrset(
            name=want["name"],
            type=want["type"],
            ttl=want["ttl_s"],
            labels=want["labels"],
            records=_records(want),
        )
        wait_for(made.action)
        return made.rrset

    def changes(self, project: CloudProject, bound: Any, want: Want, seen: Want) -> Iterator[ResourceChange]:
        if seen["values"] != sorted(want["values"]):
            what = f"{', '.join(seen['values']) or 'nowhere'} → {', '.join(want['values'])}"
            yield ResourceChange(what, lambda: bound.set_rrset_records(_records(want)), frozenset((Effect.REDIRECTS,)))
        if seen["ttl_s"] != want["ttl_s"]:
            yield ResourceChange(
                f"TTL {seen['ttl_s']} → {want['ttl_s']} s", lambda: bound.change_rrset_ttl(want["ttl_s"])
            )
        if seen["labels"] != want["labels"]:
            what = f"labels {shown_labels(seen['labels'], want['labels'])}"
            yield ResourceChange(what, lambda: bound.update_rrset(labels=want["labels"]))

    def delete(self, project: CloudProject, bound: Any) -> Any:
        return bound.delete_rrset().action

    def _found(self, project: CloudProject, zone: str, name: str, type: str) -> Any:
        if (there := self._zone(project, zone)) is None:
            return None
        try:
            return there.get_rrset(name, type)
        except APIException as error:
            if error.code == GONE:
                return None
            raise

    def _zone(self, project: CloudProject, name: str) -> Any:
        if name not in self._zones:
            try:
                self._zones[name] = project.api.zones.get(name)
            except APIException as error:
                if error.code != GONE:
                    raise
                if self.zones_may_be_gone:
                    self._missing.add(name)
                    return None
                raise Failed(
                    f"the project has no DNS zone {name}; create it: hcloud zone create --name {name}"
                ) from None
        return self._zones[name]

    def has_zone(self, project: CloudProject, name: str) -> bool:
        """Whether the project has a zone."""
        try:
            return self._zone(project, name) is not None
        except Failed:
            return False

    def zones_missing(self) -> list[str]:
        """Zones that were looked for and are not there, in words."""
        return [
            f"the project has no DNS zone {name}, and so none of its records; is this the token of the right project?"
            for name in sorted(self._missing)
        ]

    def _zone_name(self, bound: Any) -> str:
        return next(name for name, zone in self._zones.items() if zone.id == bound.zone.id)


def _records(want: Want) -> list[ZoneRecord]:
    return [ZoneRecord(value=value) for value in want["values"]]
