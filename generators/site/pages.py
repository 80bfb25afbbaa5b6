"""The site's generated pages. A new page is an entry in `PAGES`."""

from collections.abc import Callable, Iterable

from generators.site import catalogue_pages
from generators.site import contract_page
from generators.site import data_reference
from generators.site import environment_page
from generators.site import network_pages
from generators.site import operator_pages
from generators.site import runbook_pages
from generators.site import service_pages
from generators.site import topology_pages
from generators.site import cloud_pages
from generators.site import roll_out_page
from plumbline.project.artifact import Artifact
from plumbline.spec.spec import Spec

PAGES: tuple[Callable[[Spec], Iterable[Artifact]], ...] = (
    topology_pages.home,
    topology_pages.topology,
    operator_pages.tenants,
    operator_pages.update,
    roll_out_page.roll_out,
    cloud_pages.overview,
    cloud_pages.tenants,
    service_pages.services,
    environment_page.environment,
    network_pages.networks,
    network_pages.ports,
    catalogue_pages.images,
    contract_page.contracts,
    catalogue_pages.models,
    catalogue_pages.secrets,
    catalogue_pages.requirements,
    catalogue_pages.decisions,
    runbook_pages.runbooks,
    data_reference.reference,
)


class PageGenerator:
    """Every page that is not about parity or rules."""

    name = "pages"

    def generate(self, spec: Spec) -> Iterable[Artifact]:
        """One artifact per page."""
        for pages in PAGES:
            yield from pages(spec)
