"""Examples of the cloud rules: a further mode whose nodes are cloud servers."""


def cloud_example(
    *,
    server_type: str = "cx33",
    memory_mib: int = 8192,
    network: str = "tenant-{tenant}-private",
    zone: str = "eu-central",
) -> str:
    """A topology with one role and its cloud objects."""
    return f"""\
topology/cloud.yaml:
  title: Cloud
  summary: One server at a provider.
  tenancy: many
  egress: true
  entry: {{service: web}}
  roles:
    node:
      title: Node
      server_type: {server_type}
      size: {{vcpus: 4, memory_mib: {memory_mib}, disk_gb: 80, reserve_mib: 512}}
      services: [db, web]
  cloud:
    provider: hetzner
    location: nbg1
    network_zone: {zone}
    image: ubuntu-24.04
    spread_servers: false
    environment: production
    network: {{range: "10.{{octet}}.0.0/16", subnet: "10.{{octet}}.1.0/24"}}
    firewall: {{inbound: [], outbound: []}}
    volume: {{size_gb: 10, format: ext4, mount: /mnt/data, role: node}}
    dns: {{zone: example.com, record: "{{tenant}}", type: A, ttl_s: 300, target: node, address: entry}}
    names:
      network: "{network}"
      firewall: "tenant-{{tenant}}-fw"
      volume: "tenant-{{tenant}}-data"
      placement_group: "tenant-{{tenant}}-spread"
      server: "tenant-{{tenant}}-{{role}}-{{index}}"
    ssh_keys: {{admin: {{public_key: "ssh-ed25519 AAAA"}}}}
    ownership: {{tenant_id: "{{tenant}}"}}
    labels: {{role: "{{role}}"}}
    addresses: {{entry: 192.0.2.10/32}}
"""


def runbook_example(*commands: str) -> str:
    """A runbook with one step a command."""
    steps = "".join(
        f"    - {{title: Step, where: host, run: '{command}', expect: it ends, undo: nothing}}\n"
        for command in commands
    )
    return (
        "runbooks/sample.yaml:\n  title: Sample\n  summary: Shows a rule.\n  modes: [single]\n"
        "  duration_min: 5\n"
        "  on_failure: start again\n  steps:\n" + steps
    )
