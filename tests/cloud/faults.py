"""`make cloud-faults`: each call of `apply` and of `destroy` in turn goes wrong in each way; then it is run again.

The end has to be the desired state, with nothing left over and nothing made twice. The last line is the score.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hcloud._client

from plumbline.provisioning.calls import TROUBLE, Failed, Refused
from tests.cloud.cloud import NoTime, client, desired, names, project, run_of
from tests.cloud.injection import KINDS, Crash, Injection, Kind, inject

ADDRESSES = 2
"""IPv4 and IPv6, which come and go with a server."""
ALL = ("tenant-acme-data", "tenant-acme-private")
"""What goes only by name."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong."""

    verb: str
    nth: int
    kind: Kind


def main() -> int:
    """Try all; 1 when one of them ended otherwise than it has to."""
    hcloud._client.time = NoTime  # type: ignore[assignment]
    faults = list(catalogue())
    bad = 0
    for number, fault in enumerate(faults, 1):
        if wrong := tried(fault):
            bad += 1
            print(f"{fault.verb}, call {fault.nth}, {fault.kind}: {wrong}")
        elif sys.stderr.isatty():
            print(f"\r{number} of {len(faults)}", end="", file=sys.stderr)
    print(f"cloud faults: {len(faults) - bad} of {len(faults)} ended as desired")
    return int(bad > 0)


def catalogue() -> Iterator[Fault]:
    """Every call of both verbs, in every way."""
    for verb in ("apply", "destroy"):
        for nth in range(calls_of(verb)):
            yield from (Fault(verb, nth, kind) for kind in KINDS)


def calls_of(verb: str) -> int:
    """Calls that a verb makes when nothing goes wrong."""
    with project() as cloud, tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal"
        if verb == "destroy":
            run_of(cloud, desired(), journal).apply()
        return _done(cloud, verb, journal, Injection())


def tried(fault: Fault) -> str:
    """What is wrong at the end; empty when all is well."""
    with project() as cloud, tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal"
        if fault.verb == "destroy":
            run_of(cloud, desired(), journal).apply()
        injection = Injection(fault.nth, fault.kind)
        try:
            _done(cloud, fault.verb, journal, injection)
        except (Failed, Refused, Crash, *TROUBLE):
            pass
        if injection.calls <= fault.nth:
            return "the call was never made"
        run_of(cloud, desired(), journal).unlock()
        _done(cloud, fault.verb, journal, Injection())
        return _wrong(cloud, fault.verb, journal)


def _done(cloud: Any, verb: str, journal: Path, injection: Injection) -> int:
    api = client(cloud)
    inject(api, injection)
    run = run_of(cloud, desired(), journal, ALL if verb == "destroy" else (), api)
    run.apply() if verb == "apply" else run.destroy()
    return injection.calls


def _wrong(cloud: Any, verb: str, journal: Path) -> str:
    found = names(cloud)
    if verb == "destroy":
        return f"left over: {dict(found)}" if found else ""
    if plan := run_of(cloud, desired(), journal).plan():
        return f"not as desired: {plan}"
    wanted = Counter(f"{want['kind']} {want['name']}" for want in desired()["objects"] if want["kind"] != "ssh_key")
    servers = sum(1 for want in desired()["objects"] if want["kind"] == "server")
    wanted = Counter({_listed(name): number for name, number in wanted.items()}) + Counter(
        primary_ip=ADDRESSES * servers
    )
    return "" if found == wanted else f"left over: {dict(found - wanted)}, missing: {dict(wanted - found)}"


def _listed(name: str) -> str:
    kind, _, rest = name.partition(" ")
    return name if kind == "record" else f"{kind}s {rest}"


if __name__ == "__main__":
    sys.exit(main())
