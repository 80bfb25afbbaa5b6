"""Spec → artifacts. Pure: no disk, no network, no clock.

- `registry`: the list of generators; a new one is an entry there.
- `compose/`: Compose files, `.env.example`, `.sops.yaml`.
- `cloud/`: desired state, cloud-init, host firewall, provisioning script.
- `rollout/`: the Ansible playbook, and the order of roles.
- `offline/`: the scripts of an air-gapped host.
- `site/`: the pages and diagrams of the site; a new page is an entry in `site/pages.py`.
- `backup/`: scripts and timers of backups, and the restore test.
- `release_facts`: `release.json`; `second_copy` decides which services an update replaces behind a second copy.
- `json_schema`, `rule_tests`: JSON Schemas, tests for promtool.
- `provenance`, `template_sources`: which spec path each generated line comes from, for `plumb why`.
"""
