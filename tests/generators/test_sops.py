"""`.sops.yaml`, and the runbook's steps that make a tenant's key and secrets, done for real."""

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from generators.compose.sops import SopsGenerator
from plumbline.runbook.rendering import RenderedStep, render_runbook
from plumbline.spec.spec import Spec
from tests.stack.conftest import shipped_spec

RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


def with_recipient(spec: Spec, recipient: str) -> Spec:
    """The spec whose tenant acme has a key."""
    acme = spec.tenants.tenants["acme"].model_copy(update={"recipient": recipient})
    return replace(spec, tenants=spec.tenants.model_copy(update={"tenants": spec.tenants.tenants | {"acme": acme}}))


def test_a_rule_for_each_tenant_whose_key_is_known() -> None:
    (artifact,) = SopsGenerator().generate(with_recipient(shipped_spec(), RECIPIENT))
    (rule,) = yaml.safe_load(artifact.content)["creation_rules"]
    assert rule["age"] == RECIPIENT
    assert re.search(rule["path_regex"], ".secrets/tenants/acme/secrets.enc.yaml")
    for other in (
        ".secrets/tenants/globex/secrets.enc.yaml",
        "xsecrets/tenants/acme/secrets.enc.yaml",
        "old/.secrets/tenants/acme/secrets.enc.yaml",
        ".secrets/tenants/acme/key.age",
    ):
        assert not re.search(rule["path_regex"], other), other
    assert "encrypted for: globex" in artifact.content.decode()
    assert artifact.sources[-1].path == "tenants.acme.recipient"


def test_without_a_key_nothing_can_be_encrypted() -> None:
    (artifact,) = SopsGenerator().generate(shipped_spec())
    assert yaml.safe_load(artifact.content) == {"creation_rules": []}


def steps() -> tuple[RenderedStep, RenderedStep]:
    """Those of the runbook that make the key and the secrets."""
    found = {
        step.title: step for step in render_runbook(shipped_spec(), "online-provision", values={"tenant": "acme"}).steps
    }
    return found["Create the tenant's key"], found["Create the tenant's secrets"]


def done(text: str | None, folder: Path, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """A step's commands, as an operator types them."""
    assert text
    call = ["bash", "-euo", "pipefail", "-c", text]
    return subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.live
@pytest.mark.parametrize("tool", ["age", "sops"])
def test_the_runbooks_commands_work(tools: None, tmp_path: Path, tool: str) -> None:
    # SOPS comes with the development requirements: Debian has no package of it
    with_sops = tmp_path / "bin"
    with_sops.mkdir()
    (with_sops / "sops").symlink_to(Path(sys.executable).parent / "sops")
    environment = {"PATH": f"{with_sops}:/usr/bin:/bin" if tool == "sops" else "/usr/bin:/bin", "HOME": str(tmp_path)}
    key, secrets = steps()
    made = done(key.run, tmp_path, environment)
    assert made.returncode == 0, made.stderr
    recipient = re.search(r"age1[a-z0-9]{58}", made.stdout + made.stderr)
    assert recipient
    environment |= {"captured_recipient": recipient[0]}
    assert done(key.verify, tmp_path, environment).returncode == 0
    assert "is issued by" in done(secrets.run, tmp_path, environment).stderr
    issued = {name: each for name, each in shipped_spec().secrets.secrets.items() if each.issued_by}
    environment |= {name.upper(): "x" * each.length for name, each in issued.items()}
    (artifact,) = SopsGenerator().generate(shipped_spec())
    (tmp_path / artifact.path).write_bytes(artifact.content)
    if tool == "sops":
        refused = done(secrets.run, tmp_path, environment)
        assert refused.returncode != 0
        assert "no matching creation rules" in refused.stderr
    (artifact,) = SopsGenerator().generate(with_recipient(shipped_spec(), recipient[0]))
    (tmp_path / artifact.path).write_bytes(artifact.content)

    written = done(secrets.run, tmp_path, environment)
    assert written.returncode == 0, written.stderr
    folder = tmp_path / ".secrets" / "tenants" / "acme"
    assert sorted(file.name for file in folder.iterdir()) == [
        "key.age",
        "secrets.enc.yaml" if tool == "sops" else "secrets.yaml.age",
    ]
    assert {oct(file.stat().st_mode & 0o077) for file in folder.iterdir()} == {"0o0"}
    checked = done(secrets.verify, tmp_path, environment)
    assert checked.returncode == 0, checked.stderr
    shown = done((secrets.verify or "").replace("| grep", "; :"), tmp_path, environment).stdout
    values = {name: str(value) for name, value in yaml.load(shown, yaml.BaseLoader).items()}
    wanted = {name: secret.length for name, secret in shipped_spec().secrets.secrets.items()}
    assert {name: len(value) for name, value in values.items()} == wanted
