"""Releases of a small project whose image is in a registry: both stores take it, and the key of the next one is handed on."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from plumbline.bundle.archive import read_body
from plumbline.bundle.head import read_head
from schema.bundle import BundledImage
from tests.bundle.host import scripts_of, sealed_host
from tests.bundle.keys import Key, end_agent, make_key
from tests.bundle.small_project import ROOT, SmallProject, small_project
from tests.lab.registry import local_registry

pytestmark = pytest.mark.live


@dataclass(frozen=True)
class Releases:
    """Bundles, and who signed them."""

    project: SmallProject
    first: Path
    """1.0, signed by `old`, with `new` as the next key."""
    second: Path
    """1.1, signed by `new`."""
    old: Key
    new: Key


@pytest.fixture(scope="module")
def small(lab: dict[str, str], tools: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Releases]:
    """Made from a registry on loopback."""
    if os.geteuid() != 0:
        pytest.skip("LIVE TEST NOT RUN: a second engine needs root")
    folder = tmp_path_factory.mktemp("small")
    home = folder / "gnupg"
    old, new = make_key(home, "old"), make_key(home, "new")
    try:
        with local_registry(folder) as registry:
            project = small_project(folder, registry)
            handing_on = ["--sign", old.fingerprint, "--next-key", new.public]
            first = project.bundle("1.0", folder, *handing_on, GNUPGHOME=str(home))
            second = project.bundle("1.1", folder, "--sign", new.fingerprint, GNUPGHOME=str(home))
            yield Releases(project, first, second, old, new)
    finally:
        end_agent(home)


def content_of(bundle: Path) -> tuple[BundledImage, dict[str, bytes]]:
    """The one image, and the files of the OCI layout by path."""
    found: dict[str, bytearray] = {}
    with bundle.open("rb") as stream:
        head = read_head(stream)
        read_body(stream, head.manifest, lambda path: found.setdefault(path, bytearray()).extend)
    (image,) = head.manifest.images
    return image, {path: bytes(data) for path, data in found.items() if path.startswith("images/")}


def test_the_manifest_is_one_by_its_schema(small: Releases) -> None:
    with small.first.open("rb") as stream:
        text = read_head(stream).text
    schema = json.loads(small.project.plumb("schema", "manifest").stdout)
    assert list(Draft202012Validator(schema).iter_errors(json.loads(text))) == []
    assert schema == json.loads((ROOT / "schema" / "json" / "manifest.json").read_text())


def test_manifest_and_layers_are_the_registrys_own_bytes(small: Releases) -> None:
    project = small.project
    image, files = content_of(small.first)
    assert (image.origin, image.stand_in, image.index) == ("registry", None, project.index)
    assert image.manifest == project.manifests["linux/amd64"]
    own = project.registry.manifest("small/web", image.manifest)
    content = json.loads(own)
    assert image.config == content["config"]["digest"]
    assert files[f"images/blobs/{image.manifest.replace(':', '/')}"] == own
    held = [image.manifest, image.config, *(layer["digest"] for layer in content["layers"])]
    assert {path for path in files if "/blobs/" in path} == {f"images/blobs/{each.replace(':', '/')}" for each in held}
    for path, data in files.items():
        assert "/blobs/" not in path or path.endswith(hashlib.sha256(data).hexdigest())


def test_registries_need_no_engine_and_any_platform_can_be_asked_for(small: Releases, tmp_path: Path) -> None:
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/nothing.sock"}
    bundle = small.project.bundle("1.0", tmp_path, "--platform", "linux/arm64", **nowhere)
    with bundle.open("rb") as stream:
        manifest = read_head(stream).manifest
    assert manifest.architecture == "linux/arm64"
    assert [image.manifest for image in manifest.images] == [small.project.manifests["linux/arm64"]]


def test_a_verified_release_has_a_page_in_the_site(small: Releases) -> None:
    project = small.project
    trust = ["--fingerprint", small.old.fingerprint, "--key", small.old.public]
    assert f"signed by {small.old.fingerprint}" in project.plumb("verify", "bundle", small.first, *trust).stdout
    project.plumb("site", "build")
    page = project.folder / "site" / "auditor" / "evidence" / "release-1.0.html"
    shown = page.read_text()
    image, _ = content_of(small.first)
    digests = (image.config, image.manifest, project.index)
    for word in (small.old.fingerprint, small.new.fingerprint, *(each.removeprefix("sha256:") for each in digests)):
        assert word in shown
    bill = json.loads(page.with_name("release-1.0.cdx.json").read_text())
    assert 'href="release-1.0.cdx.json"' in shown
    assert bill["bomFormat"] == "CycloneDX"


@pytest.mark.parametrize("store", ["classic", "containerd"])
def test_a_host_takes_it_and_then_what_the_next_key_signed(small: Releases, store: str) -> None:
    with sealed_host(store == "containerd") as host:
        script = scripts_of(small.first, host.folder / "medium") / "install.sh"
        trust = ["--key", small.old.public, "--fingerprint", small.old.fingerprint]
        early = host.script(script.with_name("verify.sh"), *trust, small.second)
        assert early.returncode == 1
        assert "refused: no key that is trusted here made the signature" in early.stderr

        # a bundle that was refused has made no key trusted
        assert host.script(script, small.first).returncode == 1
        first = host.script(script, *trust, small.first)
        assert first.returncode == 0, first.stdout + first.stderr
        assert f"later releases may be signed by {small.new.fingerprint}" in first.stdout
        image, _ = content_of(small.first)
        found = host.run("docker", "image", "inspect", "--format", "{{.Id}}", image.name).stdout.strip()
        assert found == (image.manifest if store == "containerd" else image.config)
        assert host.script(host.installed("status")).returncode == 0

        second = host.script(host.installed("verify"), small.second)
        assert second.returncode == 0, second.stdout + second.stderr
        records = [json.loads(line) for line in (host.state / "verified.jsonl").read_text().splitlines()]
        assert [(each["release"], each["signer"], each["result"]) for each in records[-2:]] == [
            ("1.0", small.old.fingerprint, "verified"),
            ("1.1", small.new.fingerprint, "verified"),
        ]
