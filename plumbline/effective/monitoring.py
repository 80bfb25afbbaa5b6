"""Which services a collector asks for metrics, derived from the spec, and what their images export. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from plumbline.effective.backups import BACKUP_SERIES, tells_node_metrics
from plumbline.effective.deployment import roles_of, services_of
from plumbline.effective.per_spec import per_spec
from plumbline.expressions.promql import SYNTHETIC
from plumbline.spec.spec import Spec
from schema.contract import Metric
from schema.service import Service
from schema.topology import Role

_OF_A_HISTOGRAM = ("_bucket", "_sum", "_count")


@dataclass(frozen=True, slots=True)
class ScrapeTarget:
    """A service whose metrics a collector asks for."""

    service: str
    port: str
    """The port's name."""
    address: str
    """Host and port as the collector calls them."""
    path: str
    secret: str | None
    """Secret that the collector presents."""

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://{self.address}{self.path}"


@dataclass(frozen=True, slots=True)
class Uncollected:
    """A service that tells metrics which nobody collects, and why."""

    service: str
    why: str


def collectors_in(spec: Spec, mode: str) -> list[str]:
    """The collectors that a mode runs."""
    return [name for name in spec.monitoring.collectors if name in services_of(spec, mode)]


@per_spec
def targets(spec: Spec, mode: str, collector: str) -> tuple[ScrapeTarget, ...]:
    """Every service with metrics that the collector is to ask: on the nodes of one tenant, or of all, as it stands itself."""
    return tuple(
        ScrapeTarget(
            name,
            service.metrics.port,
            f"{'127.0.0.1' if name == collector else name}:{service.ports.get(service.metrics.port, 0)}",
            service.metrics.path,
            service.metrics.secret,
        )
        for name, service in services_of(spec, mode).items()
        if service.metrics and not _out_of_reach(spec, mode, collector, name)
    )


def uncollected(spec: Spec, mode: str) -> list[Uncollected]:
    """Services that tell metrics which no collector of the mode asks for: at all, or on some of their nodes."""
    collectors = collectors_in(spec, mode)
    asked = {each.service for collector in collectors for each in targets(spec, mode, collector)}
    found = []
    for name, service in services_of(spec, mode).items():
        if not service.metrics or not collectors:
            continue
        if name not in asked:
            reasons = [_out_of_reach(spec, mode, collector, name) for collector in collectors]
            found.append(Uncollected(name, next(filter(None, reasons), "")))
            continue
        beside = {role for collector in collectors for role in roles_of(spec, mode, collector)}
        others = [role for role in roles_of(spec, mode, name) if role not in beside]
        if service.per_node and others:
            found.append(Uncollected(name, f"on nodes of {', '.join(others)}, which have no collector"))
        elif grown := [role for role in others if _most(spec.topology[mode].roles[role]) > 1]:
            found.append(Uncollected(name, f"on other nodes of {', '.join(grown)} than the first"))
    return found


def _most(role: Role) -> int:
    """Nodes that a role has, or may have."""
    return max(role.count, role.max_count)


def _out_of_reach(spec: Spec, mode: str, collector: str, service: str) -> str | None:
    """Why a collector can't be meant to ask a service."""
    here, there = roles_of(spec, mode, collector), roles_of(spec, mode, service)
    roles = spec.topology[mode].roles
    scopes = {roles[role].scope for role in here}
    if scopes.isdisjoint(roles[role].scope for role in there):
        return (
            f"on nodes of scope {roles[there[0]].scope}, and the collector's are of scope {', '.join(sorted(scopes))}"
        )
    if services_of(spec, mode)[service].per_node and set(here).isdisjoint(there):
        return f"an agent on nodes of {', '.join(there)}, which have no collector"
    return None


def exported_metrics(spec: Spec, service: Service) -> Mapping[str, Metric]:
    """Metrics that a service's image exports, by the names of their series; none where its contract says none."""
    contract = spec.contracts.get(service.image)
    found: dict[str, Metric] = {}
    for name, metric in (contract.metrics if contract else {}).items():
        endings = _OF_A_HISTOGRAM if metric.kind == "histogram" else ("",)
        found |= {f"{name}{ending}": metric for ending in endings}
    return found


def measuring(spec: Spec, service: Service, measure: str) -> str | None:
    """The metric of a service that measures something; None where its image exports none."""
    return next((name for name, metric in exported_metrics(spec, service).items() if metric.measures == measure), None)


@per_spec
def known_series(spec: Spec, mode: str, collector: str) -> frozenset[str]:
    """Every name that an expression may ask a collector for."""
    services = services_of(spec, mode)
    asked = (name for each in targets(spec, mode, collector) for name in exported_metrics(spec, services[each.service]))
    told = any(tells_node_metrics(spec, services[each.service]) for each in targets(spec, mode, collector))
    return SYNTHETIC | frozenset(asked) | frozenset(spec.monitoring.records) | (BACKUP_SERIES if told else frozenset())
