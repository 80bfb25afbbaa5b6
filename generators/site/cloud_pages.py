"""Pages about what each tenant has at the cloud provider, what it costs, and what the provider offers."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from generators.cloud.desired import Object, cloud_tenants, desired_state, spec_path
from generators.cloud.origins import origins
from generators.markdown import Page, Where, WidePage, code, codes, link, prose, text
from generators.site.cloud_diagram import cloud as cloud_diagram
from generators.site.cloud_diagram import shown_tenant
from generators.site.cost_page import Cost, catalogue_prices, estimate, shared_estimate, total, unknown
from plumbline.effective.deployment import tenant_folder
from plumbline.effective.security_restarts import minutes_apart, restart_at
from plumbline.project.artifact import Artifact
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.catalogue import Catalogue
from schema.cloud import Cloud

NOT_COUNTED = (
    "Not counted: VAT, traffic beyond what is included, backups, snapshots, and what all tenants share. Prices are "
    "those of new orders, which also apply to a server that is recreated or changes its type."
)


def overview(spec: Spec) -> Iterable[Artifact]:
    """`docs/operator/cloud/index.md`: tenants, what they cost, and the catalogue."""
    modes = [mode for mode in spec.modes if spec.topology[mode].cloud]
    if not modes:
        return
    page = Page("docs/operator/cloud/index.md", "Cloud objects and their cost")
    page.add(_dated(spec.catalogue), [path_of("catalogue", each) for each in ("date", "source", "currency")])
    for mode in modes:
        _tenants(page, spec, mode)
    _catalogue(page, spec.catalogue)
    yield page.done()


def _dated(catalogue: Catalogue) -> str:
    return (
        f"Prices are of {text(catalogue.date)} ({text(catalogue.source)}), net, in {text(catalogue.currency)} a month. "
        f"{code('plumb verify cloud --live-prices')} asks the provider for today's."
    )


def _tenants(page: Page, spec: Spec, mode: str) -> None:
    cloud = spec.topology[mode].cloud
    assert cloud is not None
    prices = catalogue_prices(spec, cloud.location)
    page.add(f"## Tenants of mode {text(mode)}")
    rows: list[tuple[Where, list[str]]] = []
    for each, tenant in cloud_tenants(spec):
        if each == mode:
            costs = estimate(desired_state(spec, mode, tenant), prices)
            rows.append(
                ((path_of("tenants", tenant), *_summed(costs)), [link(tenant, f"{mode}/{tenant}.md"), *_totals(costs)])
            )
    shared = shared_estimate(spec, mode, prices)
    rows += [(line.paths, [f"shared by all: {text(line.what)}", *_amounts(line)]) for line in shared]
    page.table(["Tenant", "As usual", "At most"], rows)
    page.add(
        "Usual: each server has the first type of its role. At most: each server has the most expensive "
        f"type of its list, because the next type replaces one that is sold out. {NOT_COUNTED}"
    )


def _catalogue(page: Page, catalogue: Catalogue) -> None:
    page.add("## Server types")
    page.add(
        f"Prices apply in {codes(catalogue.priced_in)}; elsewhere they are unknown. "
        "Any type may be sold out in a location on any day.",
        path_of("catalogue", "priced_in"),
    )
    page.table(
        ["Type", "Line", "Cores", "Memory", "Disk", "A month", "Note"],
        [
            (
                path_of("catalogue", "server_types", name),
                [
                    code(name),
                    code(each.line),
                    _known(each.vcpus),
                    _known(each.memory_gb, " GB"),
                    _known(each.disk_gb, " GB"),
                    _money(each.price),
                    prose(each.note or ""),
                ],
            )
            for name, each in catalogue.server_types.items()
        ],
    )
    page.table(
        ["Line", "What it is", "Processors", "Sold in"],
        [
            (
                path_of("catalogue", "lines", name),
                [code(name), text(line.title), text(line.architecture), codes(line.locations)],
            )
            for name, line in catalogue.lines.items()
        ],
    )
    _places_and_systems(page, catalogue)
    _prices_and_limits(page, catalogue)


def _places_and_systems(page: Page, catalogue: Catalogue) -> None:
    page.add("## Locations")
    page.table(
        ["Location", "Where", "Network zone"],
        [
            (path_of("catalogue", "locations", name), [code(name), text(place.title), code(place.zone)])
            for name, place in catalogue.locations.items()
        ],
    )
    page.add("## Operating systems")
    page.table(
        ["Image", "Name", "For new servers until"],
        [
            (
                path_of("catalogue", "images", name),
                [code(name), text(each.title), text(each.unavailable_after or "no end announced")],
            )
            for name, each in catalogue.images.items()
        ],
    )


def _prices_and_limits(page: Page, catalogue: Catalogue) -> None:
    extras, limits = catalogue.extras, catalogue.limits
    page.add("## Further prices and limits")
    page.table(
        ["", ""],
        [
            (path_of("catalogue", "extras", "volume_gb"), ["A GB of volume", _money(extras.volume_gb, 4)]),
            (path_of("catalogue", "extras", "ipv4"), ["A public IPv4 address", _money(extras.ipv4)]),
            (
                path_of("catalogue", "limits", "placement_groups"),
                ["Placement groups in a project", _known(limits.placement_groups)],
            ),
            (path_of("catalogue", "limits", "firewalls"), ["Firewalls in a project", _known(limits.firewalls)]),
        ],
    )
    page.add("## Gone")
    page.table(
        ["Name", "Replaced by"],
        [(path_of("catalogue", "removed"), [code(old), code(new)]) for old, new in catalogue.removed.items()],
    )


def tenants(spec: Spec) -> Iterable[Artifact]:
    """`docs/operator/cloud/<mode>/<tenant>.md`."""
    for mode, tenant in cloud_tenants(spec):
        cloud = spec.topology[mode].cloud
        assert cloud is not None
        yield _tenant(spec, mode, tenant, cloud)


def _tenant(spec: Spec, mode: str, tenant: str, cloud: Cloud) -> Artifact:
    state = desired_state(spec, mode, tenant)
    folder = tenant_folder(mode, tenant)
    page = WidePage(f"docs/operator/cloud/{mode}/{tenant}.md", f"Cloud objects of {tenant}", path_of("tenants", tenant))
    page.add(
        f"What must exist at {text(cloud.provider)} for tenant {code(tenant)} in mode {code(mode)}: as data in "
        f"{code(f'{folder}/desired.json')}, made by {code(f'deploy/{mode}/provision.py --tenant {tenant}')}, "
        "compared with what is there by "
        f"{code(f'plumb verify cloud --tenant {tenant}')}.",
        path_of("topology", mode, "cloud", "provider"),
    )
    if shown_tenant(spec, mode) == tenant:
        for each in cloud_diagram(spec, mode):
            each.show(page, "../../../diagrams", path_of("topology", mode, "cloud"))
    _objects(page, mode, state)
    _firewalls(page, mode, state)
    _labels(page, mode, state)
    _restarts(page, spec, mode, tenant, cloud)
    _cost(page, spec, state, cloud)
    return page.done()


def _restarts(page: Page, spec: Spec, mode: str, tenant: str, cloud: Cloud) -> None:
    at = path_of("topology", mode, "cloud", "first_boot")
    page.add("## Restarts for security updates")
    page.add(
        f"In {code(cloud.first_boot.timezone)}, and only if an update needs it. Roles are "
        f"{minutes_apart(spec, mode)} minutes apart or more. "
        "Packages of the engine are held back, because a new engine restarts every container of a node.",
        [path_of(at, "timezone"), path_of(at, "reboot_window_min")],
    )
    where = [path_of(at, "reboot_at"), path_of(at, "reboot_window_min"), path_of("tenants", tenant, "octet")]
    page.table(
        ["Role", "Restarts at"],
        [
            (where, [code(name), restart_at(spec, mode, tenant, name)])
            for name, role in spec.topology[mode].roles.items()
            if role.scope == "tenant"
        ],
    )


def _objects(page: Page, mode: str, state: dict[str, Any]) -> None:
    page.add("## Objects, in the order of creation")
    page.table(
        ["Step", "Kind", "Name", "What", "Protected from deletion"],
        [
            (
                _origins_of(mode, state["tenant"], want),
                [
                    str(number),
                    text(want["kind"].replace("_", " ")),
                    code(want["name"]),
                    _described(want),
                    "yes" if want.get("protected") else "–",
                ],
            )
            for number, want in enumerate(state["objects"], 1)
        ],
    )
    page.add(
        "An object is identified by its ID and labels, so a renamed object gets its name back. An object "
        "without the owner's labels is foreign: it is neither changed nor deleted, whatever its name. SSH "
        "keys belong to the project, are identified by their fingerprint, and are never deleted. A change "
        "that deletes, detaches, replaces, stops, opens or costs more needs the object's name in "
        f"{code('--allow')}. A failed run undoes nothing, and lists what exists and what it costs."
    )


def _origins_of(mode: str, tenant: str, want: Object) -> list[PathText]:
    """Everything that an object is described by."""
    rules = [path_of(spec_path(mode, want), side) for side in ("inbound", "outbound")] if "rules" in want else []
    fields = [path for field in want if field != "labels" for path in origins(mode, tenant, want, field)]
    return [*(fields or [spec_path(mode, want)]), *rules]


def _described(want: Object) -> str:
    match want["kind"]:
        case "ssh_key":
            return f"{text(want['public_key'].split(' ')[0])}, {code(want['fingerprint'])}"
        case "placement_group":
            return "servers on different hosts"
        case "network":
            return f"{code(want['ip_range'])}, servers in {codes(each['ip_range'] for each in want['subnets'])}"
        case "firewall":
            return f"{len(want['rules'])} rules, see below"
        case "volume":
            return f"{want['size_gb']} GB {text(want['format'])} in {code(want['location'])}"
        case "server":
            carries = f", carries {code(want['volume'])}" if want["volume"] else ""
            types = f"{codes(want['types'])} in {code(want['location'])}, {code(want['image'])}"
            return f"role {code(want['role'])} at {code(want['address'])}; {types}{carries}"
        case _:
            place = code(f"{want['name']}.{want['zone']}")
            return f"{text(want['type'])} {place} → {codes(want['values'])}, {want['ttl_s']} s"


def _firewalls(page: Page, mode: str, state: dict[str, Any]) -> None:
    page.add("## Firewall")
    page.add(
        "It filters only the servers' public interfaces. The provider filters nothing in a private "
        "network; tenants are isolated because each has its own network. One outbound rule changes the "
        "default from accept to deny."
    )
    rows: list[tuple[Where, list[str]]] = []
    for want in state["objects"]:
        places = {"in": 0, "out": 0}
        for rule in want.get("rules", ()):
            direction = rule["direction"]
            side = {"in": "inbound", "out": "outbound"}[direction]
            at = path_of(spec_path(mode, want), side, places[direction])
            places[direction] += 1
            cells = [text(rule["direction"]), text(rule["protocol"]), text(rule["port"] or "–"), codes(rule["peers"])]
            rows.append(((at, path_of("topology", mode, "cloud", "addresses")), [*cells, prose(rule["description"])]))
    page.table(["Direction", "Protocol", "Port", "Peers", "For"], rows)


def _labels(page: Page, mode: str, state: dict[str, Any]) -> None:
    page.add("## Labels")
    page.add(
        f"Ownership: {codes(f'{key}={value}' for key, value in state['ownership'].items())}.",
        [path_of("topology", mode, "cloud", each) for each in ("ownership", "environment")],
    )
    page.table(
        ["Name", "Further labels"],
        [
            (
                [path_of("topology", mode, "cloud", each) for each in ("labels", "environment", "names")],
                [code(name), codes(labels)],
            )
            for name, labels in _further_labels(state)
        ],
    )


def _further_labels(state: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for want in state["objects"]:
        further = [f"{key}={value}" for key, value in want.get("labels", {}).items() if key not in state["ownership"]]
        if further:
            yield want["name"], further


def _cost(page: Page, spec: Spec, state: dict[str, Any], cloud: Cloud) -> None:
    costs = estimate(state, catalogue_prices(spec, cloud.location))
    page.add("## Cost a month")
    page.add(_dated(spec.catalogue), [path_of("catalogue", each) for each in ("date", "source", "currency")])
    page.table(
        ["For", "What", "As usual", "At most"],
        [
            *((line.paths, [text(line.what), prose(line.detail), *_amounts(line)]) for line in costs),
            (_summed(costs), ["**Sum**", "", *_totals(costs)]),
        ],
    )
    page.add(
        "Usual: the first server type of each role. At most: the most expensive type of its list, because "
        f"the next type replaces one that is sold out. {NOT_COUNTED}"
    )


def _summed(costs: Sequence[Cost]) -> list[PathText]:
    return [path for line in costs for path in line.paths]


def _totals(costs: Sequence[Cost]) -> list[str]:
    usual, most = total(costs)
    least = "at least " if unknown(costs) else ""
    return [f"{least}{_money(usual)}", f"{least}{_money(most)}"]


def _amounts(line: Cost) -> list[str]:
    return [_money(line.usual), _money(line.most)]


def _money(amount: float | None, digits: int = 2) -> str:
    return "not known" if amount is None else f"{amount:.{digits}f}"


def _known(value: int | None, unit: str = "") -> str:
    return "not known" if value is None else f"{value}{unit}"
