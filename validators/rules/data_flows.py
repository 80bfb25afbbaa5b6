"""PLB234: the ways of data are ways that the spec has."""

from collections.abc import Iterator
from difflib import get_close_matches

from plumbline.effective.data_flows import connections, hop_path, modes_of
from plumbline.effective.deployment import services_of
from plumbline.effective.relations import relations
from plumbline.spec.paths import path_of
from plumbline.spec.spec import Spec
from schema.data_flow import Hop
from validators.rules.registry import Violation, rule

_EXAMPLE = """\
data_flows.yaml:
  data_flows:
    order:
      title: An order
      hops:
        - {{to: web, does: A client orders.}}
        - {{by: {by}, to: {to}, does: Stores the order.}}
"""


@rule(
    "PLB234",
    title="Data flow step without a connection",
    why="The data cannot take this path. The page and the diagram omit the step, so readers get a wrong picture.",
    fix="Declare the connection (`needs`, `publish`, the entry's backend or the host's address), or change the step's `by`, `to` or "
    "`modes`.",
    failing=_EXAMPLE.format(by="db", to="web"),
    passing=_EXAMPLE.format(by="web", to="db"),
)
def step_without_connection(spec: Spec) -> Iterator[Violation]:
    for name, flow in spec.data_flows.data_flows.items():
        told: set[tuple[str | None, str]] = set()
        for index, hop in enumerate(flow.hops):
            message = _problem(spec, hop)
            if message and (hop.by, hop.to) not in told:
                told.add((hop.by, hop.to))
                where = path_of(hop_path(name, index), "to")
                yield Violation(where, message, hint=_hint(spec, hop.to), observed=hop.to)


def _problem(spec: Spec, hop: Hop) -> str | None:
    if hop.modes and not set(hop.modes) & set(spec.modes):
        return None  # a rule of its own says that there is no such mode
    source = f"`{hop.by}`" if hop.by else "a client"
    if meant := modes_of(spec, hop):
        lacking = [mode for mode in meant if not connections(spec, mode, hop)]
        return f"{source} has no connection to `{hop.to}` in mode {', '.join(lacking)}" if lacking else None
    if any(hop.to in services_of(spec, mode) for mode in spec.modes):
        return f"{source} and `{hop.to}` are together in no mode"
    return f"there is no service `{hop.to}`, and no service gets the address of a host with this name"


def _hint(spec: Spec, name: str) -> str | None:
    known = {*spec.services, *(each.target for mode in spec.modes for each in relations(spec, mode))}
    close = get_close_matches(name, sorted(known), n=1)
    return f"did you mean `{close[0]}`?" if close and close[0] != name else None
