"""A project at the cloud provider, held against the desired state of its tenants."""
