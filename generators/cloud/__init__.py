"""What a tenant has at the cloud provider.

`desired` derives its resources, `first_boot` its cloud-init, `host_firewall` the nftables rules from `needs`, and
`provision_script` the standalone script.
"""
