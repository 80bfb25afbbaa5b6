"""What a bundle says of itself: layers, what a delta would carry, and the page of a release."""

import json
import subprocess
import sys
from pathlib import Path

from plumbline.bundle.inspection import Layer, blob_path, carried_as_text, delta_files, layers, layers_as_text
from plumbline.bundle.signing import Signer
from plumbline.spec.finding import Finding
from schema.bundle import BundledImage
from tests.bundle.small import described, files, noise, written
from validators.bundle.page import as_markdown

SIGNER = Signer("AB" * 20, 1764000000)
ONE, TWO, BOTH = (f"sha256:{letter * 64}" for letter in "abc")


def image(name: str, manifest: str) -> BundledImage:
    """An image by its manifest."""
    return BundledImage(
        image=name,
        name=f"{name}:1",
        config=ONE,
        manifest=manifest,
        index=TWO if name == "one" else None,
        origin="registry" if name == "one" else "engine",
        size=5_000_000,
        stand_in=None if name == "one" else "a <stub> | of it",
    )


def test_layers_are_counted_with_whom_they_are_shared() -> None:
    manifest = described({blob_path(ONE): bytes(1_500_000), blob_path(BOTH): bytes(2_000_000)})
    manifest = manifest.model_copy(
        update={"images": (image("one", f"sha256:{'1' * 64}"), image("two", f"sha256:{'2' * 64}"))}
    )
    stacks = ((manifest.images[0], [BOTH, ONE]), (manifest.images[1], [BOTH]))
    kept = {
        blob_path(each.manifest): json.dumps(
            {"config": {"digest": ONE}, "layers": [{"digest": digest} for digest in stack]}
        ).encode()
        for each, stack in stacks
    }
    found = layers(manifest, kept)
    assert found == [
        Layer("one", BOTH, 2_000_000, ("two",)),
        Layer("one", ONE, 1_500_000, ()),
        Layer("two", BOTH, 2_000_000, ("one",)),
    ]
    assert [line.split() for line in layers_as_text(found).splitlines()[2:]] == [
        ["one", BOTH, "2.0", "two"],
        ["one", ONE, "1.5"],
        ["two", BOTH, "2.0", "one"],
    ]


def test_a_delta_carries_what_has_another_content() -> None:
    old = described(files())
    new = described(
        files(two=noise(7, 2_500_000)) | {"moved/one": files()["images/blobs/sha256/one"], "site/new.html": b"x"}
    )
    assert [(file.path, file.size) for file in delta_files(old, new)] == [
        ("images/blobs/sha256/two", 2_500_000),
        ("site/new.html", 1),
    ]
    assert "images/blobs/sha256/two" in carried_as_text(old, new)
    assert carried_as_text(old, old) == "no file has another content"
    many = described({f"site/{number:03}.html": bytes([number]) * 9 for number in range(50)})
    assert carried_as_text(old, many).endswith("and 30 smaller files")


def test_inspect_says_it(tmp_path: Path) -> None:
    old, new = tmp_path / "docpipe-offline-1.0.tar.zst", tmp_path / "docpipe-offline-1.1.tar.zst"
    old.write_bytes(written(files()))
    new.write_bytes(written(files(two=noise(7, 2_500_000)), "1.1"))
    call = [sys.executable, "-m", "plumbline", "bundle", "inspect", str(new), "--against", str(old), "--layers"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "docpipe 1.1, mode offline" in done.stdout
    assert "a delta from docpipe-offline-1.0.tar.zst: 2.5 MB of " in done.stdout
    assert "images/blobs/sha256/two" in done.stdout
    assert "shared with" in done.stdout


def test_the_page_holds_everything_and_no_value_becomes_markup() -> None:
    manifest = described(files(), next_key="CD" * 20, caveats=("image two is a stand-in: a <stub> | of it",))
    manifest = manifest.model_copy(update={"images": (image("one", BOTH), image("two", ONE))})
    finding = Finding("PLB963", "image two is another")
    shown = as_markdown(manifest, SIGNER, [finding], [Layer("one", BOTH, 2_000_000, ("two",))], "bundle.tar.zst")
    for word in ("AB" * 20, "CD" * 20, "2025-11-24 16:00 UTC", "PLB963", "release-1.0.cdx.json", "scripts/install.sh"):
        assert word in shown
    for digest in (ONE, TWO, BOTH):
        assert digest.removeprefix("sha256:") in shown
    assert "<stub>" not in shown
    assert shown.count("<details") == shown.count("</details>") == 2
    assert all(file.sha256 in shown for file in manifest.files)
    assert "## Not for a customer" not in as_markdown(
        manifest.model_copy(update={"caveats": ()}), SIGNER, [], [], "bundle.tar.zst"
    )
