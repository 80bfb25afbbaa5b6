"""PLB501…: cloud objects that the provider's API would accept, from types that can still be ordered."""

import re
from collections.abc import Iterator

from plumbline.runbook.rendering import runbook_texts
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.catalogue import ServerType
from schema.topology import Role
from validators.rules import cloud_limits
from validators.rules.cloud_examples import cloud_example, runbook_example
from validators.rules.cloud_lookup import cloud_roles, clouds, named_types
from validators.rules.registry import Violation, rule

MIB_PER_GB = 1024
"""The provider's «GB» of memory are binary."""

SERVER_TYPE = re.compile(r"\b(?:cx|cax|cpx|ccx)[1-9][0-9]\b")
LABEL_BOUND = re.compile(r"apply-to-resource\b.*--type[ =]label")
BIND_BY_LABEL = "hcloud firewall apply-to-resource fw --type label_selector --label-selector role=a"

SERVER_BOUND = re.compile(r"server create\b.*--firewall\b|apply-to-resource\b.*--type[ =]server\b")


@rule(
    "PLB501",
    title="Withdrawn server type or image",
    why="An order for something withdrawn fails after the network and firewall are created, and leaves both behind.",
    fix="Use a server type or image that the provider still offers (see catalogue.yaml and its date).",
    failing=cloud_example(server_type="cx22"),
    passing=cloud_example(),
)
def removed(spec: Spec) -> Iterator[Violation]:
    """What topologies and runbooks name and the provider no longer has."""
    successors = spec.catalogue.removed
    named = [
        *named_types(spec),
        *((path_of("topology", mode, "cloud", "image"), cloud.image) for mode, _, cloud in clouds(spec)),
    ]
    for name, runbook in spec.runbooks.items():
        for inner, text in runbook_texts(runbook):
            named += [(path_of("runbooks", name, inner), each) for each in sorted(set(SERVER_TYPE.findall(text)))]
    for path, name in named:
        if name in successors:
            yield Violation(
                path,
                f"{name} no longer exists",
                hint=f"use its successor {successors[name]}",
                observed=name,
            )


@rule(
    "PLB502",
    title="Role size that differs from its server type",
    why="Limits and placement are computed from the size. If the node is smaller, it is overcommitted.",
    fix="Copy vCPUs, memory and disk of the type to `size`, and choose fallbacks that are at least as large.",
    failing=cloud_example(memory_mib=16384),
    passing=cloud_example(),
)
def wrong_size(spec: Spec) -> Iterator[Violation]:
    known = spec.catalogue.server_types
    for path, role in cloud_roles(spec):
        own = known.get(role.server_type or "")
        for field, want, have in sizes(role, own) if own else ():
            if want != have:
                yield Violation(
                    path_of(path, "size", field),
                    f"{role.server_type} has {field} {have}, but the size says {want}",
                    expected=str(have),
                    observed=str(want),
                )
        for index, name in enumerate(role.fallbacks):
            fallback = known.get(name)
            for field, want, have in sizes(role, fallback) if fallback else ():
                if have < want:
                    yield Violation(
                        path_of(path, "fallbacks", index),
                        f"fallback {name} has {field} {have}, but the role needs {want}",
                    )


@rule(
    "PLB503",
    title="Server type not sold in the location",
    why="Each server line is sold only in some locations. The provider refuses the order.",
    fix="Choose a type that is sold in the location, or another location.",
    failing=cloud_example(server_type="cpx11"),
    passing=cloud_example(),
)
def type_not_at_location(spec: Spec) -> Iterator[Violation]:
    known = spec.catalogue
    for mode, _, cloud in clouds(spec):
        if cloud.location not in known.locations:
            continue  # reported as a reference that leads nowhere
        types = list(named_types(spec, mode))
        unsold: dict[str, list[PathText]] = {}
        for path, name in types:
            line = known.lines.get(known.server_types[name].line) if name in known.server_types else None
            if line and cloud.location not in line.locations:
                unsold.setdefault(name, []).append(path)
        if len(unsold) > 1 and len(unsold) == len({name for _, name in types}):
            yield Violation(
                path_of("topology", mode, "cloud", "location"),
                f"{cloud.location} sells none of the {len(unsold)} server types that roles name ({known.date})",
                observed=cloud.location,
                also=tuple((path, name) for name, paths in unsold.items() for path in paths),
            )
            continue
        for name, paths in unsold.items():
            sold = ", ".join(known.lines[known.server_types[name].line].locations)
            yield Violation(
                paths[0],
                f"{name} is not sold in {cloud.location} ({known.date}); it is in {sold}",
                observed=name,
                also=tuple((path, "names it as well") for path in paths[1:]),
            )


@rule(
    "PLB504",
    title="Name, label or count beyond the API's limits",
    why=(
        "The API refuses it after it has created the objects before it. If two tenants share a name, one takes over "
        "the other's objects."
    ),
    fix="Put `{tenant}` in every name, and `{role}` and `{index}` in server names. Keep labels to at most 63 of "
    "`A-Za-z0-9-_.`.",
    failing=cloud_example(network="private"),
    passing=cloud_example(),
)
def beyond_limits(spec: Spec) -> Iterator[Violation]:
    for mode, topology, cloud in clouds(spec):
        for field, message in cloud_limits.problems(cloud, topology, tuple(spec.tenants.tenants)):
            yield Violation(path_of("topology", mode, "cloud", field), message)


@rule(
    "PLB505",
    title="Firewall bound by label and by server",
    why="If a firewall is applied both by a label selector and directly to a server, nobody can detach it by "
    "hand any more (`firewall_managed_by_label_selector`).",
    fix="Apply the firewall by label or give it to the servers, but not both.",
    failing=runbook_example(
        "hcloud server create --name a --firewall fw",
        BIND_BY_LABEL,
    ),
    passing=runbook_example(
        "hcloud server create --name a",
        BIND_BY_LABEL,
    ),
)
def firewall_bound_twice(spec: Spec) -> Iterator[Violation]:
    for name, runbook in spec.runbooks.items():
        texts = [(inner, text.replace("\\\n", " ")) for inner, text in runbook_texts(runbook)]
        by_server = [inner for inner, text in texts if SERVER_BOUND.search(text)]
        for inner, text in texts:
            if by_server and LABEL_BOUND.search(text):
                yield Violation(
                    path_of("runbooks", name, inner),
                    f"this binds a firewall by label, but {by_server[0]} binds one by server",
                )


@rule(
    "PLB506",
    title="Location outside its network zone",
    why="A server can join only a subnet of its own zone.",
    fix="Use the zone of the location.",
    failing=cloud_example(zone="us-east"),
    passing=cloud_example(),
)
def wrong_zone(spec: Spec) -> Iterator[Violation]:
    for mode, _, cloud in clouds(spec):
        place = spec.catalogue.locations.get(cloud.location)
        if place and place.zone != cloud.network_zone:
            yield Violation(
                path_of("topology", mode, "cloud", "network_zone"),
                f"{cloud.location} is in zone {place.zone}",
                expected=place.zone,
                observed=cloud.network_zone,
            )


def sizes(role: Role, own: ServerType) -> Iterator[tuple[str, int, int]]:
    """Field, the role's value and the type's, where the catalogue knows it."""
    memory = None if own.memory_gb is None else own.memory_gb * MIB_PER_GB
    pairs = (
        ("vcpus", role.size.vcpus, own.vcpus),
        ("memory_mib", role.size.memory_mib, memory),
        ("disk_gb", role.size.disk_gb, own.disk_gb),
    )
    return ((field, want, have) for field, want, have in pairs if have is not None)
