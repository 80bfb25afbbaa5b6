"""The site's generated pages. A new page is an entry in `PAGES`."""

from collections.abc import Callable, Iterable

from generators.site import contract_page
from generators.site import data_reference
from generators.site import decisions_page
from generators.site import images_page
from generators.site import models_page
from generators.site import monitoring_pages
from generators.site import networks_page
from generators.site import not_proven_page
from generators.site import ports_page
from generators.site import requirements_page
from generators.site import secrets_page
from generators.site import tenants_page
from generators.site import update_page
from generators.site import environment_page
from generators.site import runbook_pages
from generators.site import service_pages
from generators.site import symptoms_page
from generators.site import topology_pages
from generators.site import cloud_pages
from generators.site import roll_out_page
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
