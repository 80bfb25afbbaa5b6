"""The tables of reasons and signature rules for the host's scripts; `plumb verify bundle` reads the same ones."""

from typing import Any

from plumbline.bundle import manifest, refusal, signature_rules
from plumbline.bundle.form import armor_form, manifest_form


def judging() -> dict[str, Any]:
    """Names for the templates."""
    return {
        "reasons": refusal.REASONS,
        "forms": {"manifest": manifest_form(), "armor": armor_form()},
        "format": manifest.FORMAT,
        "most_head": manifest.LARGEST_HEAD,
        "most_manifest": manifest.LARGEST,
        "most_signature": manifest.LARGEST_SIGNATURE,
        "gpg_options": signature_rules.OPTIONS,
        "rules": signature_rules.RULES,
        "strong_key": signature_rules.STRONG_KEY,
        "most_ahead": signature_rules.MOST_AHEAD,
    }
