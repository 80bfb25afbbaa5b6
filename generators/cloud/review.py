"""`deploy/<mode>/<tenant>/cloud-init/<role>.yaml`: what the servers of a role are told, for the script and for review."""

from collections.abc import Iterable

from generators.cloud.desired import cloud_tenants
from generators.cloud.first_boot import user_data_with_sources
from plumbline.artifact import Artifact
from plumbline.deployment import tenant_folder
from plumbline.spec import Spec


def first_boot_file(role: str) -> str:
    """Where a role's user data stands in its tenant's folder."""
    return f"cloud-init/{role}.yaml"


class FirstBootGenerator:
    """The user data of each role, which the provisioning script sends with the volume's id put in."""

    name = "first boot"

    def generate(self, spec: Spec) -> Iterable[Artifact]:
        """A file for each role that has servers of a tenant's own, now or after it has grown."""
        for mode, tenant in cloud_tenants(spec):
            for role, layout in spec.topology[mode].roles.items():
                if layout.scope == "tenant":
                    text, sources = user_data_with_sources(spec, mode, tenant, role)
                    path = f"{tenant_folder(mode, tenant)}/{first_boot_file(role)}"
                    yield Artifact(path, text.encode(), sources=sources)
