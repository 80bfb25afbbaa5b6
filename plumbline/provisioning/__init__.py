"""Provisioning at Hetzner Cloud: creates, changes and deletes a tenant's objects to match its desired state.

`command` is the command line, `planning` finds the changes, `guard` decides which need `--allow`, `run` applies them, `destroying`
deletes. `objects`, `servers` and `dns_records` have the kinds of objects, `server_types` chooses a type that can be ordered now,
`firewall_rules` compares rules, and `calls` has the calls to the API.

It uses only the standard library, `hcloud` and the desired state as plain data: the standalone script of a mode is these modules,
one after another.
"""

MODULES = (
    "calls",
    "codes",
    "guard",
    "labels",
    "first_boot",
    "lifecycle",
    "kinds",
    "prices",
    "plan",
    "firewall_rules",
    "objects",
    "dns_records",
    "server_types",
    "moving",
    "servers",
    "tenant_objects",
    "planning",
    "journal",
    "lock",
    "destroying",
    "run",
    "deliveries",
    "losses",
    "data",
    "exit_codes",
    "streams",
    "command",
)
"""Modules in the order in which the script holds them: each after those whose classes it builds on."""
NEVER = (
    "It never undoes anything: it lists what a failed run created; apply completes it, or destroy removes it.",
    "It never deletes, detaches, replaces, shrinks, stops, exposes or pays more for anything without --allow NAME.",
    "It never touches a foreign object: it identifies the tenant's objects by ID and labels, not by name.",
    "It never changes anything but labels of record and mark-lost without asking: with neither a terminal nor --yes, apply and destroy refuse.",
    (
        "It never acts on data that was edited by hand: it refuses a file whose SHA-256 is not the one that plumb "
        "build wrote."
    ),
)
"""The laws, which the script opens with."""
