"""Provisioning at Hetzner Cloud: makes a tenant's objects what its desired state says.

It knows the standard library, `hcloud` and the desired state as plain data, nothing else of Plumbline: the standalone
script of each tenant is these modules, one after another.
"""

MODULES = (
    "calls",
    "codes",
    "guard",
    "labels",
    "lifecycle",
    "plan",
    "kinds",
    "rules",
    "objects",
    "records",
    "orders",
    "moving",
    "servers",
    "prices",
    "looking",
    "planning",
    "journal",
    "lock",
    "destroying",
    "run",
    "command",
)
"""Modules in the order in which the script holds them: each after those whose classes it builds on."""
