"""What a tenant has at the cloud provider.

`desired` derives its resources, `first_boot` its cloud-init, `host_firewall` the nftables rules, and `provision_script` the
standalone script. `plumbline/effective/node_links.py` says which ports of a node the rules open, from the services' `needs`.
"""
