"""Which parts of the spec the lines of a node's user data come from. Pure."""

from collections.abc import Iterator

from generators.cloud.first_boot import boot_files, boot_names, cloud_of, user_data
from generators.cloud.host_firewall import ruleset, ruleset_sources
from generators.provenance import Origins, sources
from generators.template_sources import template_sources
from plumbline.effective.node_links import deployment_of
from plumbline.expressions.template_lines import Known
from plumbline.project.artifact import Source
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from plumbline.spec.yaml_tree import node_at, parse_tree


def user_data_sources(spec: Spec, mode: str, tenant: str, role: str) -> Iterator[Source]:
    """The sources of the lines of `user_data`."""
    text = user_data(spec, mode, tenant, role)
    names = boot_names(spec, mode, tenant, role)
    files = boot_files(names, ruleset(spec, mode, tenant, role))
    known = _known(spec, mode, tenant, role)
    yield from sources(text, _origins(spec, mode, role, len(files)))
    root, _ = parse_tree(text, "")
    if root is None:
        raise ValueError("the document is empty")
    for index, file in enumerate(files):
        # the text of a block begins in the line after its key
        first = node_at(root, ("write_files", index, "content")).location.line + 1
        if not file.template:
            yield from ruleset_sources(spec, mode, tenant, role, first)
        elif "\n" in file.text:
            template = names["templates"].loader.get_source(names["templates"], file.template)[0]
            yield from template_sources(names["templates"], file.template, template, names, known, first)


def _origins(spec: Spec, mode: str, role: str, files: int) -> Origins:
    cloud, platform = path_of("topology", mode, "cloud"), path_of("platform", "name")
    administrator = path_of(cloud, "first_boot", "administrator")
    image, volume = path_of(cloud, "image"), path_of(cloud, "volume")
    packages = path_of("catalogue", "images", cloud_of(spec, mode).image, "docker", "packages")
    return {
        ("timezone",): path_of(cloud, "first_boot", "timezone"),
        ("users",): administrator,
        ("users", 0, "name"): administrator,
        ("users", 0, "ssh_authorized_keys"): path_of(cloud, "ssh_keys"),
        ("packages",): (image, packages, path_of(volume, "format")),
        ("runcmd",): platform,
        **{("write_files", index, "path"): (platform, path_of(volume, "mount")) for index in range(files)},
    }


def _known(spec: Spec, mode: str, tenant: str, role: str) -> Known:
    """What the names of first boot's templates stand for."""
    cloud, platform = path_of("topology", mode, "cloud"), (path_of("platform", "name"),)
    network = (path_of(cloud, "network", "range"), path_of("tenants", tenant, "octet"))
    volume = path_of(cloud, "volume")
    deployment = deployment_of(spec, mode, role)
    placed = path_of("topology", mode, "roles", deployment.role if deployment else role, "services")
    services: tuple[PathText, ...] = tuple(
        path_of("services", name) for name in (deployment.services if deployment else ())
    )
    return Known(
        names={
            **dict.fromkeys(("platform", "home", "settings"), platform),
            **dict.fromkeys(("range", "prefix"), network),
            "secrets": (placed, *(path_of(each, "secrets") for each in services)),
            "stop_seconds": (placed, *(path_of(each, "stop_grace_s") for each in services)),
            "volume": (path_of(volume, "role"),),
            "mount": (path_of(volume, "mount"),),
            "format": (path_of(volume, "format"),),
            "restart_at": (
                path_of(cloud, "first_boot", "reboot_at"),
                path_of(cloud, "first_boot", "reboot_window_min"),
                path_of("tenants", tenant, "octet"),
            ),
            "held": (path_of("catalogue", "images", cloud_of(spec, mode).image, "docker", "packages"),),
            "units": (*platform, path_of(volume, "mount"), path_of(volume, "role")),
        },
        roots={
            "first_boot": lambda parts: [path_of(cloud, "first_boot", *parts)],
            "floors": lambda parts: [path_of("platform", "floors", *parts)],
        },
    )
