"""A project at the cloud provider against the desired state of its tenants.

`reading` reads the project, `fields` says which fields are compared, `values` has both sides, and `checks` compares them.
"""
