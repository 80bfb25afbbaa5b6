"""`backups.yaml`: what is kept of each store, how often, where and for how long, who can read it, and how its restore is tested.

Scripts, timers and alerts derive from it. Whoever encrypts holds public keys alone; no node can read its own backups.
"""

from typing import Annotated, Literal

from pydantic import Field

from schema.forms import form
from schema.platform import Recipient
from schema.types import AnyPath, Bool, Id, Int, LocationId, Model, RoleId, SecretId, ServiceId, Text, Title, Value

Hours = Literal[1, 2, 3, 4, 6, 8, 12, 24]
"""Hours between two backups: a part of a day, so that they are at the same times of every day."""
Days = Annotated[Int, Field(ge=1, le=3660)]


class Destination(Model):
    """An object store that speaks S3, away from the nodes."""

    location: LocationId
    """Where it is."""
    endpoint: Annotated[
        str,
        form(
            r"^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?$", "an https URL without a path, e.g. https://storage.example.com"
        ),
    ]
    """URL of its API."""
    region: Annotated[str, form(r"^[a-z0-9-]+$", "lower-case letters, digits and hyphens, e.g. fsn1")]
    """Region that requests are signed for."""
    bucket: Annotated[
        str,
        form(
            r"^([a-z0-9-]|\{tenant\})+$", "a bucket's name, with `{tenant}` for the tenant's id, e.g. backups-{tenant}"
        ),
    ]
    """Bucket, with `{tenant}` for the tenant's id. Its own rules delete what is older than `keep_days`: no node may delete."""
    access_key: SecretId
    """Secret by which nodes write: the key's id."""
    secret_key: SecretId
    """Secret by which nodes write: the key."""


class KeptStore(Model):
    """What is kept of a service: one stream, which goes through a compressor and `age` to the destination and touches no disk."""

    title: Title
    """What it is."""
    every_h: Hours
    """Hours between two backups."""
    keep_days: Days
    """Days for which each is kept."""
    folder: Bool = False
    """False: `take` runs in the running container, and its output is the data, which `restore` reads as its input.
    True: both run in a container of their own, of the same image, with a folder mounted at /export, as an `exports` of a service does;
    $PEER is the address of the running one. The folder is on the node's disk for as long as the backup takes."""
    stopped: Bool = False
    """True: `restore` runs in a container of its own on the service's volumes, while the service is stopped."""
    take: Annotated[tuple[Value, ...], Field(min_length=1)]
    """The command that takes it out (argument list, no shell): a dump or a snapshot that is consistent while the service works."""
    restore: Annotated[tuple[Value, ...], Field(min_length=1)]
    """The command that puts it back, in place of what is there."""
    look: Annotated[tuple[Value, ...], Field(min_length=1)]
    """A command in the running container that says what is kept, as lines `name=value`, e.g. rows and a checksum of each table. It is
    asked before and after `take`, and again of what was restored: a value that did not change meanwhile has to be the same, a
    number that did has to be between the two."""


class KeptFiles(Model):
    """Files of the nodes themselves."""

    title: Title
    """What they are."""
    roles: Annotated[tuple[RoleId, ...], Field(min_length=1)]
    """Roles whose nodes have them."""
    paths: Annotated[tuple[AnyPath, ...], Field(min_length=1)]
    """Their paths on the node."""
    every_h: Hours
    """Hours between two backups."""
    keep_days: Days
    """Days for which each is kept."""


class RestoreTest(Model):
    """The automatic test of restores: a host with its own key restores the newest backup of each store into temporary containers."""

    every_h: Annotated[Int, Field(ge=1, le=8760)]
    """Hours between two tests of a tenant."""
    recipient: Id
    """The key, of `recipients`, whose private half the host of the tests has, and no node."""


class Backups(Model):
    """`backups.yaml`."""

    destination: Destination | None = None
    """Where backups go."""
    recipients: dict[Id, Recipient] = {}
    """Public keys that every backup is encrypted to; any one of their private halves opens it. None of those is on a node."""
    stores: dict[ServiceId, KeptStore] = {}
    """What is kept, by service."""
    files: dict[Id, KeptFiles] = {}
    """What is kept of the nodes, by a name of its own."""
    without: dict[ServiceId, Text] = {}
    """Why nothing is kept of a service that has volumes, by the service's id."""
    test: RestoreTest | None = None
    """How restores are tested."""
    missed_after: Annotated[Int, Field(ge=1, le=100)] = 2
    """Intervals without a backup after which it is missed."""
