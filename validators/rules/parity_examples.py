"""Examples of the parity rules: the starter with a second mode that is like its first."""

_MODE = """\
topology/second.yaml:
  title: Second
  summary: The same on another host.
  tenancy: one
  egress: false
  entry: {service: web}
  roles:
    host:
      title: Host
      scope: tenant
      size: {vcpus: 2, memory_mib: 4096, disk_gb: 40, reserve_mib: 512}
      services: [db, web]
topology/single.yaml: {tenancy: one, egress: false, roles: {host: {services: [db, web]}}}
networks.yaml:
  networks:
    sample:
      title: Sample
      modes:
        single: {subnet: 172.30.0.0/24, internal: false}
        second: {subnet: 172.30.0.0/24, internal: false}
services/db.yaml: {segments: [sample]}
"""


def example(
    *,
    second_level: str = "info",
    covered: str | None = None,
    status: str = "{single: full, second: full}",
    parity: str | None = None,
    paths: str = "[services.web]",
    workaround: str = "compare the logs",
    probe: str = "",
    more: str = "",
) -> str:
    """A spec with two modes, one feature and, where something is covered, one divergence."""
    kind = parity or ("divergent, divergence: D1" if covered else "full")
    return (
        _MODE
        + "services/web.yaml:\n  segments: [sample]\n  environment: {LEVEL: info}\n"
        + f"  modes: {{second: {{environment: {{LEVEL: {second_level}}}}}}}\n"
        + "parity.yaml:\n  features:\n"
        + f"    logging: {{title: Logging, status: {status}, parity: {kind}, paths: {paths}, probes: [{probe}]{more}}}\n"
        + (_divergence(covered, workaround) if covered else "  divergences: {}\n")
    )


def _divergence(covered: str, workaround: str) -> str:
    return (
        "  divergences:\n    D1: {title: Log level, reason: no room, impact: fewer lines, "
        f"workaround: {workaround}, covers: [{covered}]}}\n"
    )


_THIRD = """\
topology/third.yaml:
  title: Third
  summary: The same once more.
  tenancy: one
  egress: false
  entry: {service: web}
  roles:
    host:
      title: Host
      scope: tenant
      size: {vcpus: 2, memory_mib: 4096, disk_gb: 40, reserve_mib: 512}
      services: [db, web]
"""


def three_modes(sets_apart: str = "[]") -> str:
    """A spec with three modes, of which the third logs more, and a divergence about it."""
    status = "{single: full, second: full, third: more}"
    base = example(second_level="info", covered="services.web.environment", status=status)
    added = {
        "second: {subnet": "third: {subnet: 172.30.0.0/24, internal: false}\n        second: {subnet",
        "modes: {second: ": "modes: {third: {environment: {LEVEL: debug}}, second: ",
        "covers: [services.web.environment]": f"covers: [services.web.environment], sets_apart: {sets_apart}",
    }
    for old, new in added.items():
        base = base.replace(old, new)
    return _THIRD + base
