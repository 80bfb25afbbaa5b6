"""Spec → artifacts. Pure: no disk, no network, no clock.

- `registry`: the list of generators; a new one is an entry there.
- `compose/`: Compose files, `.env.example`, `.sops.yaml`.
- `cloud/`: desired state, cloud-init, host firewall, provisioning script.
- `rollout/`: the Ansible playbook, and the order of roles.
- `offline/`: the scripts of an air-gapped host.
- `site/`: the pages and diagrams of the site; a new page is an entry in `site/pages.py`.
- `json_schema`, `release_facts`, `rule_tests`: JSON Schemas, `release.json`, tests for promtool.
"""
