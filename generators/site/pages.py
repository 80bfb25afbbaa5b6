"""The site's generated pages. A new page is an entry in `PAGES`."""

from collections.abc import Callable, Iterable

from generators.site import (
    cloud_pages,
    contract_page,
    data_flows_page,
    data_reference,
    decisions_page,
    environment_page,
    images_page,
    models_page,
    monitoring_pages,
    networks_page,
    not_proven_page,
    ports_page,
    requirements_page,
    roll_out_page,
    runbook_pages,
    secrets_page,
    service_pages,
    symptoms_page,
    tenants_page,
    topology_pages,
    update_page,
)
from plumbline.project.artifact import Artifact
from plumbline.spec.spec import Spec

PAGES: tuple[Callable[[Spec], Iterable[Artifact]], ...] = (
    topology_pages.home,
    topology_pages.topology,
    tenants_page.tenants,
    update_page.update,
    roll_out_page.roll_out,
    cloud_pages.overview,
    cloud_pages.tenants,
    service_pages.services,
    environment_page.environment,
    networks_page.networks,
    data_flows_page.data_flows,
    ports_page.ports,
    images_page.images,
    contract_page.contracts,
    models_page.models,
    secrets_page.secrets,
    requirements_page.requirements,
    decisions_page.decisions,
    not_proven_page.not_proven,
    runbook_pages.runbooks,
    symptoms_page.symptoms,
    monitoring_pages.alerts,
    monitoring_pages.monitoring,
    data_reference.reference,
)


class PageGenerator:
    """Every page that is not about parity or rules."""

    name = "pages"

    def generate(self, spec: Spec) -> Iterable[Artifact]:
        """One artifact per page."""
        for pages in PAGES:
            yield from pages(spec)
