"""Containers in the form of `docker inspect`, and which project and service each belongs to. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from plumbline.stack.engine import PROJECT, SERVICE
from plumbline.stack.project import ComposeProject

_NUMBER = "com.docker.compose.container-number"
_ONE_OFF = "com.docker.compose.oneoff"


def container_of(
    project: ComposeProject, service: str, containers: Iterable[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """The container of a service: the first of its project, not one that was run beside it."""
    return next((each for each in containers if is_first(each) and service_of(each) == service), None)


def service_of(container: Mapping[str, Any]) -> str:
    """The service that a container belongs to."""
    return _label(container, SERVICE)


def is_first(container: Mapping[str, Any]) -> bool:
    """Whether Compose started it as the first of a service, not beside it and not as a replica."""
    return (
        _label(container, _NUMBER) == "1" and _label(container, _ONE_OFF) != "True" and bool(_label(container, PROJECT))
    )


def _label(container: Mapping[str, Any], name: str) -> str:
    return str((container["Config"].get("Labels") or {}).get(name, ""))
