"""A service's configuration files: where each is written, how it comes into the container, and what it may refer to."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from plumbline.effective.expression_names import service_names, tenant_names
from plumbline.expressions.rendering import render
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import TEMPLATE_ENDING, is_template
from schema.service import ConfigFile, Service

TENANT = "{tenant}"
"""Stands for a tenant's id in the target's name: one file for each tenant."""


def config_text(source: str, text: str, names: Mapping[str, Any]) -> str:
    """What a file of that text becomes; raises ExpressionError where an expression of a template does not resolve."""
    return render(text, names) if is_template(source) else text


def config_path(service: Service, file: ConfigFile, tenant: str = "") -> str:
    """Where a file is written, below the service's folder of configuration."""
    target = PurePosixPath(file.target)
    if str(target.parent) in _folders(service):
        return f"{target.parent.name}/{target.name.replace(TENANT, tenant)}"
    return PurePosixPath(file.source).name.removesuffix(TEMPLATE_ENDING)


def config_mounts(service: Service) -> dict[str, str]:
    """What is mounted from the service's folder of configuration, by its place in the container.

    A folder with a file for each tenant is mounted as a whole: a mount of a single file keeps the file that it was
    made with, however often another takes its name.
    """
    folders = {folder: PurePosixPath(folder).name for folder in _folders(service)}
    alone = [file for file in service.config if str(PurePosixPath(file.target).parent) not in folders]
    return folders | {file.target: config_path(service, file) for file in alone}


def config_behind(service: Service, mount: str) -> list[tuple[int, bool]]:
    """The files behind a mount by their index, and whether each is mounted alone, under a name that its source gives."""
    return [
        (index, file.target == mount)
        for index, file in enumerate(service.config)
        if mount in (file.target, str(PurePosixPath(file.target).parent))
    ]


def config_names(spec: Spec, mode: str, service: str, file: ConfigFile) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The tenant (empty where the file is for all) and the names that a template knows, for each file that it makes."""
    names = service_names(spec, mode, service)
    if TENANT not in file.target:
        yield "", names
        return
    for id, tenant in spec.tenants.tenants.items():
        yield id, tenant_names(spec, mode, id, tenant.octet) | names


def _folders(service: Service) -> list[str]:
    """Folders in the container that hold a file for each tenant."""
    return sorted({str(PurePosixPath(file.target).parent) for file in service.config if TENANT in file.target})
