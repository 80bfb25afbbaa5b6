"""Provisioning at Hetzner Cloud: makes a tenant's objects what its desired state says.

It knows the standard library, `hcloud` and the desired state as plain data, nothing else of Plumbline: the standalone
script of each tenant is these modules, one after another.
"""

MODULES = ("run", "command", "kinds", "objects", "servers", "journal", "calls")
"""Modules in the order in which the script holds them: the story first, the details after it."""
