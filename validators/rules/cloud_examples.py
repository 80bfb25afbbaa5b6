"""Examples of the cloud rules: a catalogue, and a further mode whose nodes are cloud servers."""

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""A key of zeros, which nobody has the other half of."""
_CATALOGUE = """\
catalogue.yaml:
  date: "2026-11-23"
  source: an example
  currency: EUR
  locations: {nbg1: {title: Nuremberg, zone: eu-central}, ash: {title: Ashburn, zone: us-east}}
  lines:
    cx: {title: Shared, architecture: x86, locations: [nbg1]}
    cpx1: {title: Shared, architecture: x86, locations: [ash]}
    cax: {title: Shared, architecture: arm, locations: [nbg1]}
  server_types:
    cx33: {line: cx, vcpus: 4, memory_gb: 8, disk_gb: 80}
    cpx11: {line: cpx1}
    cax21: {line: cax, vcpus: 4, memory_gb: 8, disk_gb: 80}
  removed: {cx22: cx33}
"""
_MODE = """\
topology/cloud.yaml:
  title: Cloud
  summary: One server at a provider.
  tenancy: many
  egress: true
  entry: {service: web}
  roles:
"""
_NAMES = """\
      firewall: "tenant-{tenant}-fw"
      volume: "tenant-{tenant}-data"
      placement_group: "tenant-{tenant}-spread"
      server: "tenant-{tenant}-{role}-{index}"
"""


def cloud_example(
    *,
    server_type: str = "cx33",
    fallbacks: str = "[]",
    memory_mib: int = 8192,
    count: int = 1,
    first_host: str = "10",
    network: str = "tenant-{tenant}-private",
    zone: str = "eu-central",
    image: str = "ubuntu-24.04",
    inbound: str = "[]",
    outbound: str = "[]",
    record: str = "{tenant}",
    address: str = "entry",
    key: str = KEY,
    keys: str = "",
    firewalls: int = 50,
    docker: str = '{engine: "26.1", compose: "2.26", packages: [docker]}',
    administrator: str = "ops",
    max_count: int = 1,
    services: str = "[db, web]",
    others: str = "",
) -> str:
    """A topology with one role of the tenant's, `others` as further lines, and its cloud objects."""
    return f"""\
{_CATALOGUE}  images:
    ubuntu-24.04: {{title: Ubuntu 24.04, docker: {docker}}}
    debian-11: {{title: Debian 11, unavailable_after: "2026-11-30"}}
  limits: {{firewalls: {firewalls}}}
{_MODE}    node:
      title: Node
      server_type: {server_type}
      fallbacks: {fallbacks}
      first_host: {first_host}
      count: {count}
      size: {{vcpus: 4, memory_mib: {memory_mib}, disk_gb: 80, reserve_mib: 512}}
      max_count: {max_count}
      services: {services}
{others}  cloud:
    provider: hetzner
    location: nbg1
    network_zone: {zone}
    image: {image}
    spread_servers: false
    environment: production
    network: {{range: "10.{{octet}}.0.0/16", subnet: "10.{{octet}}.1.0/24"}}
    firewall: {{inbound: {inbound}, outbound: {outbound}}}
    volume: {{size_gb: 10, format: ext4, mount: /mnt/data, role: node}}
    dns: {{zone: example.com, record: "{record}", type: A, ttl_s: 300, target: node, address: {address}}}
    names:
      network: "{network}"
{_NAMES}    ssh_keys: {{{keys or f'admin: {{public_key: "{key}"}}'}}}
    first_boot: {{administrator: {administrator}}}
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
