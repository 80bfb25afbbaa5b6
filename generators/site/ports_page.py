"""`docs/operator/ports.md`: every published port."""

from collections.abc import Iterable
from functools import partial

from generators.markdown import Page, code, codes, text
from plumbline.effective.deployment import field_path, ports_for_other_nodes, roles_of, services_of
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec


def _needing(spec: Spec, mode: str, name: str, port: str) -> list[PathText]:
    """Where services say that they need the port."""
    services = services_of(spec, mode)
    needing = [other for other, each in services.items() if each.needs.get(name) == port]
    return [field_path(other, spec.services[other], mode, "needs", name) for other in needing]


def ports(spec: Spec) -> Iterable[Artifact]:
    """`docs/operator/ports.md`."""
    page = Page("docs/operator/ports.md", "Ports")
    for mode in spec.modes:
        page.add(f"## Mode {text(mode)}")
        rows = []
        for name, service in services_of(spec, mode).items():
            for port, number in service.ports.items():
                publication = service.publish.get(port)
                where = [code(f"{publication.address}:{publication.port}")] if publication else []
                if port in ports_for_other_nodes(spec, mode, name):
                    where.append(f"the node's private address, {code(number)}")
                at = partial(field_path, name, spec.services[name], mode)
                path = at("ports")
                rows.append(
                    (
                        (
                            path_of(path, port),
                            *([at("publish", port)] if publication else []),
                            *(_needing(spec, mode, name, port) if len(where) > bool(publication) else []),
                            *(
                                path_of("topology", mode, "roles", role, "services")
                                for role in roles_of(spec, mode, name)
                            ),
                        ),
                        [
                            code(name),
                            code(port),
                            code(number),
                            ", ".join(where) or "–",
                            codes(roles_of(spec, mode, name)),
                        ],
                    )
                )
        page.table(["Service", "Port", "In the container", "On the node", "Roles"], rows)
    yield page.done()
