"""`data_flows.yaml`: the ways that data takes through the system, connection by connection."""

from typing import Annotated

from pydantic import Field

from schema.types import Id, ModeId, Model, RequirementId, ServiceId, Text, Title


class Hop(Model):
    """One connection on the way of some data."""

    by: ServiceId | None = None
    """Service that opens the connection; absent: a client outside, whose requests reach `to` by the mode's entry."""
    to: Annotated[str, Field(min_length=1, max_length=253)]
    """Service that takes it, or a host outside that a service is given the address of, e.g. `api.example.com`."""
    does: Text
    """What happens over it, e.g. `stores the original`."""
    modes: tuple[ModeId, ...] = ()
    """Modes in which it is a part of the way; absent: those in which both ends exist."""


class DataFlow(Model):
    """The way of some data."""

    title: Title
    """What takes the way, e.g. `A document, from the client to the index`."""
    requirements: tuple[RequirementId, ...] = ()
    """Requirements that ask for it."""
    hops: Annotated[tuple[Hop, ...], Field(min_length=1)]
    """Its connections, in order."""


class DataFlows(Model):
    """`data_flows.yaml`."""

    data_flows: dict[Id, DataFlow] = {}
    """Ways by id."""
