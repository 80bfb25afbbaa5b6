"""`plumb verify cloud` as its user meets it."""

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from plumbline.spec.spec import Spec
from tests.calling import plumb
from tests.cloud import drifting
from tests.cloud.drifting import Provisioned
from tests.stack.conftest import DATA
from validators.check_reports import json_schema
from validators.cloud.report import CloudReport


@pytest.fixture(scope="module")
def project(shipped: Spec, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provisioned]:
    """Both tenants of the shipped spec, provisioned."""
    with drifting.provisioned(shipped, tmp_path_factory.mktemp("journals")) as found:
        yield found


def verify(project: Provisioned, folder: Path, *arguments: str, token: str | None = None) -> tuple[int, str, str]:
    """Exit code, what it printed, and what it complained of."""
    environment = {
        "HCLOUD_ENDPOINT": project.cloud.endpoint,
        "NO_COLOR": "1",
        "HCLOUD_TOKEN": project.cloud.read_only_token if token is None else token or None,
    }
    done = plumb("--spec", DATA, "verify", "cloud", *arguments, cwd=folder, environment=environment)
    assert project.cloud.read_only_token not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def test_a_clean_project_ends_with_zero_and_leaves_its_reports(project: Provisioned, tmp_path: Path) -> None:
    project.restore()
    code, out, _ = verify(project, tmp_path, "--all", "--live-prices")
    assert code == 0, out
    assert "0 differ, 0 objects are missing, 7 facts can't be read" in out
    assert "can't be read: ssh_keys of 6 servers" in out
    assert "23.69" in out
    report = json.loads((tmp_path / "reports/cloud.json").read_text())
    assert report["outcomes"].keys() == {"matches", "unreadable"}
    jsonschema.validate(report, json.loads(json_schema(CloudReport)))
    suite = ElementTree.parse(tmp_path / "reports/cloud.xml").getroot()
    assert suite.get("failures") == "0"
    assert sum(int(each.get("skipped", "0")) for each in suite) == 7
    assert "| unreadable |" in (tmp_path / "reports/cloud.md").read_text()


def test_drift_ends_with_one_and_says_where_and_how_to_mend_it(project: Provisioned, tmp_path: Path) -> None:
    project.restore()
    for change in drifting.case("firewall-opened")["changes"]:
        project.change(change)
    code, out, _ = verify(project, tmp_path, "--tenant", "acme")
    assert code == 1
    assert "PLB971 acme: firewall tenant-acme-fw: rule.in tcp 22 0.0.0.0/0 is quick fix" in out
    assert "topology/online.yaml" in out
    assert "plumb provision" in out
    code, out, _ = verify(project, tmp_path, "--tenant", "acme", "--format", "json")
    assert (code, len(json.loads(out)["findings"])) == (1, 1)


def test_prices_of_today_stand_beside_the_catalogues(project: Provisioned, tmp_path: Path) -> None:
    project.restore()
    offer = next(it for it in project.cloud.objects("server_types").values() if it["name"] == "cx23")
    for price in offer["prices"]:
        price["price_monthly"]["net"] = "7.4900000000"
    _, out, _ = verify(project, tmp_path, "--tenant", "acme", "--live-prices")
    server = next(line for line in out.splitlines() if line.startswith("server tenant-acme-db-1"))
    assert server.split()[2:] == ["5.49", "19.49", "7.49", "19.49"]
    whole = next(line for line in out.splitlines() if line.startswith("acme, online"))
    assert whole.split()[2:] == ["23.69", "65.69", "29.69", "65.69"]


@pytest.mark.parametrize(
    ("arguments", "token", "code", "says"),
    [
        ([], None, 2, "--all"),
        (["--all", "--tenant", "acme"], None, 2, "--all"),
        (["--tenant", "acne"], None, 2, "there is no tenant 'acne'"),
        (["--all"], "", 3, "HCLOUD_TOKEN"),
        (["--all"], "wrong", 3, "could not be read"),
        (["--all", "--token-file", "nowhere"], None, 2, "nowhere"),
    ],
)
def test_wrong_calls(
    arguments: list[str], token: str | None, code: int, says: str, project: Provisioned, tmp_path: Path
) -> None:
    found, out, complaint = verify(project, tmp_path, *arguments, token=token)
    assert (found, says in out + complaint) == (code, True), out + complaint


def test_the_token_can_come_from_a_file(project: Provisioned, tmp_path: Path) -> None:
    project.restore()
    file = tmp_path / "token"
    file.write_text(f"{project.cloud.read_only_token}\n")
    assert verify(project, tmp_path, "--tenant", "acme", "--token-file", str(file), token="")[0] == 0
