"""The script's data: one program for every tenant, which believes what `plumb build` wrote and nothing else."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from generators.cloud.desired import desired_state
from generators.cloud.desired_file import DesiredFileGenerator
from generators.cloud.provision_script import ProvisionScriptGenerator
from generators.site.cloud_review import FirstBootGenerator
from plumbline.provisioning.command import main
from plumbline.provisioning.data import desired_of, tenants_in
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from tests.cloud.cloud import project
from tests.cloud.test_script import call

ROOT = Path(__file__).parents[2]
ONLINE = ROOT / "deploy/online"


def spec_with(tenants: dict[str, Any]) -> Spec:
    """The shipped spec with other tenants."""
    texts = dict(read_spec_files(ROOT / "data"))
    data = yaml.safe_load(texts["tenants.yaml"])
    texts["tenants.yaml"] = yaml.safe_dump(data | {"tenants": tenants})
    spec, findings = load_spec(texts)
    assert spec is not None, findings
    return spec


def written(spec: Spec, folder: Path) -> Path:
    """What the script consists of, in a folder of its own."""
    for generator in (DesiredFileGenerator(), ProvisionScriptGenerator(), FirstBootGenerator()):
        for artifact in generator.generate(spec):
            path = folder / artifact.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(artifact.content)
    return folder / "deploy/online"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What is deployed online, to be spoiled."""
    return Path(shutil.copytree(ONLINE, tmp_path / "online"))


@pytest.mark.parametrize("tenant", ["acme", "globex"])
def test_what_is_read_is_what_was_generated(shipped: Spec, tenant: str) -> None:
    assert desired_of(ONLINE, tenant) == json.loads(json.dumps(desired_state(shipped, "online", tenant)))


def test_each_text_stands_once(shipped: Spec) -> None:
    script = (ONLINE / "provision.py").read_text()
    for tenant in tenants_in(ONLINE):
        assert tenant not in script
        for want in desired_state(shipped, "online", tenant)["objects"]:
            assert want.get("user_data", "-" * 40) not in (ONLINE / tenant / "desired.json").read_text()


def test_the_index_is_one_for_sha256sum() -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "desired.sha256"], cwd=ONLINE, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "acme/desired.json: OK\nglobex/desired.json: OK\n")


SPOILED: dict[str, tuple[Callable[[Path], object], str]] = {
    "another type by hand": (
        lambda at: _edit(at / "acme/desired.json", "cx23", "cx53"),
        "acme/desired.json was edited",
    ),
    "another first boot by hand": (
        lambda at: _edit(at / "acme/cloud-init/db.yaml", "#cloud-config", "#cloud-config\n# mine"),
        "cloud-init/db.yaml was edited",
    ),
    "another tenant's state": (
        lambda at: shutil.copy(at / "globex/desired.json", at / "acme/desired.json"),
        "acme/desired.json was edited",
    ),
    "first boot left out of the copy": (
        lambda at: (at / "acme/cloud-init/worker.yaml").unlink(),
        "worker.yaml cannot be read: No such file or directory",
    ),
    "a folder in its place": (
        lambda at: ((at / "acme/desired.json").unlink(), (at / "acme/desired.json").mkdir()),
        "desired.json cannot be read: Is a directory",
    ),
    "the index left out of the copy": (lambda at: (at / "desired.sha256").unlink(), "desired.sha256 cannot be read"),
    "a line in the index by hand": (
        lambda at: (at / "desired.sha256").write_text("# skip acme\n"),
        "has the line '# skip acme', which plumb build never writes",
    ),
    "an index of bytes": (lambda at: (at / "desired.sha256").write_bytes(b"\xff\xfe\n"), "which plumb build never"),
}


@pytest.mark.parametrize("case", SPOILED)
@pytest.mark.parametrize("verb", ["plan", "destroy"])
def test_data_that_was_edited_is_refused(
    case: str, verb: str, copy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HCLOUD_ENDPOINT", "http://127.0.0.1:9")
    spoil, says = SPOILED[case]
    spoil(copy)
    assert main(copy, ["--tenant", "acme", verb, "--yes"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("refused: ")
    assert says in err
    assert "Nothing was done. Put the whole folder back" in err


def test_one_tenants_spoiled_data_does_not_stop_another(copy: Path) -> None:
    _edit(copy / "globex/desired.json", "cx23", "cx53")
    assert desired_of(copy, "acme")["tenant"] == "acme"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "which tenant? --tenant ID; there is acme, globex"),
        (["apply"], "which tenant?"),
        (["--tenant", "nobody"], "there is no tenant nobody; there is acme, globex"),
        (["--tenant", "../acme"], "there is no tenant ../acme"),
        (["--tenant", "acme/../globex", "destroy"], "there is no tenant acme/../globex"),
    ],
)
def test_a_call_for_no_tenant_says_which_there_are(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(ONLINE, words)
    assert says in capsys.readouterr().err


def test_a_spec_without_tenants_has_the_script_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(spec_with({}), tmp_path)
    assert (folder / "provision.py").read_bytes() == (ONLINE / "provision.py").read_bytes()
    with pytest.raises(SystemExit, match="2"):
        main(folder, ["apply"])
    assert "there is no tenant yet: add one to the spec's tenants.yaml, then plumb build" in capsys.readouterr().err


@pytest.mark.slow
def test_200_tenants_add_200_folders_and_no_program(tmp_path: Path) -> None:
    tenants = {f"t{octet}": {"title": "Tenant", "octet": octet, "state": "ACTIVE"} for octet in range(1, 201)}
    folder = written(spec_with(tenants), tmp_path)
    assert (folder / "provision.py").read_bytes() == (ONLINE / "provision.py").read_bytes()
    assert not list(folder.glob("*/provision.py"))
    assert tenants_in(folder).keys() == tenants.keys()
    assert desired_of(folder, "t200")["tenant"] == "t200"


def test_it_runs_from_anywhere_and_through_a_link(tmp_path: Path) -> None:
    link = tmp_path / "provision"
    link.symlink_to(ONLINE / "provision.py")
    with project() as cloud:
        for folder in (Path("/"), tmp_path):
            done = call(cloud, folder, link, "--tenant", "globex", "plan", "--journal", tmp_path / "journal")
            assert "server tenant-globex-db-1" in done.stdout, done.stderr


def test_without_the_sdk_it_says_how_to_get_it() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-E", str(ONLINE / "provision.py"), "--tenant", "acme"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr == (
        "hcloud>=2.27,<3 is missing: `uv run` brings it along; or: python3 -m pip install 'hcloud>=2.27,<3'\n"
    )


def _edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
