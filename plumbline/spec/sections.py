"""Which files make a spec, and the model of each. A new kind of file is an entry here."""

from dataclasses import dataclass
from typing import Any

from schema.backup import Backups
from schema.catalogue import Catalogue
from schema.contract import Contract
from schema.data_flow import DataFlows
from schema.image import ImageCatalogue, ModelCatalogue
from schema.monitoring import Monitoring
from schema.parity import Parity
from schema.platform import Networks, Platform, Requirements, Secrets, Tenants, Update, Waivers
from schema.runbook import Runbook
from schema.service import Service
from schema.topology import Topology
from schema.types import Model


@dataclass(frozen=True, eq=False, slots=True)
class Section:
    """A file, or a folder of files, of a spec."""

    name: str
    """Name of the file without its ending, or of the folder; also the first part of its spec paths."""
    model: type[Model]
    schema: str
    """Name of its JSON Schema file."""
    folder: bool = False
    default: dict[str, Any] | None = None
    """What an absent file means; None: the file must be there."""


_NO_CATALOGUE = {"date": "2000-01-01", "source": "no catalogue.yaml", "currency": "EUR"}

SECTIONS = (
    Section("platform", Platform, "platform"),
    Section("requirements", Requirements, "requirements", default={"requirements": {}}),
    Section("networks", Networks, "networks", default={"networks": {}}),
    Section(
        "secrets",
        Secrets,
        "secrets",
        default={"folder": "secrets/{tenant}", "encryption": "none", "secrets": {}},
    ),
    Section("tenants", Tenants, "tenants", default={"tenants": {}}),
    Section("waivers", Waivers, "waivers", default={}),
    Section("update", Update, "update", default={"downtime_goal_s": 0, "drain": []}),
    Section("catalogue", Catalogue, "catalogue", default=_NO_CATALOGUE),
    Section("images", ImageCatalogue, "images", default={"images": {}}),
    Section("models", ModelCatalogue, "models", default={"models": {}}),
    Section("monitoring", Monitoring, "monitoring", default={}),
    Section("backups", Backups, "backups", default={}),
    Section("data_flows", DataFlows, "data_flows", default={}),
    Section("parity", Parity, "parity", default={"features": {}, "divergences": {}}),
    Section("topology", Topology, "topology", folder=True),
    Section("services", Service, "service", folder=True),
    Section("runbooks", Runbook, "runbook", folder=True),
    Section("contracts", Contract, "contract", folder=True),
)

TEMPLATE_FOLDER = "config/"
"""Folder of configuration files and templates of such; its files are text, not YAML."""
