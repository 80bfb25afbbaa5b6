"""PLB543: a shared role that nothing leads to."""

from collections.abc import Iterator

from plumbline.spec.finding import Severity
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.cloud_entry import proxied_example
from validators.rules.cloud_lookup import clouds
from validators.rules.registry import Violation, rule

_SECOND = """\
    second:
      title: Second
      scope: shared
      size: {vcpus: 4, memory_mib: 8192, disk_gb: 80, reserve_mib: 512}
      services: [status]
  cloud:
"""
_STATUS = "services/status.yaml: {title: Status, summary: Shows it., image: web}\n"


@rule(
    "PLB543",
    title="Shared role without an address",
    why="Shared nodes belong to all tenants, so no plan orders them and no roll-out finds them. Only the role that requests come to has an "
    "address; the others get no release and no backups, and nothing says so.",
    fix="Move the services to the role of `cloud.dns.target`, or give each tenant a node of the role: `scope: tenant`.",
    failing=proxied_example().replace("  cloud:\n", _SECOND, 1) + _STATUS,
    passing=proxied_example(),
    severity=Severity.WARNING,
)
def shared_role_without_address(spec: Spec) -> Iterator[Violation]:
    for mode, topology, cloud in clouds(spec):
        for name, role in topology.roles.items():
            entered = topology.entry.service in role.services  # PLB224 compares that role with the record
            if role.scope != "tenant" and role.services and name != cloud.dns.target and not entered:
                path = path_of("topology", mode, "roles", name, "scope")
                yield Violation(path, f"nothing leads to the nodes of {name}: {cloud.dns.target} alone has an address")
