"""`plumb verify bundle`: the signature, the archive and the spec, each by its own finding."""

from pathlib import Path

import pytest

from plumbline.bundle import manifest
from plumbline.bundle.head import read_head
from plumbline.bundle.refusal import BundleRefused
from plumbline.bundle.signing import Signer
from plumbline.spec.spec import Spec
from tests.bundle.small import described, files, written
from tests.stack.conftest import shipped_spec
from validators.bundle import check
from validators.bundle.check import Trust, verify_bundle

FINGERPRINT = "A" * 40
TRUST = Trust((FINGERPRINT,), None)


@pytest.fixture(scope="module")
def spec() -> Spec:
    """The spec that ships."""
    return shipped_spec()


def found(file: Path, spec: Spec) -> set[tuple[str, str]]:
    """Rule and message of each finding."""
    return {(finding.rule, finding.message) for finding in verify_bundle(file, spec, TRUST, lambda _: None).findings}


def accept(*_: object) -> Signer:
    return Signer(FINGERPRINT, 0)


def test_what_differs_from_the_spec_is_named(spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "signer", accept)
    file = tmp_path / "bundle"
    file.write_bytes(written(files()))
    messages = {message for rule, message in found(file, spec) if rule == "PLB963"}
    assert "image postgres is missing, but mode offline needs it" in messages
    assert "image web is included, but nothing in the spec needs it" in messages
    assert f"it was built from spec 000000000000, but this one is {spec.revision}" in messages
    assert {rule for rule, _ in found(file, spec)} == {"PLB963"}


def test_a_damaged_one_is_named_and_nothing_else_said(
    spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "signer", accept)
    file = tmp_path / "bundle"
    data = bytearray(written(files()))
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    assert {rule for rule, _ in found(file, spec)} == {"PLB961"}


def test_a_signature_that_does_not_count_is_named(spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Signer:
        raise BundleRefused("unknown-key", "somebody else")

    monkeypatch.setattr(check, "signer", refuse)
    file = tmp_path / "bundle"
    file.write_bytes(written(files()))
    assert found(file, spec) == {("PLB962", str(BundleRefused("unknown-key", "somebody else")))}


def test_the_head_is_what_was_signed(tmp_path: Path) -> None:
    file = tmp_path / "bundle"
    file.write_bytes(written(files()))
    with file.open("rb") as stream:
        assert read_head(stream).text == manifest.text_of(described(files()))
