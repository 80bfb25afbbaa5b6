"""PLB223, PLB226: what servers reach outside, and the places that people enter, against the cloud's firewall."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from plumbline.effective.deployment import roles_of
from plumbline.effective.expression_names import tenant_names
from plumbline.expressions.rendering import ExpressionError, render
from plumbline.spec.paths import PathText, path_of
from plumbline.spec.spec import Spec
from schema.platform import RunbookPlace
from validators.rules.cloud_entry import SSH, openings, range_of
from validators.rules.cloud_examples import cloud_example
from validators.rules.cloud_lookup import clouds, lets_out
from validators.rules.registry import Violation, rule
from validators.rules.written import Where, noting_calls, written_texts

URL_OUTSIDE = re.compile(
    r"(?P<scheme>https?|wss?)://(?:[^/@\s]*@)?(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>\d{1,5}))?(?![\w.-])"
)
_INSIDE = (".internal", ".local", ".lan", ".home.arpa", ".localhost")
_TIME = '{title: time, protocol: udp, port: "123", peers: [0.0.0.0/0]}'
_WEB = '{title: web, protocol: tcp, port: "443", peers: [0.0.0.0/0]}'
_CALLS = "services/web.yaml: {environment: {API: https://api.example.com/v1}}\n"


@rule(
    "PLB223",
    title="External endpoint that the firewall blocks",
    why=(
        "One outbound rule changes the default from accept to deny: the first request hangs, and so does the pull "
        "of an image."
    ),
    fix="Add an outbound rule for tcp at that port.",
    failing=_CALLS + cloud_example(outbound=f"[{_TIME}]"),
    passing=_CALLS + cloud_example(outbound=f"[{_TIME}, {_WEB}]"),
)
def shut_in(spec: Spec) -> Iterator[Violation]:
    """Ports of endpoints in variables, and of registries, that no outbound rule opens."""
    for mode, _, cloud in clouds(spec):
        lost: dict[int, dict[str, PathText]] = {}
        for port, what, path in (*_endpoints(spec, mode), *_registries(spec, mode)):
            if not lets_out(cloud.firewall, "tcp", port):
                lost.setdefault(port, {}).setdefault(what, path)
        for port, users in lost.items():
            more = f" and {len(users) - 2} more" if len(users) > 2 else ""
            yield Violation(
                path_of("topology", mode, "cloud", "firewall", "outbound"),
                f"no outbound rule allows tcp {port}, which {' and '.join([*users][:2])}{more} need{'s' if len(users) == 1 else ''}",
                also=tuple((path, what) for what, path in [*users.items()][:2]),
            )


def _endpoints(spec: Spec, mode: str) -> Iterator[tuple[int, str, PathText]]:
    """Port, name and place of each URL outside that a variable of a tenant's service holds."""
    for text in written_texts(spec):
        if text.where != Where.VARIABLE or text.placed.mode != mode or not _is_tenants(spec, mode, text.placed.id):
            continue
        for url in URL_OUTSIDE.finditer(text.shown):
            if is_outside(url["host"]):
                port = int(url["port"] or (443 if url["scheme"] in ("https", "wss") else 80))
                yield port, f"{url['host']} of {text.placed.id}", text.path


def _registries(spec: Spec, mode: str) -> Iterator[tuple[int, str, PathText]]:
    """Port, name and place of the registries that a tenant's nodes pull from."""
    for name, service in spec.services.items():
        image = spec.images.images.get(service.image)
        if image and image.digest and _is_tenants(spec, mode, name):
            host, _, port = image.repository.partition("/")[0].partition(":")
            if is_outside(host):
                yield int(port or 443), f"registry {host}", path_of("images", service.image, "repository")


def _is_tenants(spec: Spec, mode: str, service: str) -> bool:
    roles = spec.topology[mode].roles
    return any(roles[role].scope == "tenant" for role in roles_of(spec, mode, service))


def is_outside(host: str) -> bool:
    """Whether a host is on the other side of a server's public interface."""
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_INSIDE)


_PLACE = """\
platform.yaml: {places: {node: {title: The node, role: node, shell: 'ssh ops@{{ server_name("%s", index) }} sh'}}}
runbooks/sample.yaml:
  title: Sample
  summary: Shows a rule.
  modes: [cloud]
  duration_min: 5
  on_failure: start again
  steps: [{title: Look, where: node, run: uptime, expect: a line, undo: nothing}]
"""
_ADMIN = '[{title: office, protocol: tcp, port: "22", peers: [192.0.2.0/24]}]'


@rule(
    "PLB226",
    title="Place whose shell leads elsewhere or is blocked",
    why="The runbook's step runs on another node than its page says, or nobody can log in to run it.",
    fix=(
        "Name one role in `role` and `server_name(…)`, and allow SSH in the firewall from the address that the "
        "shell uses."
    ),
    failing=_PLACE % "db" + cloud_example(inbound=_ADMIN),
    passing=_PLACE % "node" + cloud_example(inbound=_ADMIN),
)
def lost_place(spec: Spec) -> Iterator[Violation]:
    """Places whose shell names another role's server, or that no inbound rule lets anybody into."""
    for mode, topology, cloud in clouds(spec):
        tenant = next(iter(spec.tenants.tenants), "example")
        names = tenant_names(spec, mode, tenant, 1) | {"index": 1}
        for id, place in spec.platform.places.items():
            role = topology.roles.get(place.role or "")
            if role is None or place.shell is None or role.scope != "tenant":
                continue
            called = _calls(place, names)
            servers = [arguments[0] for function, *arguments in called if function == "server_name"]
            others = [each for each in servers if each != place.role]
            if others and place.role not in servers:
                yield Violation(
                    path_of("platform", "places", id, "role"),
                    f"place {id} is on role `{place.role}`, but its shell leads to a node of `{others[0]}`",
                    observed=place.role,
                )
            ways = [arguments[0] for function, *arguments in called if function == "address_of"]
            found = [each for each in openings(spec, mode, cloud) if each.to(SSH)]
            if "ssh" in place.shell.split() and not found:
                yield Violation(
                    path_of("topology", mode, "cloud", "firewall", "inbound"),
                    f"no inbound rule allows tcp {SSH}, which place `{id}` needs",
                )
                return
            known = [address for way in ways if (address := range_of(cloud.addresses.get(way, "")))]
            if known and found and not any(each.lets_in(address) for each in found for address in known):
                yield Violation(
                    path_of(found[0].path, "peers"),
                    f"port {SSH} is not open to `{ways[0]}`, from where place `{id}` is entered",
                )
                return


def _calls(place: RunbookPlace, names: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The servers and addresses that a place's shell names."""
    followed, called = noting_calls(names, ("server_name", "address_of"))
    try:
        render(place.shell or "", followed)
    except ExpressionError:
        return []  # PLB802 says so
    return called
