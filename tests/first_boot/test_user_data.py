"""User data: small, without a secret, the same whatever its values hold, and scripts that shellcheck has nothing against."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from generators.cloud.first_boot import LIMIT, VOLUME_ID, user_data
from generators.cloud.host_firewall import ruleset
from plumbline.effective.node_links import addresses_of_role, openings
from plumbline.report.masking import secret_in
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from tests.generators.nasty import texts

ROOT = Path(__file__).parents[2]
FILES = read_spec_files(ROOT / "data")
PUBLIC_KEY = yaml.safe_load(FILES["topology/online.yaml"])["cloud"]["ssh_keys"]["admin"]["public_key"]
ROLES = ("gateway", "worker", "db", "db-heavy")


def shipped(**replaced: str) -> Spec:
    """The spec that ships, with values of its cloud replaced: dotted path to JSON."""
    topology = yaml.safe_load(FILES["topology/online.yaml"])
    for path, value in replaced.items():
        *parents, last = path.split("__")
        place = topology["cloud"]
        for parent in parents:
            place = place[parent]
        place[last] = json.loads(value)
    spec, findings = load_spec({**FILES, "topology/online.yaml": yaml.safe_dump(topology)})
    assert spec, findings
    return spec


SPEC = shipped()


def config(role: str, spec: Spec = SPEC) -> Any:
    return yaml.safe_load(user_data(spec, "online", "acme", role))


def files(role: str) -> dict[str, str]:
    return {each["path"]: each["content"] for each in config(role)["write_files"]}


@pytest.mark.parametrize("role", ROLES)
def test_it_is_small_enough(role: str) -> None:
    assert len(user_data(SPEC, "online", "acme", role).encode()) <= LIMIT


@pytest.mark.parametrize("role", ROLES)
def test_it_holds_no_secret_and_names_none(role: str) -> None:
    text = user_data(SPEC, "online", "acme", role)
    # public keys are random words by nature
    assert secret_in(text.replace(PUBLIC_KEY, "")) is None
    assert [name for name in SPEC.secrets.secrets if name in text] == []


@pytest.mark.parametrize("role", ROLES)
def test_servers_of_a_role_share_it(role: str) -> None:
    first, last = addresses_of_role(SPEC, "online", "acme", role)
    rules = files(role)["/etc/docpipe/private-network.nft"]
    assert first not in user_data(SPEC, "online", "acme", role).replace(rules, "")
    # and it lets no node of the role in from its own kind, for what it needs of itself stands beside it
    assert f"{first}-{last}" not in rules


def test_the_volume_is_named_only_where_it_is_attached() -> None:
    assert [role for role in ROLES if VOLUME_ID in user_data(SPEC, "online", "acme", role)] == ["db", "db-heavy"]


def test_the_file_for_review_is_what_is_sent() -> None:
    for tenant in SPEC.tenants.tenants:
        for role in ROLES:
            file = ROOT / "deploy" / "online" / tenant / "cloud-init" / f"{role}.yaml"
            assert file.read_text() == user_data(SPEC, "online", tenant, role)


@pytest.mark.parametrize("role", ROLES)
def test_shellcheck_has_nothing_against_its_scripts(role: str, tmp_path: Path) -> None:
    scripts = {Path(path).name: text for path, text in files(role).items() if text.startswith("#!")}
    for index, command in enumerate(config(role)["bootcmd"]):
        assert command[:2] == ["sh", "-c"]
        scripts[f"bootcmd-{index}"] = f"#!/bin/sh\n{command[2]}"
    for name, text in scripts.items():
        (tmp_path / name).write_text(text)
    call = [str(ROOT / ".venv/bin/shellcheck"), *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_names_no_mirror() -> None:
    assert re.findall(r"https?://\w", "".join(user_data(SPEC, "online", "acme", role) for role in ROLES)) == []


@pytest.mark.slow
@given(comment=texts)
def test_a_key_comes_out_as_it_went_in(comment: str) -> None:
    key = f"ssh-ed25519 AAAA x{comment}".replace("\n", " ").rstrip()
    spec = shipped(ssh_keys=json.dumps({"admin": {"public_key": key}}))
    assert config("db", spec)["users"][0]["ssh_authorized_keys"] == [key]


def test_no_role_lets_in_what_nobody_needs() -> None:
    let_in = {
        role: {(each.service, each.port, each.roles) for each in openings(SPEC, "online", role)} for role in ROLES
    }
    users = ("gateway", "worker")
    stores = {
        ("loki", 3100, users),
        ("minio", 9000, users),
        ("node-metrics", 12346, ("gateway",)),
        ("postgres", 5432, users),
        ("qdrant", 6333, users),
        ("redis", 6379, users),
    }
    assert let_in == {"gateway": set(), "worker": set(), "db": stores, "db-heavy": stores}


def test_each_tenant_has_rules_of_its_own_range() -> None:
    assert set(re.findall(r"\b10\.\d+", ruleset(SPEC, "online", "globex", "db"))) == {"10.2"}
