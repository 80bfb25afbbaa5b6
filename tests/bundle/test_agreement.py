"""`plumb verify bundle` and the scripts of the host take and refuse the same, for the same reasons; and nothing is a traceback."""

import hashlib
import io
import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import proofs.bundle.proof
from plumbline.bundle import delta, frames
from plumbline.bundle.archive import read_body
from plumbline.bundle.delta import WrongDelta
from plumbline.bundle.form import LineForm, armor_form, manifest_form, up_to
from plumbline.bundle.frames import BrokenFrame
from plumbline.bundle.head import read_head
from plumbline.bundle.manifest import text_of
from plumbline.bundle.medium import parts_of
from plumbline.bundle.refusal import REASONS, BundleRefused
from plumbline.bundle.signature_rules import RULES, first_broken_rule
from plumbline.spec.finding import InputError
from schema.bundle import Manifest
from tests.bundle.agreement import ACCEPTED, AgreementBench, AgreementCase, cases, tried
from tests.bundle.case_keys import Ring
from tests.bundle.changes import archive_of, small_files
from tests.bundle.small import described, written
from tests.stack.conftest import ROOT, shipped_spec

CASES = list(cases())
VERIFY = (ROOT / "deploy" / "offline" / "scripts" / "verify.sh").read_text()
QUICK = (
    "as it is made",
    "encrypted",
    "skippable before",
    "PAX in place of the end",
    "bytes behind its head",
    "spelled otherwise: begin",
    "names: ",
    "not signed",
    "digest SHA1",
    "key rsa2048",
)
"""Words of the cases that the quick tests try."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgreementBench]:
    """Where cases are tried."""
    folder = tmp_path_factory.mktemp("agreement")
    ring = Ring(folder / "keys")
    ring.folder.mkdir()
    yield AgreementBench(folder, ring, shipped_spec())
    ring.end()


def wrong(bench: AgreementBench, found: list[AgreementCase]) -> list[str]:
    return [f"{case.name}: {problem}" for case, problems in tried(bench, found) for problem in problems]


def test_there_are_enough_of_them_and_for_every_reason() -> None:
    assert len(CASES) >= 300
    assert len({case.name for case in CASES}) == len(CASES)
    assert {case.expected for case in CASES} == {ACCEPTED, *REASONS}


@pytest.mark.slow
def test_both_verifiers_agree_on_some(bench: AgreementBench) -> None:
    """`make bundle-proof` tries them all."""
    assert proofs.bundle.proof.cases is cases
    found = {case.name: case for case in CASES if any(word in case.name for word in QUICK)}
    # each kind once: what comes of it, and the file of cases that it is in
    kinds = {(case.expected, case.name.partition(":")[0]): case for case in CASES}
    found |= {case.name: case for case in kinds.values()}
    assert {case.expected for case in found.values()} == {ACCEPTED, *REASONS}
    assert wrong(bench, list(found.values())) == []


@cache
def whole() -> bytes:
    return written(small_files())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_bundle_is_a_traceback(data: st.DataObject) -> None:
    changed = bytearray(whole())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed)))
        changed[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=40))
    stream = io.BytesIO(changed)
    with suppress(BundleRefused):
        read_body(stream, read_head(stream).manifest, lambda _: lambda _: None)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.binary(max_size=100).map(lambda data: whole()[:13] + data)))
def test_nor_is_anything_that_is_none(data: bytes) -> None:
    with pytest.raises(BundleRefused):
        read_head(io.BytesIO(data)).manifest  # noqa: B018


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2000), st.binary(max_size=60))
def test_nor_is_a_body_that_was_signed_for(at: int, data: bytes) -> None:
    """Its checksum is right, so what is inside is read to the end."""
    body = archive_of(small_files())
    body = body[:at] + data + body[at + len(data) :]
    manifest = described(small_files(), body=hashlib.sha256(body).hexdigest())
    try:
        read_body(io.BytesIO(body), manifest, lambda _: lambda _: None)
    except BundleRefused as refused:
        assert refused.reason in ("archive", "file")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 200))
def test_nor_is_a_delta(data: bytes, keep: int) -> None:
    text = f"plumbline-delta 1 0000000200\nold {'0' * 64} 5 a\nnew {'0' * 64} 5 b\ndata 5\nend\n".encode()
    with suppress(WrongDelta):
        delta.read_plan(io.BytesIO(text[:keep] + data))
    stream = io.BytesIO(data)
    with suppress(BrokenFrame):
        while frame := frames.next_frame(stream):
            frame.read()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_the_form_takes_what_the_model_takes(data: st.DataObject) -> None:
    text = bytearray(text_of(described(small_files())))
    at = data.draw(st.integers(0, len(text) - 1))
    text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert manifest_form().takes(bytes(text)) == model_takes(bytes(text))


def model_takes(text: bytes) -> bool:
    """Whether the model does, and the text is the one that is written for it."""
    try:
        return text_of(Manifest.model_validate_json(text)) == text
    except ValidationError:
        return False


@pytest.mark.parametrize("form", [manifest_form(), armor_form()], ids=["manifest", "armor"])
def test_the_scripts_have_the_same_forms(form: object) -> None:
    assert f"grep -qxE '{form.order}'" in VERIFY  # type: ignore[attr-defined]
    for line in form.lines:  # type: ignore[attr-defined]
        assert isinstance(line, LineForm)
        assert f"\\;^{line.of}$;{{\n\\;^{line.fits}$;{{\ns;.*;{line.letter};\n" in VERIFY
        assert ";" not in line.of + line.fits


def test_the_scripts_have_the_same_rules_and_reasons() -> None:
    asked = re.findall(r"^  rule (\S+) (\d) (\d) '(.*)'$", VERIFY, re.MULTILINE)
    assert asked == [(rule.reason, str(rule.least), str(rule.most), rule.line) for rule in RULES]
    assert re.findall(r"^    ([a-z-]+)\) why='(.*)' ;;$", VERIFY, re.MULTILINE) == list(REASONS.items())


GOOD = f"VALIDSIG {'A' * 40} 2026-01-01 1767225600 0 4 0 22 8 00 {'B' * 40}"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["NEWSIG", "GOODSIG x", GOOD], None),
        ([], "signatures"),
        (["NEWSIG", "NEWSIG", "GOODSIG x", GOOD], "signatures"),
        (["NEWSIG", "ERRSIG 0 1 2 00 1 5 -"], "weak-digest"),
        (["NEWSIG", "ERRSIG 0 22 8 00 1 9 -", "NO_PUBKEY 0"], "unknown-key"),
        (["NEWSIG", "BADSIG 0 x"], "bad-signature"),
        (["NEWSIG", "REVKEYSIG 0 x", GOOD], "revoked-key"),
        (["NEWSIG", "EXPKEYSIG 0 x", GOOD], "expired-key"),
        (["NEWSIG", "EXPSIG 0 x", GOOD], "expired-signature"),
        (["NEWSIG", GOOD], "bad-signature"),
        (["NEWSIG", "GOODSIG x"], "bad-signature"),
        (["NEWSIG", "GOODSIG x", GOOD, GOOD], "bad-signature"),
        (["NEWSIG", "GOODSIG x", GOOD.replace(" 8 00", " 8 01")], "signature-kind"),
        (["NEWSIG", "GOODSIG x", GOOD.replace(" 8 00", " 2 00")], "weak-digest"),
        (["NEWSIG", "GOODSIG x", GOOD.replace(" 8 00", " 11 00")], "weak-digest"),
    ],
)
def test_what_gpg_says_is_judged(lines: list[str], reason: str | None) -> None:
    assert first_broken_rule(lines) == reason


@pytest.mark.parametrize("most", [1, 9, 10, 99, 105, 8589934591, 999999999999999])
def test_an_expression_of_numbers(most: int) -> None:
    numbers = {most + more for more in range(-3, 4)} | {most // 2, most * 2, most // 10, most * 10, 0, 1}
    for number in numbers:
        assert bool(re.fullmatch(up_to(0, most), str(number))) == (0 <= number <= most)
        assert not re.fullmatch(up_to(0, most), f"0{number}")


def test_a_missing_part_is_a_wrong_call_for_both(bench: AgreementBench, tmp_path: Path) -> None:
    for name in ("bundle.001-of-002", "bundle.000-of-000"):
        (tmp_path / name).write_bytes(whole())
        script = ROOT / "deploy" / "offline" / "scripts" / "verify.sh"
        call = ["sh", script, "--dry-run", "--state", bench.ring.state("publisher"), tmp_path / name]
        assert subprocess.run(call, capture_output=True, check=False).returncode == 2, name
        with pytest.raises(InputError):
            parts_of(tmp_path / name)
