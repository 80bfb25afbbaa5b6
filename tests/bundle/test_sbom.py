"""What a bill of materials says of published vulnerabilities."""

import json
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from plumbline.bundle.sbom import sbom
from schema.bundle import BundledImage
from validators.rules.examples import example_spec

DIGEST = "sha256:" + "0f" * 32
SPEC = example_spec(
    """
    images.yaml:
      images:
        postgres:
          security:
            checked: "2026-11-26"
            known:
              CVE-2025-8714: {fixed_in: 16.10-alpine, note: a restored dump runs code}
              CVE-2026-1000: {note: no image has the fix}
        traefik: {security: {checked: "2026-11-26", known: {}}}
    """
)


def bill(stand_in: str | None) -> dict[str, Any]:
    images = [
        BundledImage(
            image=id,
            name=f"{SPEC.images.images[id].repository}:{SPEC.images.images[id].tag}",
            config=DIGEST,
            manifest=DIGEST,
            index=DIGEST,
            origin="registry",
            size=1,
            stand_in=stand_in,
        )
        for id in ("postgres", "traefik")
    ]
    text = sbom(SPEC, "1.0", images, [], [])
    assert text == sbom(SPEC, "1.0", iter(images), [], [])
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text.decode()) is None
    found: dict[str, Any] = json.loads(text)
    return found


def test_it_names_what_is_known_of_the_pinned_tags() -> None:
    known = {each["id"]: each for each in bill(None)["vulnerabilities"]}
    assert known["CVE-2025-8714"]["recommendation"] == "Update to 16.10-alpine."
    assert "recommendation" not in known["CVE-2026-1000"]
    assert {target["ref"] for each in known.values() for target in each["affects"]} == {"image/postgres"}


def test_it_says_nothing_of_what_runs_in_a_stand_in() -> None:
    assert "vulnerabilities" not in bill("PostgreSQL 15 (Debian)")
