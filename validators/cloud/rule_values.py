"""Rules of a firewall as values: a rule is what it lets through, in whatever order and spelling. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from validators.cloud.raw import Raw, at, cidr, text, words
from validators.cloud.readable import UNREADABLE, Observed, Unreadable, Values


def rules(wanted: Iterable[dict[str, Any]]) -> Values:
    """Those of a desired state."""
    titles: defaultdict[str, list[str]] = defaultdict(list)
    for rule in wanted:
        titles[_named(rule["direction"], rule["protocol"], rule["port"], rule["peers"])].append(
            rule["description"] or ""
        )
    return _joined(titles)


def seen_rules(found: Sequence[Raw] | None) -> Observed:
    """Those of a firewall; the same one twice shows as two descriptions."""
    if found is None:
        return {"rule": UNREADABLE}
    titles: defaultdict[str, list[str]] = defaultdict(list)
    odd: list[Raw] = []
    for rule in found:
        direction, protocol = text(rule, "direction"), text(rule, "protocol")
        sources, destinations = words(rule, "source_ips"), words(rule, "destination_ips")
        peers, none = (sources, destinations) if direction == "in" else (destinations, sources)
        if not direction or not protocol or not peers or none or not isinstance(at(rule, "port"), str | None):
            odd.append(rule)
            continue
        titles[_named(direction, protocol, text(rule, "port"), peers)].append(text(rule, "description") or "")
    told: Observed = {**_joined(titles)}
    if odd:
        told["rule"] = Unreadable(says=f"{len(odd)} of {len(found)} has a form that this version does not know")
    return told


def _named(direction: str, protocol: str, port: str | None, peers: Iterable[str]) -> str:
    shown = ", ".join(sorted({cidr(peer) for peer in peers}))
    return f"rule.{direction} {protocol}{f' {port}' if port else ''} {shown}"


def _joined(titles: dict[str, list[str]]) -> dict[str, Any]:
    return {
        rule: " + ".join(sorted(each or "without a description" for each in texts)) for rule, texts in titles.items()
    }
