"""The API's error codes: which of them another try cannot change, and what to do about them.

Source: the vendor's API description (tables of error codes by operation) and its Go client, late 2026. A code that is not
in this list is tried again.
"""

SOLD_OUT = frozenset(("resource_unavailable", "placement_error"))
"""A type that cannot be had now; the next of the list may be."""
GONE = "not_found"
TAKEN = "uniqueness_error"
IN_USE = "resource_in_use"
LIMIT = "resource_limit_exceeded"
RATE = "rate_limit_exceeded"
FINAL = frozenset(
    (
        "already_in_placement_group",
        "deprecated_api_endpoint",
        "firewall_already_applied",
        "firewall_managed_by_label_selector",
        "firewall_resource_not_found",
        "floating_ip_assigned",
        "forbidden",
        "incompatible_network_type",
        "incorrect_zone_mode",
        "invalid_input",
        "invalid_load_balancer_type",
        "invalid_server_type",
        "ip_not_available",
        "ip_not_in_vswitch_subnet",
        "ip_not_owned",
        "json_error",
        "load_balancer_already_attached",
        "load_balancer_not_attached_to_network",
        "load_balancer_public_interface_disabled",
        "maintenance",
        "method_not_allowed",
        "must_be_unassigned",
        "network_has_no_vswitch_subnet",
        "networks_overlap",
        "no_space_left_in_location",
        "placement_group_member_limit_reached",
        "primary_ip_already_assigned",
        "primary_ip_assigned",
        "primary_ip_datacenter_mismatch",
        "primary_ip_version_mismatch",
        "private_net_only_server",
        "protected",
        "resolve_cloud_private_targets_error",
        "resolve_cloud_public_targets_error",
        "resource_in_use",
        "resource_limit_exceeded",
        "resource_unavailable",
        "server_already_added",
        "server_already_attached",
        "server_has_ipv4",
        "server_has_ipv6",
        "server_is_load_balancer_target",
        "server_not_stopped",
        "source_port_already_used",
        "target_already_defined",
        "targets_without_use_private_ip",
        "token_readonly",
        "unauthorized",
        "uniqueness_error",
        "unsupported_error",
    )
)
"""Errors that another try of the same call cannot change. Not among them: locked, conflict, unavailable, timeout,
service_error, server_error, no_subnet_available (a subnet that was just made), placement_error (a host may become free)."""
ADVICE = {
    "unauthorized": "the token is unknown: check HCLOUD_TOKEN or --token-file, and whether it was revoked",
    "token_readonly": "this token is read-only: use one with write access",
    "forbidden": "the token does not allow this: create one with read and write access",
    "resource_limit_exceeded": "limit reached: delete unused resources, or ask the provider to raise the limit (console, Limits); "
    "waiting does not help",
    "resource_unavailable": "sold out: try again later, or add a type to the spec's list",
    "placement_error": "no host is free for it now: try again later, or add a type to the spec's list",
    "no_space_left_in_location": "the location has no room for volumes: ask the provider, or try again later",
    "maintenance": "the provider is working on it: try again when its status page says so",
    "protected": "somebody protected it: remove the protection in the console if you want to delete it",
    "uniqueness_error": "the name is taken: see in the console which object has it",
    "invalid_server_type": "the type does not fit or is withdrawn: choose another in the spec",
    "ip_not_available": "something else has the address: see in the console what is in the network",
    "networks_overlap": "the server is in another network with the same range: remove it from that network first",
    "firewall_managed_by_label_selector": "a label selector put the firewall there: remove the selector in the console",
    "resource_in_use": "something else uses it: see in the console what uses it",
    "incorrect_zone_mode": "the zone is secondary: create the record at its primary",
    "rate_limit_exceeded": "other programs use up the project's rate limit: wait, or stop them",
    "deprecated_api_endpoint": "the API has changed: install a newer version of this program",
}
"""What to do, by code."""
