"""Every static rule, and one function that runs them all. A new family is an entry in the import below."""

from datetime import date

from plumbline.finding import Finding
from plumbline.location import Location
from plumbline.spec import Spec
from validators.rules import (
    certificates,
    cloud,
    cloud_dns,
    cloud_firewall,
    cloud_servers,
    cloud_tenants,
    first_boot,
    hardening,
    images,
    links,
    network,
    parity,
    placement,
    ports,
    probes,
    roll_out,
    runbook_values,
    runbooks,
    secrets,
    storage,
    waivers,
)
from validators.rules.registry import RULES

FAMILIES = (
    links,
    network,
    ports,
    images,
    placement,
    hardening,
    cloud,
    cloud_servers,
    cloud_firewall,
    storage,
    cloud_dns,
    cloud_tenants,
    first_boot,
    certificates,
    secrets,
    parity,
    probes,
    roll_out,
    runbook_values,
    runbooks,
    waivers,
)

__all__ = ["FAMILIES", "RULES", "check_rules"]


def check_rules(spec: Spec, today: date) -> list[Finding]:
    """Findings of every rule that no waiver accepts, in the order of the files."""
    found = [finding for each in RULES.values() for finding in each.findings(spec)]
    kept = waivers.without_waived(spec, found, today)
    return sorted(kept, key=lambda finding: (finding.location or Location(""), finding.rule, finding.message))
