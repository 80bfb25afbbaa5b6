"""What a tenant has at the cloud provider: its desired state, first boot, and the script that provisions it."""
