"""`make isolation`: what is generated for each tenant, looked at for anything that leads to another; the last line is the score.

It reads the files that go out: desired states, first boot, addresses, routes, keys. Whether a packet gets from one tenant to another
only real networks can show: `--attempts FILE` takes what was tried there, a line an attempt, `FROM TO PORT timeout|refused|answered`.
An attempt that was refused has reached somebody. What was not tried is «not measured», and the whole is then «incomplete».
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

import yaml

from generators.markdown import EvidencePage, code, text
from plumbline.project.proofs import page_marker
from plumbline.spec.spec import Spec
from proofs.evidence import REPORTS
from tests.stack.conftest import DATA, shipped_spec

COMMAND = "make isolation"
MODE = "online"
REPORT = REPORTS / "isolation"
SHARED = ("ssh_key",)
"""Kinds of objects that tenants share, because the provider has them for a whole project."""
RESULTS = ("timeout", "refused", "answered")
Outcome = Literal["isolated", "breach", "not measured"]
_SOURCE = re.compile(r"^\s*ip6? saddr (?P<peers>\S+) .*accept", re.MULTILINE)
_SERVER = re.compile(r'url: "https?://(?P<host>[^:"/]+)')


@dataclass(frozen=True)
class IsolationCheck:
    """Something by which a tenant could reach another, and whether it does."""

    subject: str
    question: str
    observed: str
    outcome: Outcome


@dataclass(frozen=True)
class TenantFiles:
    """What is generated for a tenant."""

    tenant: str
    state: dict[str, Any]
    """Its desired state."""
    first_boot: dict[str, str]
    """Text by role."""
    addresses: dict[str, str]
    """Variables of addresses, of all roles."""
    route: str
    recipient: str | None
    """The key that its secrets are encrypted to."""

    @property
    def range(self) -> str:
        """Its private network."""
        return str(next(want["ip_range"] for want in self.state["objects"] if want["kind"] == "network"))

    @property
    def names(self) -> set[tuple[str, str]]:
        """Kind and name of each object that is its own."""
        return {(want["kind"], want["name"]) for want in self.state["objects"] if want["kind"] not in SHARED}


def read_tenant(project: Path, tenant: str) -> TenantFiles:
    """What is generated for a tenant, below a project's folder."""
    folder = project / "deploy" / MODE / tenant
    rules = yaml.safe_load((project / ".sops.yaml").read_text())["creation_rules"]
    lines = [line for file in sorted(folder.glob("*.env")) for line in file.read_text().splitlines()]
    return TenantFiles(
        tenant,
        json.loads((folder / "desired.json").read_text()),
        {file.stem: file.read_text() for file in sorted((folder / "cloud-init").glob("*.yaml"))},
        dict(line.split("=", 1) for line in lines if "_ADDRESS=" in line),
        (project / f"deploy/{MODE}/control/config/traefik/routes/{tenant}.yml").read_text(),
        next((rule["age"] for rule in rules if f"/{tenant}/" in rule["path_regex"]), None),
    )


def declared(own: TenantFiles, others: Sequence[TenantFiles]) -> Iterator[IsolationCheck]:
    """What the files of a tenant say, against those of the others. Pure."""
    network = ip_network(own.range)
    foreign = {other.tenant: ip_network(other.range) for other in others}
    overlaps = [name for name, each in foreign.items() if network.overlaps(each)]
    yield _check("private network", "Is its range that of another?", overlaps, own.range)
    same = [f"{kind} {name}" for other in others for kind, name in sorted(own.names & other.names)]
    yield _check("objects at the provider", "Has another tenant one of them?", same, f"{len(own.names)} of its own")
    rules = [rule for want in own.state["objects"] if want["kind"] == "firewall" for rule in want["rules"]]
    inbound = [peer for rule in rules if rule["direction"] == "in" for peer in rule["peers"]]
    wide = [peer for peer in inbound if ip_network(peer).num_addresses > 1]
    yield _check("public firewall", "Does it let in more than single addresses?", wide, ", ".join(sorted(set(inbound))))
    six = [peer for peer in inbound if ip_network(peer).version == 6]
    yield _check("public firewall", "Does it let anybody in by IPv6?", six, "no rule for IPv6, so all is refused")
    for role, first_boot in own.first_boot.items():
        let_in = [peer for found in _SOURCE.finditer(first_boot) for peer in _networks(found["peers"])]
        strange = sorted({str(peer) for peer in let_in if not _is_inside(str(peer), network)})
        closed = "ip daddr " in first_boot and re.search(r"goto private\n(.*\n)*?.*counter drop\n", first_boot)
        wrong = strange if closed else [*strange, "what no rule names is let in"]
        yield _check(
            f"host firewall of {role}", "Does it let in anybody else?", wrong, f"{len(let_in)} sources, own network"
        )
    away = [f"{name}={value}" for name, value in own.addresses.items() if not _is_inside(value, network)]
    yield _check(
        "names of other nodes",
        "Does one lead out of its network?",
        away,
        f"{len(own.addresses)} addresses, own network",
    )
    hosts = set(_SERVER.findall(own.route))
    servers = {name for kind, name in own.names if kind == "server"}
    yield _check(
        "route of the entry", "Does it lead to another's server?", sorted(hosts - servers), ", ".join(sorted(hosts))
    )
    if own.recipient is None:
        yield IsolationCheck(
            "key of its secrets", "Can another read them?", "nobody's: none can be encrypted", "isolated"
        )
    else:
        shared = [other.tenant for other in others if other.recipient == own.recipient]
        yield _check("key of its secrets", "Can another read them?", shared, own.recipient)


def _networks(peers: str) -> list[Any]:
    """The networks of a source in nftables' form: an address, a range of them, or a network."""
    return [ip_network(part) for part in peers.split("-")]


def _is_inside(host: str, network: Any) -> bool:
    """Whether a host is of a network."""
    own = ip_network(host)
    return bool(own.version == network.version and own.subnet_of(network))


def _check(subject: str, question: str, found: Sequence[str], otherwise: str) -> IsolationCheck:
    """Of what leads to another: a breach where there is any."""
    return IsolationCheck(subject, question, ", ".join(found) or otherwise, "breach" if found else "isolated")


def measured(
    tenant: str, others: Iterable[str], attempts: Sequence[tuple[str, str, str, str]]
) -> Iterator[IsolationCheck]:
    """What was tried from a tenant to each other: only silence is isolation. Pure."""
    for other in others:
        tried = [(port, result) for source, target, port, result in attempts if (source, target) == (tenant, other)]
        reached = [f"port {port} {result}" for port, result in tried if result != "timeout"]
        subject, question = f"network of {other}", "Does a connection to it get anywhere?"
        if tried:
            yield _check(subject, question, reached, f"{len(tried)} attempts timed out")
        else:
            yield IsolationCheck(subject, question, "nobody tried", "not measured")


def overall(checks: Iterable[IsolationCheck]) -> str:
    """`breach`, `incomplete` where something was not measured, or `isolated`."""
    outcomes = {check.outcome for check in checks}
    return "breach" if "breach" in outcomes else "incomplete" if "not measured" in outcomes else "isolated"


def report(
    project: Path, spec: Spec, attempts: Sequence[tuple[str, str, str, str]], now: datetime
) -> list[dict[str, Any]]:
    """For each tenant: its id, the mode, when it was looked at, the checks, and what they come to."""
    tenants = [read_tenant(project, name) for name in spec.tenants.tenants]
    found = []
    for own in tenants:
        others = [each for each in tenants if each is not own]
        checks = [*declared(own, others), *measured(own.tenant, [each.tenant for each in others], attempts)]
        found.append(
            {
                "tenant": own.tenant,
                "mode": MODE,
                "timestamp": now.isoformat(timespec="seconds"),
                "checks": [asdict(check) for check in checks],
                "overall": overall(checks),
            }
        )
    return found


def read_attempts(file: Path) -> list[tuple[str, str, str, str]]:
    """Attempts, a line each. Raises ValueError for a line of another form."""
    found = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        parts = line.split()
        if len(parts) != 4 or parts[3] not in RESULTS:
            raise ValueError(f"{file}:{number}: {line!r} is not FROM TO PORT {'|'.join(RESULTS)}")
        found.append((parts[0], parts[1], parts[2], parts[3]))
    return found


def page(spec: Spec, found: Sequence[dict[str, Any]], now: datetime) -> str:
    """The same for readers."""
    shown = EvidencePage(
        "isolation.md", "Isolation of tenants: " + ", ".join(sorted({each["overall"] for each in found}))
    )
    shown.add(
        f"Spec {spec.revision}, mode {code(MODE)}, {now:%Y-%m-%d}. The same as data: [isolation.json](isolation.json)."
    )
    shown.add(
        "It reads what is generated for each tenant. Whether a packet gets from one tenant to another is «not measured» unless "
        "somebody tried it on real networks; a refusal counts as reached."
    )
    for each in found:
        shown.add(f"## {text(each['tenant'])}: {each['overall']}")
        rows = [
            [text(check[key]) for key in ("subject", "question", "observed", "outcome")] for check in each["checks"]
        ]
        shown.table(["What", "Question", "Seen", "Outcome"], [(None, row) for row in rows])
    return shown.done().content.decode()


def main(arguments: list[str] | None = None) -> int:
    """Look, and write the report; 1 where anything leads to another tenant."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--attempts", type=Path, help="what was tried between real networks")
    options = parser.parse_args(arguments)
    spec, now = shipped_spec(), datetime.now(UTC)
    mark = page_marker(spec, DATA, COMMAND)
    found = report(DATA.parent, spec, read_attempts(options.attempts) if options.attempts else [], now)
    checks = [check for each in found for check in each["checks"]]
    breaches = [check for check in checks if check["outcome"] == "breach"]
    REPORTS.mkdir(exist_ok=True)
    REPORT.with_suffix(".json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    REPORT.with_suffix(".md").write_text(mark(page(spec, found, now), not breaches))
    for check in breaches:
        print(f"{check['subject']}: {check['question']} {check['observed']}")
    unmeasured = sum(check["outcome"] == "not measured" for check in checks)
    print(f"{len(found)} tenants, {len(checks)} checks, {len(breaches)} breaches, {unmeasured} not measured")
    return int(bool(breaches))


if __name__ == "__main__":
    sys.exit(main())
