"""Answers to probes that follow from the spec, so that a wrong declared answer is found without an engine. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath

from plumbline.effective.config_files import config_mounts
from plumbline.effective.deployment import needs_on_other_nodes, roles_of, services_of
from plumbline.effective.expression_names import SECRET_FOLDER, service_names
from plumbline.effective.node_links import deployment_of
from plumbline.effective.volumes import volume_mounts
from plumbline.expressions.rendering import ExpressionError, value_text
from plumbline.spec.spec import Spec
from schema.probe import AddressProbe, FileProbe, LinkQuestion, Probe, TcpProbe, VariableProbe
from schema.service import Service

NOT_DEPLOYED, NOT_PUBLISHED, NO_WAY = "not deployed", "not published", "no way"
OPEN, CLOSED, NO_ANSWER = "open", "closed", "no answer"
NOT_SET, PRESENT, EMPTY, ABSENT = "not set", "present", "empty", "absent"


@dataclass(frozen=True, slots=True)
class DecidedAnswer:
    """What a mode can answer to a probe."""

    answers: tuple[str, ...]
    """Every possible answer; none: any but those in `never`."""
    why: str
    """What in the spec decides it, as a clause."""
    never: tuple[str, ...] = ()

    def allows(self, answer: str) -> bool:
        """Whether an answer can come."""
        return answer in self.answers if self.answers else answer not in self.never


def decide_answer(spec: Spec, mode: str, probe: Probe) -> DecidedAnswer | None:
    """What the spec says that a mode answers; None where it leaves that open."""
    question, services = probe.question, services_of(spec, mode)
    if question is None:
        return None
    for name in filter(None, (question.service, probe.caller)):
        if name not in services:
            return DecidedAnswer((NOT_DEPLOYED,), f"no role of mode {mode} runs `{name}`")
        if services[name].kind == "job":
            return None
    service = services[question.service]
    match question:
        case LinkQuestion():
            found = _link(spec, mode, probe.caller, question)
        case AddressProbe():
            publication = service.publish.get(question.port)
            if publication is None:
                return DecidedAnswer((NOT_PUBLISHED,), f"`publish` of `{question.service}` has no `{question.port}`")
            answer = f"{publication.address}:{publication.port}"
            return DecidedAnswer((answer,), f"`{question.service}` publishes `{question.port}` there")
        case VariableProbe():
            found = _variable(spec, mode, question, service)
        case FileProbe():
            found = _file(question, service)
        case _:
            found = None
    return found or DecidedAnswer((), f"mode {mode} runs `{question.service}`", (NOT_DEPLOYED,))


def _link(spec: Spec, mode: str, caller: str | None, link: LinkQuestion) -> DecidedAnswer | None:
    """Whether a connection can be made: from a service by the segments and needs, from outside where it is published."""
    services = services_of(spec, mode)
    if link.port not in services[link.service].ports:
        return None  # reported by a rule of its own
    if caller is None:
        if link.port not in services[link.service].publish:
            return DecidedAnswer((NOT_PUBLISHED,), f"`publish` of `{link.service}` has no `{link.port}`")
        reached, why = True, f"`{link.service}` publishes `{link.port}`"
    else:
        ways = {
            _way(spec, mode, caller, link.service, *roles) for roles in _placements(spec, mode, caller, link.service)
        }
        if len(ways) != 1:
            return None  # a service that stands on several nodes may have it one way here and another there
        reached, why = ways.pop()
    if isinstance(link, TcpProbe):
        return DecidedAnswer((OPEN,) if reached else (CLOSED, NO_WAY), why)
    if reached:
        return DecidedAnswer((), why, (NOT_DEPLOYED, NOT_PUBLISHED, NO_WAY))
    return DecidedAnswer((NO_ANSWER, NO_WAY), why)


def _placements(spec: Spec, mode: str, caller: str, target: str) -> Iterator[tuple[str, str]]:
    return product(roles_of(spec, mode, caller), roles_of(spec, mode, target))


def _way(spec: Spec, mode: str, caller: str, target: str, here: str, there: str) -> tuple[bool, str]:
    """Whether the caller's node leads to the target's, and why."""
    services = services_of(spec, mode)
    if caller == target:
        return True, "a service reaches itself"
    if here == there:
        shared = sorted(set(services[caller].segments) & set(services[target].segments))
        if shared:
            return True, f"`{caller}` and `{target}` share segment {' and '.join(shared)}"
        return False, f"`{caller}` and `{target}` share no segment"
    deployment = deployment_of(spec, mode, here)
    if deployment and needs_on_other_nodes(spec, deployment, caller).get(target) == there:
        return True, f"`{caller}` needs `{target}`, on role {there}"
    return False, f"`{caller}` does not need `{target}`, which is on another node"


def _variable(spec: Spec, mode: str, question: VariableProbe, service: Service) -> DecidedAnswer | None:
    for secret, use in service.secrets.items():
        if use.environment == question.name:
            return None  # reported by a rule of its own
        if use.variable == question.name:
            return DecidedAnswer((f"{SECRET_FOLDER}/{secret}",), f"it holds the path of secret `{secret}`")
    if question.name not in service.environment:
        return DecidedAnswer((NOT_SET,), f"`environment` of `{question.service}` has no `{question.name}`")
    try:
        value = value_text(service.environment[question.name], service_names(spec, mode, question.service))
    except ExpressionError:
        return None  # reported by a rule of its own
    return DecidedAnswer((value,), f"`environment` of `{question.service}` says so")


def _file(question: FileProbe, service: Service) -> DecidedAnswer | None:
    """What the spec puts at a path; what lies in a volume, a folder of the node or memory shows only when it runs."""
    path = PurePosixPath(question.path)
    files = {
        **dict.fromkeys(config_mounts(service), "a configuration file"),
        **dict.fromkeys(service.models.values(), "a model"),
        **{
            f"{SECRET_FOLDER}/{name}": f"secret `{name}`"
            for name, use in service.secrets.items()
            if not use.environment
        },
    }
    volumes = [each.target for each in volume_mounts("", service)]
    folders = [*volumes, *service.tmpfs, *(mount.target for mount in service.mounts)]
    for target, what in files.items():
        if path == PurePosixPath(target):
            return DecidedAnswer((PRESENT, EMPTY), f"`{question.service}` has {what} there")
        if path in PurePosixPath(target).parents:
            return DecidedAnswer((PRESENT,), f"`{question.service}` has {what} at {target}")
        if PurePosixPath(target) in path.parents and str(PurePosixPath(target).parent) != SECRET_FOLDER:
            return None
    if any(path == PurePosixPath(folder) for folder in folders):
        return DecidedAnswer((PRESENT, EMPTY), f"`{question.service}` has a folder there")
    if any(PurePosixPath(folder) in path.parents for folder in folders):
        return None
    return DecidedAnswer((ABSENT,), f"nothing that the spec gives to `{question.service}` is at {question.path}")
