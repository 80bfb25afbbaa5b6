"""Provisioning at Hetzner Cloud: makes a tenant's objects what its desired state says.

It knows the standard library, `hcloud` and the desired state as plain data, nothing else of Plumbline: the standalone
script of a mode is these modules, one after another.
"""

MODULES = (
    "calls",
    "codes",
    "guard",
    "labels",
    "lifecycle",
    "kinds",
    "prices",
    "plan",
    "rules",
    "objects",
    "records",
    "orders",
    "moving",
    "servers",
    "tenant_objects",
    "planning",
    "journal",
    "lock",
    "destroying",
    "run",
    "data",
    "exit_codes",
    "streams",
    "command",
)
"""Modules in the order in which the script holds them: each after those whose classes it builds on."""
NEVER = (
    "It never undoes: what a failed run made stays, is listed, and is completed by apply or removed by destroy.",
    "It never deletes, detaches, replaces, shrinks, stops, exposes or pays more for anything without --allow NAME.",
    "It never touches a stranger's object: what is the tenant's is known by id and labels, not by its name.",
    "It never changes a thing unasked: with neither a terminal nor --yes, apply and destroy refuse.",
    "It never acts on data that was edited by hand: each file's SHA-256 is that of plumb build, or it refuses.",
)
"""The laws, which the script opens with."""
