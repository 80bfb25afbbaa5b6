"""PLB214: every tenant's certificate comes from somewhere."""

from collections.abc import Iterator

from plumbline.effective.deployment import services_of
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from validators.rules.registry import Violation, rule

_EXAMPLE = """
topology/single.yaml: {{entry: {{service: web, tls: {tls}}}}}
services/web.yaml: {{mounts: [{{source: /etc/sample, target: /own}}]}}
tenants.yaml: {{tenants: {{acme: {{title: Acme, octet: 1, state: ACTIVE, certificate: own}}}}}}
"""


_FIELDS = {"issued": "issuer", "own": "own_certificates"}
"""Fields of `entry.tls` that say where a certificate of each kind comes from."""


@rule(
    "PLB214",
    title="Certificate without a source",
    why="The entry would present a self-signed certificate for that tenant, and every client would refuse it.",
    fix="Give `entry.tls` an `issuer` or a mounted `own_certificates` folder, or change the tenant's `certificate`.",
    failing=_EXAMPLE.format(tls="{own_certificates: /elsewhere}"),
    passing=_EXAMPLE.format(tls="{own_certificates: /own}"),
)
def certificate_from_nowhere(spec: Spec) -> Iterator[Violation]:
    """Tenants whose kind of certificate the entry of a mode has no source for."""
    for mode, topology in spec.topology.items():
        entry = services_of(spec, mode).get(topology.entry.service)
        tls = topology.entry.tls
        if tls is None or entry is None:
            continue
        mounted = {mount.target for mount in entry.mounts}
        sources = {"issued": tls.issuer is not None, "own": tls.own_certificates in mounted}
        for name, tenant in spec.tenants.tenants.items():
            if not sources[tenant.certificate]:
                yield Violation(
                    path_of("tenants", name, "certificate"),
                    f"the entry of mode {mode} has no source for an `{tenant.certificate}` certificate",
                    also=((path_of("topology", mode, "entry", "tls", _FIELDS[tenant.certificate]), "its source"),),
                )
