"""D2 source of a tenant's cloud objects."""

from collections.abc import Iterator

from generators.cloud.desired import Object, cloud_tenants, desired_state
from generators.d2 import quote_label
from generators.markdown import text
from generators.site.drawing import Diagram
from plumbline.spec.spec import Spec


def shown_tenant(spec: Spec, mode: str) -> str | None:
    """The tenant whose objects are drawn: the first, for those of the others differ in names and addresses alone."""
    return next((tenant for each, tenant in cloud_tenants(spec) if each == mode), None)


def cloud(spec: Spec, mode: str) -> Iterator[Diagram]:
    """The objects of a mode's first tenant; empty where there is none."""
    tenant = shown_tenant(spec, mode)
    if tenant is None:
        return
    wants = desired_state(spec, mode, tenant)["objects"]
    servers = [want for want in wants if want["kind"] == "server"]
    lines = ["direction: right"]
    for want in wants:
        if want["kind"] == "network":
            lines += _network(want, [server for server in servers if server["network"] == want["name"]])
        elif want["kind"] in _SHAPES:
            label = f"{want['kind'].replace('_', ' ')}\n{_label(want)}"
            lines.append(f"{quote_label(want['name'])}: {quote_label(label)} {{shape: {_SHAPES[want['kind']]}}}")
    for server in servers:
        place = f"{quote_label(server['network'])}.{quote_label(server['name'])}"
        lines += [f"{quote_label(name)} -> {place}: public side" for name in server["firewalls"]]
        if server["placement_group"]:
            lines.append(f"{quote_label(server['placement_group'])} -- {place}: spreads {{style.stroke-dash: 4}}")
        if server["volume"]:
            lines.append(f"{place} -> {quote_label(server['volume'])}: keeps data on")
    yield Diagram(f"cloud-{mode}", f"Cloud objects of {text(tenant)}; the tables below contain the same", lines)


_SHAPES = {"firewall": "hexagon", "volume": "cylinder", "placement_group": "oval", "record": "page"}


def _network(want: Object, servers: list[Object]) -> list[str]:
    ranges = ", ".join(subnet["ip_range"] for subnet in want["subnets"])
    label = f"private network {want['name']}\n{want['ip_range']}, servers in {ranges}"
    lines = [f"{quote_label(want['name'])}: {quote_label(label)} {{"]
    for server in servers:
        text = f"{server['name']}\n{server['address']}, {' or '.join(server['types'])}"
        lines.append(f"  {quote_label(server['name'])}: {quote_label(text)}")
    return [*lines, "}"]


def _label(want: Object) -> str:
    match want["kind"]:
        case "volume":
            return f"{want['name']}\n{want['size_gb']} GB {want['format']}"
        case "record":
            return f"{want['name']}.{want['zone']}\n{want['type']} {', '.join(want['values'])}"
        case _:
            return str(want["name"])
