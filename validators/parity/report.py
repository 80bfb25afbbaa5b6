"""The parity matrix with its evidence: as a table, Markdown and JSON. Pure."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import get_args

from pydantic import TypeAdapter
from tabulate import tabulate

from generators.markdown import EvidencePage, code, prose, text
from plumbline.spec.finding import Finding
from plumbline.spec.foreign import printable
from plumbline.stack.engine import Versions
from schema.probe import Proof
from validators.parity.verdict import FeatureRow, Verdict
from validators.stand_in_limits import weakness


@dataclass(frozen=True)
class ParityReport:
    """Everything about one comparison of all modes."""

    platform: str
    tenant: str | None
    """The tenant whose nodes stood; None where the spec has none."""
    began: str
    """UTC, ISO 8601."""
    seconds: dict[str, float]
    """Duration of each phase: `up`, `ask`, `down`."""
    engine: Versions
    spec_revision: str
    """First 12 digits of the SHA-256 over the spec's files."""
    stand_ins: Mapping[str, str]
    """What really ran, by image id."""
    trouble: Mapping[str, tuple[str, ...]]
    """By mode, what Compose said where a mode did not come up."""
    rows: tuple[FeatureRow, ...]
    findings: tuple[Finding, ...]
    weakened: Mapping[str, int] = field(default_factory=dict)
    """In how many ways stand-ins differ from their image, by image id; the page about images says in which."""

    @property
    def modes(self) -> list[str]:
        """The modes that were compared."""
        return list(self.rows[0].status) if self.rows else []

    @property
    def unprobed(self) -> list[FeatureRow]:
        """Rows without a probe."""
        return [row for row in self.rows if not row.probes]


def as_table(report: ParityReport) -> str:
    """The matrix for a terminal: declared and observed in each mode, and the verdict."""
    rows = [
        [
            row.title,
            row.parity + (f" ({row.divergence})" if row.divergence else ""),
            *("\n".join(_observed(row, mode)) for mode in report.modes),
            row.verdict,
            row.proven_by,
        ]
        for row in report.rows
    ]
    heads = ["feature", "declared", *(f"observed {mode}" for mode in report.modes), "verdict", "proven by"]
    widths = [34, None, *(40 for _ in report.modes), None, 14]
    return tabulate(rows, heads, tablefmt="grid", maxcolwidths=widths, disable_numparse=True)


def _observed(row: FeatureRow, mode: str) -> list[str]:
    return [f"{probe.kind}: {printable(probe.observed[mode])}" for probe in row.probes] or ["–"]


def summary_lines(report: ParityReport) -> list[str]:
    """What a person wants to know after the matrix."""
    verdicts = Counter(row.verdict for row in report.rows)
    proofs = Counter(row.proof for row in report.rows)
    probes = sum(len(row.probes) for row in report.rows)
    lines = [
        f"{report.platform}, spec {report.spec_revision}, {_stood(report)} on Docker Engine {report.engine.engine} "
        f"with Compose {report.engine.compose}",
        f"{len(report.rows)} features: {verdicts['as declared']} as declared, {verdicts['differs']} differ, "
        f"{verdicts['no probe']} without a probe; {probes} probes in each mode",
        f"{proofs['behaviour']} of {len(report.rows)} are proven by behaviour, {proofs['readiness']} by readiness, "
        f"{proofs['configuration']} by configuration, {proofs['nothing']} by nothing",
        "took " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in report.seconds.items()),
    ]
    lines += [f"no probe: {row.title}" for row in report.unprobed]
    lines += [f"not proven by behaviour: {row.title}: {row.unproven}" for row in report.rows if row.unproven]
    lines += [f"{mode} did not come up: {line}" for mode, told in report.trouble.items() for line in told]
    if report.stand_ins:
        lines += [
            f"stand-in: {image} is {server}{weakness(image, report.weakened)}"
            for image, server in report.stand_ins.items()
        ]
        lines.append("A result on a stand-in proves the generated project, not the real image.")
    return [printable(line) for line in lines]


def _stood(report: ParityReport) -> str:
    """Which modes stood, and for whom."""
    tenant = f" for tenant {report.tenant}" if report.tenant else ""
    return " and ".join(report.modes) + (" side by side" if len(report.modes) > 1 else "") + tenant


def as_markdown(report: ParityReport) -> str:
    """A page for people: the summary, the matrix, and each probe with its answers."""
    as_declared = sum(1 for row in report.rows if row.verdict == "as declared")
    page = EvidencePage("parity.md", f"Parity: {as_declared} of {len(report.rows)} features as declared")
    page.add(f"Seen on {text(report.began)}.")
    page.add("\n".join(f"- {prose(line)}" for line in summary_lines(report)))
    if report.weakened:
        page.add("[How stand-ins differ](../images.md).")
    page.add("## Findings")
    page.table(["Rule", "Finding"], [(None, [text(each.rule), prose(each.message)]) for each in report.findings])
    page.add("## Matrix")
    page.table(
        ["Feature", "Declared", *report.modes, "Verdict", "Proven by"],
        [
            (
                None,
                [
                    text(row.title),
                    text(row.parity + (f" ({row.divergence})" if row.divergence else "")),
                    *(
                        "<br>".join(code(printable(probe.observed[mode])) for probe in row.probes) or "–"
                        for mode in report.modes
                    ),
                    text(row.verdict),
                    text(row.proven_by),
                ],
            )
            for row in report.rows
        ],
    )
    page.add("## Probes")
    page.table(
        ["Feature", "What it shows", "Kind", "Proves", *(f"{mode}: declared → observed" for mode in report.modes)],
        [
            (
                None,
                [
                    text(row.title),
                    prose(probe.shows),
                    text(probe.kind),
                    text(probe.proof),
                    *(
                        f"{code(probe.declared.get(mode, '–'))} → {code(printable(probe.observed[mode]))}"
                        for mode in report.modes
                    ),
                ],
            )
            for row in report.rows
            for probe in row.probes
        ],
    )
    return page.done().content.decode()


def as_json(report: ParityReport) -> str:
    """Every field of the report, with a verdict for each row."""
    data = asdict(report)
    data["rows"] = [asdict(row) | {"verdict": row.verdict, "proof": row.proof} for row in report.rows]
    data["verdicts"] = dict(Counter(row.verdict for row in report.rows))
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def json_schema() -> str:
    """The JSON Schema (draft 2020-12) of the report as JSON."""
    schema = TypeAdapter(ParityReport).json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$defs"]["FeatureRow"]["properties"]["verdict"] = {"enum": list(get_args(Verdict))}
    schema["$defs"]["FeatureRow"]["properties"]["proof"] = {"enum": [*get_args(Proof), "nothing"]}
    schema["properties"]["verdicts"] = {"type": "object", "additionalProperties": {"type": "integer"}}
    return json.dumps(schema, indent=1) + "\n"
