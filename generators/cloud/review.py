"""`deploy/<mode>/<tenant>/cloud-init/<role>.yaml`: what the servers of a role are told, for review."""

from collections.abc import Iterable

from generators.cloud.desired import cloud_tenants
from generators.cloud.first_boot import user_data_with_sources
from plumbline.artifact import Artifact
from plumbline.deployment import tenant_folder
from plumbline.spec import Spec


class FirstBootGenerator:
    """The user data of each role, as the provisioning script sends it but for the volume's id."""

    name = "first boot"

    def generate(self, spec: Spec) -> Iterable[Artifact]:
        """A file for each role that has servers of a tenant's own, now or after it has grown."""
        for mode, tenant in cloud_tenants(spec):
            for role, layout in spec.topology[mode].roles.items():
                if layout.scope == "tenant":
                    text, sources = user_data_with_sources(spec, mode, tenant, role)
                    path = f"{tenant_folder(mode, tenant)}/cloud-init/{role}.yaml"
                    yield Artifact(path, text.encode(), sources=sources)
