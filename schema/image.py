"""`images.yaml` and `models.yaml`: what is run and what is loaded, each pinned, with its evidence."""

from typing import Annotated, Literal

from pydantic import Field

from schema.forms import form
from schema.types import Date, DecisionId, Digest, Id, Int, Model, RelativePath, Sha256, Text, Title, documentation

Platform = Literal["linux/amd64", "linux/arm64"]
Tag = Annotated[
    str, form(r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", "a tag: up to 128 letters, digits and . _ -, e.g. 7.2-alpine")
]
VulnerabilityId = Annotated[
    str,
    form(
        r"^(CVE-[0-9]{4}-[0-9]{4,}|GHSA(-[23456789cfghjmpqrvwx]{4}){3})$",
        "the id of a published vulnerability: CVE-YEAR-NUMBER or GHSA-xxxx-xxxx-xxxx, e.g. CVE-2025-49844",
    ),
]


class Evidence(Model):
    """Why a digest is believed."""

    source: Literal["registry", "public-files"] = documentation(
        "`registry`: the image's own registry was asked (`plumb lock`); `public-files`: it was read where others pin the tag.",
        default="public-files",
    )
    confirmations: Annotated[Int, Field(ge=1)] = documentation(
        "Independent sources that name this digest; 1 for a registry."
    )
    checked: Date = documentation("Day of the look-up, YYYY-MM-DD.")
    note: Text | None = documentation("What else was seen.", default=None)


class Vulnerability(Model):
    """A published vulnerability of the pinned tag."""

    fixed_in: Tag | None = documentation(
        "First tag of the same line without it; null while no published image has the fix.", default=None
    )
    note: Text = documentation("What it lets somebody do, and who says so.")


class Security(Model):
    """What is published about the pinned tag. A supported product line can have vulnerable versions."""

    checked: Date = documentation("Day of the look-up, YYYY-MM-DD.")
    known: dict[VulnerabilityId, Vulnerability] = documentation(
        "Published vulnerabilities that the pinned tag has, by id; empty where none was found.", default={}
    )
    note: Text | None = documentation("What the look-up leaves open, such as how far its sources reach.", default=None)


class Lifecycle(Model):
    """Whether somebody still fixes it."""

    state: Literal["supported", "end-of-life", "unpublished"]
    """`unpublished`: in no registry, so that it has no digest and must have a stand-in."""
    note: Text | None = documentation("Since when, and who says so.", default=None)
    decision: DecisionId | None = None
    """The open decision about its successor (platform.yaml)."""


class StandIn(Model):
    """A local image with the same contract as one that is not available, only for tests."""

    recipe: Annotated[
        str, form(r"^(contract|stand-ins/[a-z0-9-]+)$", "`contract`, or a folder such as stand-ins/redis")
    ]
    """`contract`: a stub that keeps port, health, user, volumes and needs; else a folder below the spec with a Dockerfile."""
    server: Text
    """What really runs inside, named in every report, e.g. `PostgreSQL 15 (Debian)`."""
    commands: tuple[Text, ...] = ()
    """Programs that the spec's commands call and the stub must offer under that name or path."""
    packages: tuple[
        Annotated[str, form(r"^[a-z0-9][a-z0-9+.-]*$", "the name of a Debian package, e.g. ca-certificates")], ...
    ] = ()
    """Debian packages to install in the stub; a command that one of them brings is the real one."""
    programs: Annotated[str, form(r"^stand-ins/[a-z0-9-]+$", "a folder such as stand-ins/platform")] | None = None
    """Folder below the spec that a `contract` stub carries: once the contract holds, a program of its `bin/` takes the place of
    the command of that name, and Python finds the packages in it."""
    command: tuple[Text, ...] = ()
    """What the image runs where the spec gives no command; options alone come after it."""


class Image(Model):
    """A container image, pinned by digest."""

    repository: Annotated[
        str,
        form(
            r"^[a-z0-9][a-z0-9._-]*(:[0-9]+/[a-z0-9._/-]+|/[a-z0-9._/-]+)?$",
            "a repository in lower case with its registry and without a tag, e.g. docker.io/library/redis",
        ),
    ]
    """Repository with its registry's host, e.g. `docker.io/library/postgres`."""
    tag: Tag
    """Tag that the digest was read from; it never selects the image by itself."""
    digest: Digest | None = None
    """Digest of the manifest list (index); null only while the image is unpublished."""
    licence: Text
    """SPDX expression, or the licence's name."""
    platforms: Annotated[tuple[Platform, ...], Field(min_length=1)] = documentation(
        "Platforms in the manifest list.", default=("linux/amd64",)
    )
    lifecycle: Lifecycle
    """Whether it is supported, end of life, or not published."""
    http_client: Literal["wget", "curl", "python3", "bash", "none"]
    """Program in the image that a health check by HTTP can use."""
    evidence: Evidence | None = documentation("Where the digest comes from.", default=None)
    security: Security | None = documentation("Published vulnerabilities of the pinned tag.", default=None)
    stand_in: StandIn | None = None
    """What replaces it where it cannot be pulled."""


class ImageCatalogue(Model):
    """`images.yaml`."""

    images: dict[Id, Image]
    """Images by id."""


class ModelFile(Model):
    """Weights or signatures: a file, or a folder of files, that is carried beside the images."""

    title: Title
    """Name for readers."""
    path: RelativePath
    """File or folder below the deployment's folder, e.g. `models/clamav`."""
    size_mb: Annotated[Int, Field(ge=1)]
    """Size in MB (10^6 bytes), rounded."""
    sha256: Sha256 | None = None
    """Checksum of a single file; null where it is fixed when a bundle is built."""
    source: Text = documentation("Where it is had.")
    licence: Text = documentation("SPDX expression, or the licence's name.")
    note: Text | None = documentation("What is known and what is not.", default=None)
    stand_in: Annotated[str, form(r"^stand-ins/[a-z0-9/-]+$", "a folder such as stand-ins/models/clamav")] | None = None
    """Folder below the spec with a small substitute for tests."""


class ModelCatalogue(Model):
    """`models.yaml`."""

    models: dict[Id, ModelFile]
    """Model files by id."""
