"""Findings as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from plumbline.spec.finding import Finding


def as_json(findings: Sequence[Finding], sources: Mapping[str, str], colour: bool) -> str:
    """`{"findings": […]}`, one object per finding with the fields of `Finding`."""
    return json.dumps({"findings": [asdict(finding) for finding in findings]}, indent=2, ensure_ascii=False) + "\n"
