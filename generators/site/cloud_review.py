"""`deploy/<mode>/<tenant>/cloud-init/<role>.yaml`: what the servers of a role are told, for the script and for review."""

from collections.abc import Iterable
from functools import partial

from generators.cloud.desired import cloud_tenants
from generators.cloud.first_boot import user_data
from generators.cloud.first_boot_sources import user_data_sources
from plumbline.effective.deployment import tenant_folder
from plumbline.project.artifact import Artifact, Source
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec


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
                    text = user_data(spec, mode, tenant, role)
                    path = f"{tenant_folder(mode, tenant)}/{first_boot_file(role)}"
                    whole = Source(1, text.count("\n"), path_of("topology", mode, "roles", role), block=True)
                    traced = partial(user_data_sources, spec, mode, tenant, role)
                    yield Artifact(path, text.encode(), sources=(whole,), traced=traced)
