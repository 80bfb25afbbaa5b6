"""What follows from a spec in a mode.

`deployment` merges a mode's overrides into its services. `expression_names` has the names that expressions can use.
`config_files` places configuration files, `node_links` finds ports between nodes (and so firewall rules), `reachability` says
who can reach whom, `probe_answers` answers probes without an engine, and `differences` compares modes. `monitoring` chooses the
scrape targets, `alerting` makes the alert rules, `backups` what is backed up, and `tenant_topology` applies a tenant's own nodes.
"""
