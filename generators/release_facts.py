"""`release.json` of each deployment: what an update compares. An entry per line, which the host's scripts take apart with sed. Pure."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from math import ceil
from typing import Any

from generators.compose.project import ComposeFile, compose_file, configuration
from generators.compose.waits import called_jobs, sort_by_waits
from generators.second_copy import second_copy_ports
from plumbline.effective.deployment import Deployment, deployments, image_reference, is_sealed
from plumbline.project.artifact import Artifact, Source
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from plumbline.update.formats import version
from plumbline.update.reading import NAME
from schema.release import DataFacts, ReleaseFacts, ServiceFacts
from schema.service import Health

FORMAT = 1
_NOT_THE_CONTAINER = ("image", "pull_policy", "depends_on", "profiles")
"""Keys of an entry that say nothing of the container that is made from it, or stand in fields of their own."""


class ReleaseFactsGenerator:
    """`release.json` beside each compose file."""

    name = "release facts"

    def generate(self, spec: Spec) -> Iterable[Artifact]:
        """A file for each deployment."""
        for deployment in deployments(spec):
            yield _artifact(spec, deployment)


def release_facts(spec: Spec, deployment: Deployment) -> ReleaseFacts:
    """What an update has to know of a deployment."""
    file, folder = compose_file(spec, deployment), deployment.folder
    files = {each.path: sha256(each.content).hexdigest() for each in configuration(spec, deployment, folder)}
    services = deployment.services
    return ReleaseFacts(
        format=FORMAT,
        platform=spec.platform.name,
        version=spec.platform.version,
        mode=deployment.mode,
        role=deployment.role,
        sealed=is_sealed(spec, deployment.mode),
        memory_mib=sum(each.limits.memory_mib for each in services.values() if each.limits and not each.profile),
        networks={name: _checksum(each) for name, each in file.networks.items()},
        secrets={
            name: spec.secrets.secrets[name].issued_by
            for name in sorted({secret for service in services.values() for secret in service.secrets})
        },
        variables=tuple(sorted(file.variables)),
        migrations={job: each for job, each in sorted(spec.update.migrations.items()) if job in services},
        services={
            name: _service(spec, file, name, _below(files, f"{folder}/config/{name}/"))
            for name in sort_by_waits(services, sorted(services))
        },
    )


def text_of(facts: ReleaseFacts) -> str:
    """JSON with a line for each service."""
    data = facts.model_dump()
    services = data.pop("services")
    lines = [f"{json.dumps(key)}: {_line(value)}," for key, value in data.items()]
    entries = ",\n".join(f"{json.dumps(name)}: {_line(each)}" for name, each in services.items())
    return "{\n" + "\n".join(lines) + f'\n"services": {{\n{entries}\n}}\n}}\n'


def _artifact(spec: Spec, deployment: Deployment) -> Artifact:
    facts, folder = release_facts(spec, deployment), deployment.folder
    text = text_of(facts)
    at = path_of("topology", deployment.mode, "roles", deployment.role)
    known: dict[str, tuple[PathText, ...]] = {
        "platform": (path_of("platform", "name"),),
        "version": (path_of("platform", "version"),),
        "mode": (path_of("topology", deployment.mode),),
        "sealed": (path_of("topology", deployment.mode, "egress"),),
        "memory_mib": tuple(path_of("services", name, "limits") for name in deployment.services),
        "networks": (path_of("networks"),),
        "secrets": (path_of("secrets"),),
        "migrations": (path_of("update", "migrations"),),
        **{
            name: (
                *_behind(spec, deployment, name),
                *(path_of("artifacts", f"{folder}/config/{name}/{file}") for file in each.files),
            )
            for name, each in facts.services.items()
        },
    }
    sources = [
        Source(number, number, path)
        for number, line in enumerate(text.splitlines(), 1)
        for path in known.get(line.partition(":")[0].strip('"'), ())
    ]
    whole = Source(1, text.count("\n"), at, block=True)
    return Artifact(f"{folder}/{NAME}", text.encode(), sources=(*sources, whole))


def _behind(spec: Spec, deployment: Deployment, name: str) -> tuple[PathText, ...]:
    image = deployment.services[name].image
    return (path_of("services", name), path_of("images", image), path_of("update", "drain"))


def _service(spec: Spec, file: ComposeFile, name: str, files: Mapping[str, str]) -> ServiceFacts:
    service, written = file.deployment.services[name], file.services[name]
    image = spec.images.images[service.image]
    entry = {key: value for key, value in written.items() if key not in _NOT_THE_CONTAINER}
    mode = file.deployment.mode
    return ServiceFacts(
        image=service.image,
        reference=image_reference(spec, mode, image),
        digest=image.digest,
        entry=_checksum(entry),
        files=dict(sorted(files.items())),
        kind=service.kind,
        profiles=tuple(written.get("profiles", ())),
        called=name in called_jobs(file.deployment.services),
        health=service.health is not None,
        networks=tuple(sorted(service.segments)),
        needs=tuple(
            sorted({each for each in (*service.needs, *service.after) if each in file.deployment.services} - {name})
        ),
        answers=tuple(sorted(f"{each['host_ip']}:{each['published']}" for each in written.get("ports", ()))),
        drained=name in spec.update.drain,
        second_copy=second_copy_ports(spec, file, name),
        stop_grace_s=service.stop_grace_s,
        ready_within_s=_ready_within(service.health) if service.health else None,
        volumes=tuple(sorted(service.volumes)),
        data=_data(spec, service.image) if service.volumes else None,
        secrets=tuple(sorted(service.secrets)),
        settings=tuple(sorted(service.environment)),
        folders=tuple(sorted({each.source for each in service.mounts})),
        models=tuple(sorted(spec.models.models[model].path for model in service.models)),
        memory_mib=service.limits.memory_mib if service.limits else None,
    )


def _ready_within(health: Health) -> int:
    """When Docker takes it for unhealthy that has not been healthy since its start."""
    return ceil(health.start_period_s + health.retries * (health.interval_s + health.timeout_s))


def _data(spec: Spec, image: str) -> DataFacts | None:
    contract = spec.contracts.get(image)
    if contract is None or contract.data is None:
        return None
    said = contract.data
    numbers = ".".join(map(str, version(spec.images.images[image].tag)))
    return DataFacts(format=said.format, version=numbers, read_by=said.read_by, otherwise=said.otherwise)


def _below(files: Mapping[str, str], folder: str) -> dict[str, str]:
    return {path.removeprefix(folder): digest for path, digest in files.items() if path.startswith(folder)}


def _checksum(value: Any) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)
